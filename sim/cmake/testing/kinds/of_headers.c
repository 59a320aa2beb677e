#include "kinds.h"

int headers_is_instrumented(void) { return __has_feature(thread_sanitizer); }

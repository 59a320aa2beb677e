#include "kinds.h"

#define NAME_OF(kind) kind##_is_instrumented
#define NAME(kind) NAME_OF(kind)

int NAME(KIND)(void) { return __has_feature(thread_sanitizer); }

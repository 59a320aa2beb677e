#include <stdatomic.h>

#include "kinds.h"

#ifndef FROM_SOURCE
#error "a variant lost a property of its source"
#endif

static atomic_int counter;

void count(void) { atomic_store(&counter, atomic_load(&counter) + 1); }
int within_moving_is_instrumented(void) { return inner_is_instrumented(); }
int counted(void) { return atomic_load(&counter); }

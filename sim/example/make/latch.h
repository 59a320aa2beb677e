/* Threads count down; the last one goes on. */
#ifndef LATCH_H
#define LATCH_H

#include <stdatomic.h>
#include <stdbool.h>

struct latch {
  atomic_int left;
};

void latch_init(struct latch* latch, int threads);
/* Whether the caller is the last. */
bool latch_arrive(struct latch* latch);
/* As latch_arrive(), with a mistake: it looks again after it has counted down. Two that arrive at
 * the same time both see 0. */
bool latch_arrive_and_look(struct latch* latch);

#endif

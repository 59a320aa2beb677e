#include "latch.h"

void latch_init(struct latch* latch, int threads) { atomic_init(&latch->left, threads); }

bool latch_arrive(struct latch* latch) { return atomic_fetch_sub(&latch->left, 1) == 1; }

bool latch_arrive_and_look(struct latch* latch) {
  atomic_fetch_sub(&latch->left, 1);
  return atomic_load(&latch->left) == 0;
}

/* Two threads do a half each, and the last one writes the result. `halves fixed` does so without
 * the mistake. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "latch.h"

static struct latch latch;
static bool (*arrive)(struct latch*) = latch_arrive_and_look;
static atomic_int results;

static void* half(void* nothing) {
  if (arrive(&latch)) atomic_fetch_add(&results, 1);
  return nothing;
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "fixed") == 0) arrive = latch_arrive;
  latch_init(&latch, 2);
  pthread_t other;
  if (pthread_create(&other, NULL, half, NULL) != 0) return 1;
  half(NULL);
  pthread_join(other, NULL);
  const int written = atomic_load(&results);
  if (written != 1) fprintf(stderr, "the result was written %d times, expected 1\n", written);
  return written == 1 ? 0 : 1;
}

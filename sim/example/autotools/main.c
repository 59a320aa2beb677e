/* Two threads move money in opposite directions. `transfer fixed` does so without the mistake. */
#include <string.h>

#include "account.h"

static struct account mine, yours;
static void (*move)(struct account*, struct account*, int) = account_move_in_order_given;

static void* pays_back(void* nothing) {
  move(&yours, &mine, 3);
  return nothing;
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "fixed") == 0) move = account_move;
  account_init(&mine, 1, 10);
  account_init(&yours, 2, 10);
  pthread_t other;
  if (pthread_create(&other, NULL, pays_back, NULL) != 0) return 1;
  move(&mine, &yours, 5);
  pthread_join(other, NULL);
  return mine.balance == 8 && yours.balance == 12 ? 0 : 1;
}

/* Accounts with a lock each. */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <pthread.h>

struct account {
  pthread_mutex_t mutex;
  int number;
  int balance;
};

void account_init(struct account* account, int number, int balance);
/* Takes the locks in the order of the numbers. */
void account_move(struct account* from, struct account* to, int amount);
/* As account_move(), with a mistake: it locks `from` first, so two that move in opposite directions
 * wait for each other. */
void account_move_in_order_given(struct account* from, struct account* to, int amount);

#endif

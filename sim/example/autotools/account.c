#include "account.h"

static void move_locked(struct account* first, struct account* second, struct account* from,
                        struct account* to, int amount) {
  pthread_mutex_lock(&first->mutex);
  pthread_mutex_lock(&second->mutex);
  from->balance -= amount;
  to->balance += amount;
  pthread_mutex_unlock(&second->mutex);
  pthread_mutex_unlock(&first->mutex);
}

void account_init(struct account* account, int number, int balance) {
  pthread_mutex_init(&account->mutex, NULL);
  account->number = number;
  account->balance = balance;
}

void account_move(struct account* from, struct account* to, int amount) {
  struct account* first = from->number < to->number ? from : to;
  move_locked(first, first == from ? to : from, from, to, amount);
}

void account_move_in_order_given(struct account* from, struct account* to, int amount) {
  move_locked(from, to, from, to, amount);
}

/* One thread hands a value to another. `handover broken` looks whether it is there before it takes
 * the lock: the signal can come in between, and nobody gets it. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_there = PTHREAD_COND_INITIALIZER;
static int there;

static int looks(void) {
  pthread_mutex_lock(&mutex);
  int found = there;
  pthread_mutex_unlock(&mutex);
  return found;
}

static void* gives(void* nothing) {
  pthread_mutex_lock(&mutex);
  there = 1;
  pthread_cond_signal(&is_there);
  pthread_mutex_unlock(&mutex);
  return nothing;
}

int main(int argc, char** argv) {
  const int broken = argc > 1 && strcmp(argv[1], "broken") == 0;
  pthread_t giver;
  if (pthread_create(&giver, NULL, gives, NULL) != 0) return 1;
  if (broken) {
    if (!looks()) {
      pthread_mutex_lock(&mutex);
      pthread_cond_wait(&is_there, &mutex);
      pthread_mutex_unlock(&mutex);
    }
  } else {
    pthread_mutex_lock(&mutex);
    while (!there) pthread_cond_wait(&is_there, &mutex);
    pthread_mutex_unlock(&mutex);
  }
  pthread_join(giver, NULL);
  return 0;
}

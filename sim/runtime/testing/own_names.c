// A program with functions and variables of its own that are called like libc's: they link, and the
// program's calls are theirs. In C, whose names are not mangled. What libc's streams do goes on.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int send = 1;  // a variable
int connect(int argument) { return argument + 1; }
int epoll_wait(void) { return 7; }

static int from_thread;

static void* Thread(void* unused) {
  send = connect(send);
  from_thread = epoll_wait();
  return unused;
}

int main(void) {
  pthread_t thread;
  int ends[2];
  char word[4] = {0};
  if (pthread_create(&thread, NULL, Thread, NULL) != 0) return 1;
  if (pthread_join(thread, NULL) != 0) return 1;
  if (send != 2 || from_thread != 7) return 1;
  if (pipe(ends) != 0 || write(ends[1], "abc", 3) != 3 || read(ends[0], word, 3) != 3) return 1;
  return strcmp(word, "abc");
}

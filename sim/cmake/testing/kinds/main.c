/* kinds PLUGIN: says which libraries are instrumented, then two threads count with `moving`. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include "kinds.h"

static void* counts(void* nothing) {
  count();
  return nothing;
}

#define SAY(kind) printf("%s %d\n", #kind, kind##_is_instrumented())

int main(int argc, char** argv) {
  void* plugin = dlopen(argc > 1 ? argv[1] : "", RTLD_NOW);
  if (plugin == NULL) return fprintf(stderr, "%s\n", dlerror()), 2;
  int (*of_plugin)(void) = (int (*)(void))dlsym(plugin, "plugin_is_instrumented");
  printf("plugin %d\n", of_plugin());
  SAY(within_moving);
  SAY(fixed);
  SAY(pieces);
  SAY(linked);
  SAY(moving);
  SAY(headers);
  SAY(chosen);
  SAY(built);
  SAY(needed);
  SAY(made);
  SAY(plain);
  pthread_t other;
  if (pthread_create(&other, NULL, counts, NULL) != 0) return 2;
  count();
  pthread_join(other, NULL);
  return counted() == 2 ? 0 : 1;
}

// Prints where the system and the allocator put things.
#include <pthread.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>

namespace {

int global;
void* of_thread;

void* Main(void*) {
  int local = 0;
  asm volatile("" : : "r"(&local) : "memory");
  of_thread = reinterpret_cast<void*>(reinterpret_cast<unsigned long>(&local));
  return nullptr;
}

}  // namespace

int main() {
  int local = 0;
  void* mapped = mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void* small = malloc(100);
  void* large = malloc(1 << 20);
  pthread_t thread;
  pthread_create(&thread, nullptr, Main, nullptr);
  pthread_join(thread, nullptr);
  printf("global %p, stack %p, thread's stack %p, mapped %p, small %p, large %p\n",
         static_cast<void*>(&global), static_cast<void*>(&local), of_thread, mapped, small, large);
  free(small);
  free(large);
  return 0;
}

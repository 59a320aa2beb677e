// Posts two jobs and ends. `jobs fixed` does so without the pool's mistake.
#include <cstring>

#include "pool.h"

int main(int argc, char** argv) {
  int sum = 0;
  {
    Pool pool(argc > 1 && std::strcmp(argv[1], "fixed") == 0);
    pool.Post([&sum] { sum += 1; });
    pool.Post([&sum] { sum += 2; });
  }
  return sum == 3 ? 0 : 1;
}

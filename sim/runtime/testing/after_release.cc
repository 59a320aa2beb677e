// A plain write right after a release. "broken": main relies on the two being one step, as they are
// where memory accesses are no points.
#include <cassert>
#include <cstring>
#include <mutex>
#include <thread>

namespace {

std::mutex mutex;
bool begun = false;
volatile bool done = false;

void Worker() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    begun = true;
  }
  done = true;
}

}  // namespace

int main(int argc, char** argv) {
  const bool broken = argc > 1 && std::strcmp(argv[1], "broken") == 0;
  std::thread worker(Worker);
  bool has_begun = false;
  {
    std::lock_guard<std::mutex> lock(mutex);
    has_begun = begun;
  }
  const bool is_done = done;
  if (broken && has_begun) assert(is_done);
  worker.join();
}

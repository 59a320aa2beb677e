// A racy counter, thread_local state with a destructor, C++ exceptions across schedule points.
#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>

std::atomic<int> hits{0};
int racy = 0;

struct Name {
  std::string text = "x";
  ~Name() { hits.fetch_add(text.size() > 1 ? 1000 : 0); }
};
thread_local Name name;

int main() {
  const auto work = [](int id) {
    name.text += std::to_string(id);
    for (int i = 0; i < 100; ++i) {
      const int before = racy;
      hits.fetch_add(1);
      try {
        throw std::runtime_error("thread " + std::to_string(id));
      } catch (const std::exception& error) {
        hits.load();
        if (error.what() != "thread " + std::to_string(id)) return;
      }
      racy = before + 1;
    }
  };
  std::thread a(work, 1), b(work, 2), c(work, 3);
  a.join(), b.join(), c.join();
  std::printf("hits=%d racy=%d\n", hits.load(), racy);
  return hits.load() == 3300 ? 0 : 1;
}

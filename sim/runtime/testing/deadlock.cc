// Broken: two mutexes taken in opposite orders.
#include <mutex>
#include <thread>

std::mutex first, second;

int main() {
  std::thread other([] {
    std::lock_guard<std::mutex> a(second);
    std::lock_guard<std::mutex> b(first);
  });
  {
    std::lock_guard<std::mutex> a(first);
    std::lock_guard<std::mutex> b(second);
  }
  other.join();
}

// A program that speaks the fork server's protocol and writes what it likes into the control block,
// also while the supervisor reads it: scribbler SEED [PID]. PID: a process that the block names now
// and then, as if it were the execution.
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>

#include "sim/protocol/control.h"

namespace heddle::sim {
namespace {

// The arena behind it is the program's own.
constexpr size_t kMostMapped = size_t{32} << 20;
constexpr int kWritesAtOnce = 200;

class Scribbler {
 public:
  Scribbler(char* block, size_t size, uint64_t seed, int process)
      : block_(block), size_(size), random_(seed), process_(process) {}

  // A few bytes, a number that is a limit of its type, or all of it.
  void Scribble() {
    const size_t kind = Below(100);
    if (kind == 0) {
      memset(block_, static_cast<int>(Below(2)) * 0xFF, sizeof(Control));
    } else if (kind == 1) {
      // Strings without an end.
      memset(block_ + offsetof(Control, flavour), 'A', 80);
      memset(block_ + offsetof(Control, finding), 1, sizeof(FailureRecord));
    } else if (kind < 10 && process_ != 0) {
      control()->process = process_;
    } else if (kind < 60) {
      constexpr uint32_t kLimits[] = {0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
      const uint32_t value = kLimits[Below(6)];
      memcpy(block_ + Below(sizeof(Control) / 4) * 4, &value, sizeof value);
    } else {
      block_[Below(Below(4) == 0 ? size_ : sizeof(Control))] = static_cast<char>(random_());
    }
  }

  size_t Below(size_t n) { return random_() % n; }
  Control* control() { return reinterpret_cast<Control*>(block_); }

 private:
  char* const block_;
  const size_t size_;
  std::mt19937_64 random_;
  const int process_;
};

// Goes on as long as the process does.
[[noreturn]] void ScribbleForEver(Scribbler scribbler) {
  for (;;) {
    scribbler.Scribble();
    usleep(50);
  }
}

bool Answer() {
  const char answer = 1;
  return write(kAnswerDescriptor, &answer, 1) == 1;
}

int Serve(uint64_t seed, int process) {
  struct stat status;
  if (fstat(kControlDescriptor, &status) != 0) return 1;
  const size_t size = std::min(static_cast<size_t>(status.st_size), kMostMapped);
  void* const block =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, kControlDescriptor, 0);
  if (block == MAP_FAILED) return 1;
  Scribbler scribbler(static_cast<char*>(block), size, seed, process);
  Control* const control = scribbler.control();
  snprintf(control->flavour, sizeof control->flavour, "det");
  snprintf(control->compiler, sizeof control->compiler, "%s", __VERSION__);
  control->setup_done = 1;
  if (!Answer()) return 1;
  std::thread(ScribbleForEver, Scribbler(static_cast<char*>(block), size, ~seed, process)).detach();
  char command;
  while (read(kCommandDescriptor, &command, 1) == 1) {
    // One clean execution, as far as anyone can tell.
    control->summaries[0] = {ExecutionState::kComplete, 0, control->first_execution, 1, 1, 1};
    control->batch_done = 1;
    const size_t writes = scribbler.Below(kWritesAtOnce);
    for (size_t i = 0; i < writes; ++i) scribbler.Scribble();
    const size_t end = scribbler.Below(100);
    if (end == 0) return static_cast<int>(scribbler.Below(80));
    if (end == 1) abort();
    if (end == 2 && ftruncate(kControlDescriptor, 4096) == 0) Answer();
    if (!Answer()) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace heddle::sim

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  return heddle::sim::Serve(strtoull(argv[1], nullptr, 10), argc > 2 ? atoi(argv[2]) : 0);
}

// A reader announces which object it is about to use (a hazard pointer) and does not look again
// whether the object is still the current one: it may have been replaced, and freed because nobody
// had announced it yet, in between.
//
// First described: M. M. Michael, "Hazard Pointers: Safe Memory Reclamation for Lock-Free Objects",
// 2004; the second look is its step "if (*source != pointer) retry".
// Found by: AddressSanitizer (use after free).
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  using Object = std::atomic<int>;
  std::atomic<Object*> current{new Object(1)};
  std::atomic<Object*> hazard{nullptr};
  InThreads(
      [&] {
        Object* object = current.load();
        hazard.store(object);
        if constexpr (!kBroken) {
          for (Object* again; (again = current.load()) != object;) {
            object = again;
            hazard.store(object);
          }
        }
        const int value = object->load();
        assert(value == 1 || value == 2);
        hazard.store(nullptr);
      },
      [&] {
        Object* old = current.exchange(new Object(2));
        while (hazard.load() == old) std::this_thread::yield();
        delete old;
      });
  delete current.load();
}

}  // namespace

extern const Program kHazardNotValidated{"hazard-not-validated", Shows::kMemory, Run<true>,
                                         Run<false>};

}  // namespace heddle::corpus

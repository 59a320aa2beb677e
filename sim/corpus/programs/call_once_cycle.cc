// Two modules, each initialised once, whose initialisers ask for each other's module: alone each
// works, together they wait for one another inside std::call_once.
//
// First described: the Java Language Specification, first edition 1996, section 12.4.2 (class
// initialisation deadlock); for C++ by the standard's note on recursive static initialisation.
// Found by: deadlock.
#include <mutex>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

struct Modules {
  std::once_flag log_once;
  std::once_flag config_once;
  bool log = false;
  bool config = false;
};

template <bool kBroken>
void StartLog(Modules& modules) {
  // The log reads its level from the configuration.
  if constexpr (!kBroken) {
    std::call_once(modules.config_once, [&] { modules.config = true; });
  }
  std::call_once(modules.log_once, [&] {
    if constexpr (kBroken) {
      std::call_once(modules.config_once, [&] { modules.config = true; });
    }
    modules.log = true;
  });
}

template <bool kBroken>
void StartConfig(Modules& modules) {
  // The configuration logs what it read.
  std::call_once(modules.config_once, [&] {
    if constexpr (kBroken) {
      std::call_once(modules.log_once, [&] { modules.log = true; });
    }
    modules.config = true;
  });
  if constexpr (!kBroken) {
    std::call_once(modules.log_once, [&] { modules.log = true; });
  }
}

template <bool kBroken>
void Run() {
  Modules modules;
  InThreads([&] { StartLog<kBroken>(modules); }, [&] { StartConfig<kBroken>(modules); });
  assert(modules.log && modules.config);
}

}  // namespace

extern const Program kCallOnceCycle{"call-once-cycle", Shows::kDeadlock, Run<true>, Run<false>};

}  // namespace heddle::corpus

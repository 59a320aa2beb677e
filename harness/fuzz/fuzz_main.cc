// libFuzzer's entry. HEDDLE_FUZZ_TARGET names the target; with HEDDLE_FUZZ_SEEDS=FOLDER its seeds
// are written there instead.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "harness/fuzz/targets.h"

namespace {

const heddle::fuzz::Target* target = nullptr;

void WriteSeeds(const std::string& folder) {
  int number = 0;
  for (const std::string& seed : heddle::fuzz::SeedsOf(target->name)) {
    std::ofstream(folder + "/seed-" + std::to_string(number++), std::ios::binary) << seed;
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  const char* name = std::getenv("HEDDLE_FUZZ_TARGET");
  target = name == nullptr ? nullptr : heddle::fuzz::FindTarget(name);
  if (target == nullptr) {
    std::fprintf(stderr, "HEDDLE_FUZZ_TARGET: expected one of\n");
    for (const auto& each : heddle::fuzz::Targets()) std::fprintf(stderr, "%s\n", each.name);
    std::exit(2);
  }
  if (const char* folder = std::getenv("HEDDLE_FUZZ_SEEDS"); folder != nullptr) {
    WriteSeeds(folder);
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  target->run({data, size});
  return 0;
}

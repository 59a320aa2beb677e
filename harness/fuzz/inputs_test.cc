// Every reader of outside data, on what fuzzing has found (inputs/), on its seeds, and on seeds
// that are damaged a little.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "harness/fuzz/targets.h"

namespace heddle::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr int kDamagedOfEach = 50;

std::vector<std::string> InputsOf(const Target& target) {
  std::vector<std::string> inputs = SeedsOf(target.name);
  std::vector<fs::path> paths;
  std::error_code none;
  for (const auto& entry :
       fs::directory_iterator(fs::path("harness/fuzz/inputs") / target.name, none)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    std::ifstream stream(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return inputs;
}

void RunTarget(const Target& target, const std::string& input) {
  target.run({reinterpret_cast<const uint8_t*>(input.data()), input.size()});
}

std::string Damaged(std::string input, std::mt19937_64* random) {
  const auto below = [random](size_t n) { return (*random)() % n; };
  if (input.empty()) return input;
  switch (below(4)) {
    case 0:
      input.resize(below(input.size()));
      break;
    case 1:
      input.insert(below(input.size()), input.substr(below(input.size()), 16));
      break;
    default:
      for (size_t i = 0; i <= below(4); ++i) input[below(input.size())] ^= 1 << below(8);
      break;
  }
  return input;
}

class Readers : public ::testing::TestWithParam<Target> {};

TEST_P(Readers, TakeAnyInput) {
  const Target& target = GetParam();
  const std::vector<std::string> inputs = InputsOf(target);
  ASSERT_FALSE(inputs.empty());
  constexpr uint64_t kSeed = 1;
  std::mt19937_64 random(kSeed);
  for (const std::string& input : inputs) {
    RunTarget(target, input);
    for (int i = 0; i < kDamagedOfEach; ++i) RunTarget(target, Damaged(input, &random));
  }
  RunTarget(target, "");
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Readers, ::testing::ValuesIn(Targets().begin(), Targets().end()),
                         [](const auto& info) {
                           std::string name = info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace heddle::fuzz

#include "sim/stacks/symbolizer.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>

namespace heddle::sim {
namespace {

// An address that its compiler gave line 0, behind one that has a line.
__attribute__((noinline)) uint64_t AddressOfLineZero() {
  uint64_t address = 0;
  asm volatile(
      "nop\n"
      ".loc 1 0 0\n"
      "1: nop\n"
      "nop\n"
      "leaq 1b(%%rip), %0\n"
      : "=r"(address));
  return address;
}

TEST(Symbolizer, CodeOfSeveralLinesHasTheLineInFrontOfIt) {
  const uint64_t address = AddressOfLineZero();
  Dl_info program;
  ASSERT_NE(dladdr(reinterpret_cast<void*>(address), &program), 0);
  Symbolizer symbolizer;
  const std::vector<Frame>& frames =
      symbolizer.Code(std::filesystem::read_symlink("/proc/self/exe"),
                      address - reinterpret_cast<uint64_t>(program.dli_fbase));
  ASSERT_FALSE(frames.empty());
  EXPECT_NE(frames.front().function.find("AddressOfLineZero"), std::string::npos);
  EXPECT_GT(frames.front().line, 0);
}

}  // namespace
}  // namespace heddle::sim

#include "sim/explore/object_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace heddle::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ObjectNames, AreSymbolsOrWhatTheLinesSay) {
  const std::string path = absl::StrCat(testing::TempDir(), "/object_names_test.cc");
  std::ofstream(path) << "  pool.mutex.lock();\n"
                         "  lock.lock();\n"
                         "  ready.store(true);\n";
  OperationLog log;
  log.frames = {{.function = "f", .file = path, .line = 1, .column = 14, .own = true},
                {.function = "f", .file = path, .line = 2, .column = 8, .own = true},
                {.function = "f", .file = path, .line = 3, .column = 9, .own = true},
                {.function = "lib", .file = path, .line = 3, .column = 9}};
  log.stacks = {{}, {0}, {1}, {3, 2}, {3}};
  const auto add = [&](OpKind kind, ObjectId object, uint32_t stack, uint64_t address) {
    log.operations.push_back(
        {.kind = kind, .thread = 0, .object = object, .stack = stack, .address = address});
  };
  add(OpKind::kMutexLock, 10, 2, 0x1000);
  add(OpKind::kMutexLock, 10, 1, 0x1000);
  add(OpKind::kMutexLock, 10, 1, 0x1000);
  add(OpKind::kMutexLock, 11, 2, 0x2000);
  add(OpKind::kAtomicStore, 12, 3, 0x3000);
  add(OpKind::kAtomicStore, 13, 4, 0x4000);
  add(OpKind::kAllocate, 14, 3, 0x5000);
  add(OpKind::kClockRead, kClockObject, 3, 0);
  const auto names = NameObjects(log, [](uint64_t address) {
    return address == 0x1000 ? "ns::(anonymous namespace)::pool"
                             : (address == 0x2000 ? "global_mutex" : "");
  });
  EXPECT_THAT(names,
              ElementsAre(Pair(10, "pool.mutex"), Pair(11, "global_mutex"), Pair(12, "ready")));
}

}  // namespace
}  // namespace heddle::sim

#include "sim/protocol/system_calls.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <string>

namespace heddle::sim {
namespace {

TEST(SystemCalls, AreInOrderAndFoundByNumber) {
  long last = -1;
  for (const SystemCallEntry& entry : SystemCalls()) {
    EXPECT_GT(entry.number, last) << entry.name;
    EXPECT_LT(entry.number, kSystemCallNumbers) << entry.name;
    EXPECT_EQ(FindSystemCall(entry.number), &entry);
    last = entry.number;
  }
}

TEST(SystemCalls, HaveTheSystemsNumbers) {
  EXPECT_STREQ(FindSystemCall(SYS_read)->name, "read");
  EXPECT_STREQ(FindSystemCall(SYS_futex)->name, "futex");
  EXPECT_STREQ(FindSystemCall(SYS_epoll_pwait2)->name, "epoll_pwait2");
}

TEST(SystemCalls, LeaveLibrariesAWayBack) {
  EXPECT_EQ(FindSystemCall(SYS_io_uring_setup)->route, SystemCallRoute::kAbsent);
}

TEST(SystemCalls, AreUnknownOutsideTheTable) {
  for (const long number : {-1L, 335L, kSystemCallNumbers, 1L << 40}) {
    EXPECT_EQ(FindSystemCall(number), nullptr) << number;
  }
}

}  // namespace
}  // namespace heddle::sim

#include "sim/process/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace heddle::sim {
namespace {

using ::testing::HasSubstr;

TEST(EnvironmentError, NamesTheThingTheErrorAndTheRemedy) {
  const absl::Status full = EnvironmentError(ENOSPC, "cannot write /tmp/x");
  EXPECT_TRUE(absl::IsUnavailable(full));
  EXPECT_EQ(full.message(),
            "cannot write /tmp/x: No space left on device; free some space, or set TMPDIR or the "
            "output folder to a disk with room");
  EXPECT_THAT(EnvironmentError(EPERM, "x").message(), HasSubstr("--cap-add=SYS_PTRACE"));
  EXPECT_THAT(EnvironmentError(EMFILE, "x").message(), HasSubstr("ulimit -n"));
  EXPECT_EQ(EnvironmentError(EIO, "x").message(), "x: Input/output error");
}

}  // namespace
}  // namespace heddle::sim

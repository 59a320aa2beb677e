// heddle verify: it claims what it has shown, no more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cli/run_cli_test.h"
#include "nlohmann/json.hpp"
#include "sim/supervisor/real_machine.h"

namespace heddle::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class Verify : public RunCli {
 protected:
  Result Run(const std::string& program, const std::vector<std::string>& options,
             const std::string& folder = "result") {
    std::vector<std::string> arguments = {
        "verify", "--program", Program("kernel-weak_programs-det"), "--out", Path(folder)};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {"--", program});
    return Heddle(arguments);
  }
};

TEST_F(Verify, ClaimsWhatHolds) {
  const Result result = Run("message-released", {"--memory", "c11"});
  EXPECT_EQ(result.code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("verified: every interleaving of kernel-weak_programs-det "
                                    "(memory c11), 2 threads, 10 operations: 6 executions, none "
                                    "fails"));
  const json proof = json::parse(
      Read(Path("result") + "/result.json"))["scenarios"][0]["cells"][0]["explored"]["proof"];
  EXPECT_EQ(proof["complete"], true);
  EXPECT_EQ(proof["executions"], 6);
  EXPECT_EQ(proof["left_out"], 0);
  EXPECT_EQ(proof["shares_run"], json::array({1}));
}

// Annotations for ThreadSanitizer order what atomics do not, in each flavour.
TEST_F(Verify, KnowsAnnotatedOrders) {
  for (const char* program : {"message-acquire-annotated", "message-release-annotated"}) {
    for (const char* flavour : {"det", "tsan"}) {
      const Result result =
          Heddle({"verify", "--program", Program(std::string("kernel-weak_programs-") + flavour),
                  "--out", Path("annotated"), "--memory", "c11", "--", program});
      EXPECT_EQ(result.code, 0) << program << " " << flavour << "\n" << result.out << result.err;
    }
  }
}

// The claim is the same, and says what it rests on.
TEST_F(Verify, OneProcessIsSaid) {
  if (!sim::CanPutMemoryBack()) GTEST_SKIP() << "the system does not tell which pages were written";
  const Result forks = Run("release-sequence", {"--memory", "c11"});
  EXPECT_THAT(forks.out, Not(HasSubstr("in one process")));
  const Result one = Run("release-sequence", {"--memory", "c11", "--one-process"}, "one");
  EXPECT_EQ(one.code, 0) << one.out << one.err;
  EXPECT_THAT(one.out, HasSubstr("none fails (in one process; some were compared with forks)"));
  const auto proof = [this](const char* folder) {
    return json::parse(
        Read(Path(folder) + "/result.json"))["scenarios"][0]["cells"][0]["explored"]["proof"];
  };
  const json of_forks = proof("result");
  json of_one = proof("one");
  EXPECT_EQ(of_forks["in_process"], 0);
  EXPECT_GT(of_one["in_process"], 0);
  of_one["in_process"] = 0;
  EXPECT_EQ(of_one, of_forks);
}

TEST_F(Verify, FindsWhatFails) {
  EXPECT_EQ(Run("failure-of-old-value", {"--memory", "sc"}).code, 0);
  const Result result = Run("failure-of-old-value", {"--memory", "c11"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.out, HasSubstr("not verified: 1 distinct finding"));
  EXPECT_THAT(result.out, Not(HasSubstr("none fails")));
}

TEST_F(Verify, DoesNotClaimWhatABoundLeftOut) {
  const Result result = Run("message", {"--preemptions", "0"});
  EXPECT_EQ(result.code, 4) << result.out;
  EXPECT_THAT(result.out, HasSubstr("not verified"));
  EXPECT_THAT(result.out, HasSubstr("beyond the bounds of the search"));
}

// Nine stores are one more than are kept: which the search did not show is left out.
TEST_F(Verify, DoesNotClaimOldValuesThatAreNotKept) {
  const Result result = Run("many-stores", {"--memory", "c11", "--preemptions", "1"});
  EXPECT_EQ(result.code, 4) << result.out;
  EXPECT_THAT(result.out, HasSubstr("older values than are kept"));
}

TEST_F(Verify, DoesNotClaimWhatItHadNoTimeFor) {
  const Result result = Run("many-stores", {"--memory", "c11", "--time", "1ms"});
  EXPECT_THAT(result.out + result.err, Not(HasSubstr("\nverified:")));
  EXPECT_NE(result.code, 0);
}

TEST_F(Verify, SharesClaimTogetherOnly) {
  for (const char* share : {"1", "2", "3"}) {
    const Result result =
        Run("release-sequence", {"--memory", "c11", "--shard", std::string(share) + "/3"},
            std::string("share-") + share);
    EXPECT_EQ(result.code, 0) << result.out << result.err;
    EXPECT_THAT(result.out, HasSubstr("not verified yet: share"));
  }
  const Result two = Heddle({"merge", Path("share-1"), Path("share-3"), "--out", Path("two")});
  EXPECT_EQ(two.code, 4);
  EXPECT_THAT(two.out, HasSubstr("not verified yet: share 1, 3 of 3"));
  const Result twice =
      Heddle({"merge", Path("share-1"), Path("share-1"), Path("share-3"), "--out", Path("twice")});
  EXPECT_EQ(twice.code, 4);
  const Result all =
      Heddle({"merge", Path("share-1"), Path("share-2"), Path("share-3"), "--out", Path("all")});
  EXPECT_EQ(all.code, 0) << all.out << all.err;
  EXPECT_THAT(all.out, HasSubstr("verified: every interleaving of"));
}

TEST_F(Verify, RefusesBoundsThatAreNone) {
  const Result result = Run("message", {"--preemptions", "few"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err,
              HasSubstr("--preemptions: 'few'; expected a number up to 1000000, or all"));
}

}  // namespace
}  // namespace heddle::cli

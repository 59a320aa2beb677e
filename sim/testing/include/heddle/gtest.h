// HEDDLE_TEST: a GoogleTest test whose interleavings Heddle explores.
//
//   #include "heddle/gtest.h"
//
//   HEDDLE_TEST(Queue, KeepsOrder, {.schedules = 2000}) {
//     Queue queue;
//     std::thread producer([&] { queue.Push(1); queue.Push(2); });
//     EXPECT_EQ(queue.Pop(), 1);
//     producer.join();
//   }
//
// In an instrumented build (heddle_instrument(queue_test): queue_test-det) the test explores: the
// program starts itself again for the schedules (heddle/explore.h says how). It fails with the
// first finding: a failed expectation, a deadlock, a data race, a crash; the output has the
// schedule file and the commands that replay it. In any other build the body runs once, like that
// of a TEST.
//
// Replay: HEDDLE_REPLAY=FILE ./queue_test-det --gtest_filter=Queue.KeepsOrder
//
// Includes <gtest/gtest.h>. C++20 for {.schedules = 2000}; {} has the defaults in C++17 too.
#ifndef HEDDLE_GTEST_H_
#define HEDDLE_GTEST_H_

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "heddle/explore.h"

namespace heddle::internal {

// What failed, on standard error, which schedule files and reports keep.
inline void PrintFailures() {
  const testing::TestResult& result =
      *testing::UnitTest::GetInstance()->current_test_info()->result();
  for (int i = 0; i < result.total_part_count(); ++i) {
    const testing::TestPartResult& part = result.GetTestPartResult(i);
    if (!part.failed()) continue;
    // In one line: of a process that ends with a status, reports show the last.
    std::string message = part.message();
    for (char& c : message) {
      if (c == '\n') c = ' ';
    }
    std::fprintf(stderr, "%s:%d: %s\n", part.file_name() == nullptr ? "" : part.file_name(),
                 part.line_number(), message.c_str());
  }
}

template <typename Body>
void RunTest(const ExploreOptions& options, const Body& body) {
  if (Controlled() || std::string(Flavour()) == "native") {
    body();
    if (Controlled()) PrintFailures();
    return;
  }
  const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
  const std::string filter =
      std::string("--gtest_filter=") + test.test_suite_name() + "." + test.name();
  const ExploreResult result =
      Explore(options, {filter, "--gtest_also_run_disabled_tests", "--gtest_brief=1"},
              Quoted(OwnPath()) + " " + Quoted(filter));
  if (!result.clean) {
    ADD_FAILURE() << result.report;
  }
}

}  // namespace heddle::internal

#define HEDDLE_TEST(suite, name, ...)                                 \
  static void HeddleBody_##suite##_##name();                          \
  TEST(suite, name) {                                                 \
    heddle::internal::RunTest(heddle::ExploreOptions __VA_ARGS__,     \
                              [] { HeddleBody_##suite##_##name(); }); \
  }                                                                   \
  static void HeddleBody_##suite##_##name()

#endif  // HEDDLE_GTEST_H_

#include "sim/stacks/source_lines.h"

#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace heddle::sim {
namespace {

// The object at the column of '|', which is not part of the line.
std::string At(std::string marked) {
  const size_t at = marked.find('|');
  marked.erase(at, 1);
  return ObjectExpression(marked, static_cast<int>(at) + 1);
}

TEST(ObjectExpression, OfMemberFunctions) {
  EXPECT_EQ(At("  while (!stopping.load()) changed.|wait(lock);"), "changed");
  EXPECT_EQ(At("  while (!stopping.|load()) changed.wait(lock);"), "stopping");
  EXPECT_EQ(At("queue->slots[i + 1].mutex.|lock();"), "queue->slots[i + 1].mutex");
  EXPECT_EQ(At("this->mutex_.|lock();"), "mutex_");
  EXPECT_EQ(At("ns::flag.|store(true);"), "ns::flag");
}

TEST(ObjectExpression, OfLocksThatAreVariables) {
  EXPECT_EQ(At("  std::unique_lock |lock(mutex);"), "mutex");
  EXPECT_EQ(At("std::lock_guard<std::mutex> |guard{this->state_mutex_};"), "state_mutex_");
  EXPECT_EQ(At("std::unique_lock |lock(mutex, std::try_to_lock);"), "mutex");
  EXPECT_EQ(At("std::scoped_lock |lock(a, b);"), "") << "which of them is not said";
}

TEST(ObjectExpression, OfFunctions) {
  EXPECT_EQ(At("|pthread_cond_wait(&ready, &mutex);"), "ready");
  EXPECT_EQ(At("if (|sem_wait(&pool->free) != 0) abort();"), "pool->free");
  EXPECT_EQ(At("|Update(&first, &second);"), "");
}

TEST(ObjectExpression, OfOperatorsAndConversions) {
  EXPECT_EQ(At("  ready |= true;"), "ready");
  EXPECT_EQ(At("  hits |+= 2;"), "hits");
  EXPECT_EQ(At("  |++hits;"), "hits");
  EXPECT_EQ(At("  |++view_->time.ticks;"), "view_->time.ticks");
  EXPECT_EQ(At("  hits|++;"), "hits");
  EXPECT_EQ(At("  while (!|done) {"), "done");
  EXPECT_EQ(At("  if (it->|done) return;"), "it->done");
}

TEST(ObjectExpression, IsEmptyWhereTheLineDoesNotSay) {
  EXPECT_EQ(At("|}"), "");
  EXPECT_EQ(At("  |return 1;"), "");
  EXPECT_EQ(At("Get().|lock();"), "");
  EXPECT_EQ(At("|lock(Get());"), "");
  EXPECT_EQ(At("std::unique_lock |lock("), "") << "goes on in the next line";
  EXPECT_EQ(ObjectExpression("x", 0), "");
  EXPECT_EQ(ObjectExpression("x", 2), "");
}

TEST(SourceLines, AreCountedFromOneAndMayBeMissing) {
  const std::string path = absl::StrCat(testing::TempDir(), "/source_lines_test.cc");
  std::ofstream(path) << "first\r\nsecond\n";
  SourceLines lines;
  EXPECT_EQ(lines.Line(path, 1), "first");
  EXPECT_EQ(lines.Line(path, 2), "second");
  EXPECT_EQ(lines.Line(path, 0), "");
  EXPECT_EQ(lines.Line(path, 3), "");
  EXPECT_EQ(lines.Line("/no/such/file.cc", 1), "");
}

}  // namespace
}  // namespace heddle::sim

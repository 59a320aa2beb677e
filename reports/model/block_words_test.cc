#include "reports/model/block_words.h"

#include <gtest/gtest.h>

namespace heddle::reports {
namespace {

Finding FreedIn(std::vector<Frame> frames, std::string location) {
  Finding finding;
  finding.location = std::move(location);
  finding.stacks = {{.title = "freed by thread T2", .thread = "T2", .frames = std::move(frames)}};
  return finding;
}

TEST(Block, IsNamedByItsTypeWhereTheLibraryKnowsIt) {
  EXPECT_EQ(BlockOf(FreedIn({{.function = "operator delete(void*)"},
                             {.function = "std::default_delete<app::Session>::operator()"},
                             {.function = "app::Cache::Evict(int)", .own = true}},
                            "8 bytes inside of 64-byte region"))
                .noun,
            "a Session (64 bytes)");
  EXPECT_EQ(
      BlockOf(FreedIn({{.function = "operator delete(void*)"},
                       {.function = "std::__new_allocator<std::_Sp_counted_ptr_inplace<int const, "
                                    "std::allocator<void>, (__gnu_cxx::_Lock_policy)2> >"}},
                      "8 bytes inside of 24-byte region"))
          .noun,
      "an int (24 bytes)");
}

TEST(Block, IsTheMemoryOfWhoeverDestroysIt) {
  EXPECT_EQ(BlockOf(FreedIn({{.function = "operator delete[](void*)"},
                             {.function = "std::default_delete<char []>::operator()"},
                             {.function = "net::OwnedBytes::~OwnedBytes()", .own = true}},
                            "0 bytes inside of 548-byte region"))
                .noun,
            "memory of OwnedBytes (548 bytes)");
  EXPECT_EQ(BlockOf(FreedIn({{.function = "free"}, {.function = "Drop()", .own = true}},
                            "0 bytes inside of 16-byte region"))
                .noun,
            "a 16-byte block");
}

TEST(Block, ThatIsOverrunSaysHowFar) {
  EXPECT_EQ(BlockOf(FreedIn({}, "0 bytes to the right of 24-byte region")).relation, "just after");
  EXPECT_EQ(BlockOf(FreedIn({}, "4 bytes before 24-byte region")).relation, "4 bytes before");
  EXPECT_EQ(BlockOf(FreedIn({}, "4 bytes inside of 24-byte region")).relation, "");
}

TEST(RacedObject, IsAGlobalOrAHeapBlock) {
  EXPECT_EQ(RacedObject("global 'counter' of size 4 (m+0x1)"), "counter");
  EXPECT_EQ(RacedObject("heap block of size 1648 allocated by main thread"),
            "a 1648-byte heap block");
  EXPECT_EQ(RacedObject(""), "");
}

}  // namespace
}  // namespace heddle::reports

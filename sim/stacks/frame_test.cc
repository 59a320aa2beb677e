#include "sim/stacks/frame.h"

#include <gtest/gtest.h>

#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace heddle::sim {
namespace {

Frame Own(const std::string& function, const std::string& file, int line) {
  return {.function = function, .file = file, .line = line, .own = true};
}

TEST(ShortFunction, DropsParametersTemplatesAndReturnTypes) {
  const std::pair<const char*, const char*> cases[] = {
      {"main", "main"},
      {"a::B::C(int, long) const", "a::B::C"},
      {"a::B<int, std::vector<long> >::C(int)", "a::B::C"},
      {"void a::F<int>(int)", "a::F"},
      {"std::vector<int>& a::G<x>()", "a::G"},
      {"main::$_0::operator()() const", "main::$_0::operator()"},
      {"Server::Handle[abi:cxx11](int, int)", "Server::Handle"},
      {"a::F(int)::$_1::operator()(b::C*) const", "a::F::$_1::operator()"},
      {"a::F(int) const::{lambda()#1}::operator()() const", "a::F::{lambda()#1}::operator()"},
      {"(anonymous namespace)::F(int)", "(anonymous namespace)::F"},
      {"a::(anonymous namespace)::F(int)", "a::(anonymous namespace)::F"},
      {"a::operator<(a::B const&, a::B const&)", "a::operator<"},
      {"bool a::operator==<int>(a::B<int>)", "a::operator==<int>"},
      {"a::B::operator->() const", "a::B::operator->"},
      {"operator new(unsigned long)", "operator new"},
      {"a::operatorless(int)", "a::operatorless"},
      {"", ""},
      {"broken<(", "broken"},
  };
  for (const auto& [function, expected] : cases) EXPECT_EQ(ShortFunction(function), expected);
}

TEST(Frames, ThatMatterAreOwnOnesOrTheInnermost) {
  Stack stack;
  stack.frames = {{.function = "memcpy"},
                  Own("A()", "/a.cc", 1),
                  {.function = "std::x"},
                  Own("B()", "/b.cc", 2)};
  ASSERT_EQ(OwnFrames(stack).size(), 2u);
  EXPECT_EQ(OwnFrames(stack)[1]->function, "B()");
  stack.frames = {{.function = "memcpy"}, {.function = "std::x"}};
  ASSERT_EQ(OwnFrames(stack).size(), 1u);
  EXPECT_EQ(OwnFrames(stack)[0]->function, "memcpy");
  stack.frames.clear();
  EXPECT_TRUE(OwnFrames(stack).empty());
}

TEST(Place, IsSplitAndFormatted) {
  const std::tuple<const char*, const char*, int, int> cases[] = {
      {"/a/b.cc:12:3", "/a/b.cc", 12, 3},
      {"/a/b.cc:12", "/a/b.cc", 12, 0},
      {"/build/../src/b.cc:1:2", "/src/b.cc", 1, 2},
      {"nptl/./nptl/x.c:1:2", "nptl/./nptl/x.c", 1, 2},
  };
  for (const auto& [text, file, line, column] : cases) {
    Frame frame;
    absl::string_view rest = text;
    ASSERT_TRUE(TakeLine(&rest, &frame)) << text;
    SetFile(rest, &frame);
    EXPECT_EQ(frame.file, file);
    EXPECT_EQ(frame.line, line);
    EXPECT_EQ(frame.column, column);
    EXPECT_EQ(FormatPlace(frame), absl::StrCat(file, ":", line, ":", column));
  }
  Frame frame;
  absl::string_view none = "/a/b.cc";
  EXPECT_FALSE(TakeLine(&none, &frame));
  SetFile("??", &frame);
  EXPECT_EQ(FormatPlace(frame), "");
  EXPECT_EQ(ShortPlace(frame), "");
}

TEST(Place, LineZeroIsNeverShown) {
  Frame frame{.function = "F()", .file = "/a/b.cc"};
  EXPECT_EQ(FormatPlace(frame), "/a/b.cc");
  EXPECT_EQ(ShortPlace(frame), "/a/b.cc");
  EXPECT_EQ(ShortFrame(frame), "F /a/b.cc");
  frame.line = 7;
  frame.column = 2;
  EXPECT_EQ(FormatPlace(frame), "/a/b.cc:7:2");
  EXPECT_EQ(ShortPlace(frame), "/a/b.cc:7");
}

}  // namespace
}  // namespace heddle::sim

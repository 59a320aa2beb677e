#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "sim/wrapper/invocation.h"
#include "sim/wrapper/rewrite.h"

namespace heddle::wrapper {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// The runtime that the build has, or the one that an installed heddle-cc would find.
std::vector<std::string> CommandOf(const std::string& flavour,
                                   const std::vector<std::string>& arguments) {
  Wrapper wrapper{{"clang"}, flavour, HEDDLE_RUNTIME_FOLDER};
  const Rewritten rewritten = Rewrite(wrapper, arguments);
  EXPECT_EQ(rewritten.error, "");
  return rewritten.command;
}

std::string ErrorOf(const Wrapper& wrapper, const std::vector<std::string>& arguments) {
  return Rewrite(wrapper, arguments).error;
}

class ResponseFile {
 public:
  explicit ResponseFile(const std::string& text) {
    const int descriptor = mkstemp(path_.data());
    EXPECT_GE(descriptor, 0);
    EXPECT_EQ(write(descriptor, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(descriptor);
  }
  ~ResponseFile() { unlink(path_.c_str()); }
  std::string Argument() const { return "@" + path_; }

 private:
  std::string path_ = testing::TempDir() + "response-XXXXXX";
};

TEST(Invocation, WhatIsLinked) {
  using enum Links;
  const struct {
    std::vector<std::string> arguments;
    Links links;
    bool compiles;
  } cases[] = {
      {{"a.c"}, kExecutable, true},
      {{"a.o", "-o", "a"}, kExecutable, false},
      {{"-c", "a.c"}, kNothing, true},
      {{"-o", "x.c", "a.o"}, kExecutable, false},  // the value of -o is no input
      {{"-E", "-"}, kNothing, true},
      {{"-x", "c", "-"}, kExecutable, true},
      {{"-xc++", "file"}, kExecutable, true},
      {{"-x", "c", "a", "-x", "none", "b.o"}, kExecutable, true},
      {{"-MM", "a.c"}, kNothing, true},
      {{"-MD", "-MF", "a.d", "-c", "a.c"}, kNothing, true},
      {{"-shared", "a.o"}, kSharedLibrary, false},
      {{"-Wl,--as-needed,-shared", "a.o"}, kSharedLibrary, false},
      {{"-Xlinker", "-shared", "a.o"}, kSharedLibrary, false},
      {{"-Wl,-soname,-shared.so", "a.o"}, kExecutable, false},
      {{"-r", "a.o"}, kObject, false},
      {{"-nostdlib", "a.o"}, kWithoutLibc, false},
      {{"-lm"}, kExecutable, false},
      {{"--version"}, kNothing, false},
      {{"-v"}, kNothing, false},
      {{"-print-search-dirs"}, kNothing, false},
      {{}, kNothing, false},
      {{"-cc1", "a.c"}, kNothing, true},
      {{"a.h"}, kNothing, true},
      {{"-x", "c++-header", "a"}, kNothing, true},
      {{"a.cc.o", "dir.c/b"}, kExecutable, false},
      {{"-I", "-c", "a.cc"}, kExecutable, true},
      {{"--", "-c.c"}, kExecutable, true},
  };
  for (const auto& each : cases) {
    const Invocation invocation = ReadInvocation(each.arguments);
    EXPECT_EQ(invocation.links, each.links) << testing::PrintToString(each.arguments);
    EXPECT_EQ(invocation.compiles, each.compiles) << testing::PrintToString(each.arguments);
  }
}

TEST(Invocation, ReadsResponseFiles) {
  EXPECT_THAT(ResponseWords("a 'b c'\n\"d \\\"e\"\\ f '' "),
              ElementsAre("a", "b c", "d \"e f", ""));
  const ResponseFile inner("-shared");
  const ResponseFile outer("-o 'a b.c'\n" + inner.Argument());
  const Invocation invocation = ReadInvocation({outer.Argument(), "a.o"});
  EXPECT_EQ(invocation.links, Links::kSharedLibrary);
  EXPECT_FALSE(invocation.compiles);
  // One that is not there is an input, as it is for the compiler.
  EXPECT_EQ(ReadInvocation({"@/nowhere/at/all"}).links, Links::kExecutable);
}

TEST(Rewrite, CompilesWithoutTheRuntime) {
  const std::vector<std::string> command = CommandOf("det", {"-c", "a b.c", "-O2"});
  EXPECT_EQ(command.front(), "clang");
  EXPECT_THAT(command, Contains("-fsanitize=thread"));
  EXPECT_THAT(command, Contains("a b.c"));
  EXPECT_THAT(command, Not(Contains(HasSubstr("heddle-runtime"))));
  EXPECT_THAT(command, Contains(std::string(HEDDLE_RUNTIME_FOLDER) + "/weak_exchange.h"));
  EXPECT_THAT(CommandOf("asan", {"-c", "a.c"}), Contains("-fsanitize=address,undefined"));
}

TEST(Rewrite, LinksTheRuntimeBehindTheProgramsLibraries) {
  const std::vector<std::string> command = CommandOf("tsan", {"a.o", "-lown", "-o", "a"});
  const auto own = std::find(command.begin(), command.end(), "-lown");
  const auto runtime = std::find_if(command.begin(), command.end(), [](const std::string& each) {
    return each.ends_with("heddle-runtime-tsan.a");
  });
  ASSERT_NE(runtime, command.end());
  EXPECT_LT(own, runtime);
  EXPECT_THAT(command, Contains("-fsanitize=thread"));
  // det: the runtime plays the sanitizer's part, also where it is compiled and linked at once.
  EXPECT_THAT(CommandOf("det", {"a.o"}), Not(Contains("-fsanitize=thread")));
  EXPECT_THAT(CommandOf("det", {"a.c"}), Contains("-fno-sanitize-link-runtime"));
}

TEST(Rewrite, SharedLibrariesHaveNoRuntime) {
  const std::vector<std::string> command = CommandOf("tsan", {"-shared", "a.o"});
  EXPECT_THAT(command, Not(Contains(HasSubstr("heddle-runtime"))));
  EXPECT_THAT(command, Contains(HasSubstr("wrap-shared.txt")));
  // rustc itself loads what it makes of procedural macros.
  EXPECT_THAT(CommandOf("det", {"-shared", "a.rcgu.o"}), Not(Contains(HasSubstr("wrap-shared"))));
}

TEST(Rewrite, RustNamesASanitizerThatClangBringsItself) {
  const std::vector<std::string> command =
      CommandOf("tsan", {"/usr/lib/rustlib/librustc-stable_rt.tsan.a", "a.rcgu.o", "-o", "a"});
  EXPECT_THAT(command, Not(Contains(HasSubstr("librustc"))));
  EXPECT_THAT(command, Contains("a.rcgu.o"));
}

TEST(Rewrite, WhatIsNoBuildPassesThrough) {
  EXPECT_THAT(CommandOf("det", {"--version"}), ElementsAre("clang", "--version"));
  EXPECT_THAT(CommandOf("tsan", {"-cc1", "a.c"}), ElementsAre("clang", "-cc1", "a.c"));
  EXPECT_THAT(CommandOf("native", {"a.c"}), ElementsAre("clang", "a.c"));
  // The option wins over the environment, and is not clang's.
  EXPECT_THAT(CommandOf("det", {"--heddle-flavour=native", "a.c"}), ElementsAre("clang", "a.c"));
}

TEST(Rewrite, NothingFollowsTheInputsBehindDashes) {
  const std::vector<std::string> command = CommandOf("det", {"-o", "a", "--", "-a.c"});
  EXPECT_EQ(command.back(), "-a.c");
}

TEST(Rewrite, SaysWhatIsWrong) {
  const std::string folder = HEDDLE_RUNTIME_FOLDER;
  EXPECT_THAT(ErrorOf({{"clang"}, "fast", folder}, {"a.c"}), HasSubstr("unknown flavour 'fast'"));
  EXPECT_THAT(ErrorOf({{}, "det", folder}, {"a.c"}), HasSubstr("install clang"));
  EXPECT_THAT(ErrorOf({{"ccache", "/usr/bin/gcc-12"}, "det", folder}, {"a.c"}),
              HasSubstr("cannot instrument"));
  EXPECT_THAT(ErrorOf({{"clang"}, "det", folder}, {"-static", "a.c"}), HasSubstr("-static"));
  EXPECT_THAT(ErrorOf({{"clang"}, "det", ""}, {"a.c"}), HasSubstr("expected ../lib/heddle"));
  EXPECT_THAT(ErrorOf({{"clang"}, "det", ""}, {"-c", "a.c"}), HasSubstr("expected ../lib/heddle"));
  EXPECT_THAT(ErrorOf({{"clang"}, "native", ""}, {"-c", "a.c"}), testing::IsEmpty());
  EXPECT_THAT(ErrorOf({{"clang"}, "det", "/nowhere"}, {"a.c"}), HasSubstr("no runtime"));
  EXPECT_THAT(ErrorOf({{"clang"}, "det", "/a,b"}, {"a.c"}), HasSubstr("comma"));
}

}  // namespace
}  // namespace heddle::wrapper

// The samples are what the sanitizers wrote about small wrong programs, with hashes of builds and
// lines that repeat cut out.
#include "sim/stacks/sanitizer_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace heddle::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// clang 14.
constexpr char kRace[] = R"(==================
WARNING: ThreadSanitizer: data race (pid=16630)
  Read of size 8 at 0x7b0800000028 by thread T1 (mutexes: write M12):
    #0 std::vector<int, std::allocator<int> >::push_back(int const&) /usr/bin/../lib/gcc/x86_64-linux-gnu/12/../../../../include/c++/12/bits/stl_vector.h:1278:20 (race+0xd46f5) (BuildId: 62eaed768c7b05d1)
    #1 app::Store::Add(int) /tmp/h/race.cc:5:72 (race+0xd46f5)
    #2 app::Fill(app::Store*) /tmp/h/race.cc:6:56 (race+0xd46f5)
    #3 main::$_0::operator()() const /tmp/h/race.cc:8:107 (race+0xd46f5)
    #4 void std::__invoke_impl<void, main::$_0>(std::__invoke_other, main::$_0&&) /usr/bin/../lib/gcc/x86_64-linux-gnu/12/../../../../include/c++/12/bits/invoke.h:61:14 (race+0xd46f5)
    #5 <null> <null> (libstdc++.so.6+0xd44a2) (BuildId: 289ee39f8c07bd4f)

  Previous write of size 8 at 0x7b0800000028 by main thread:
    #0 memmove <null> (race+0x5d50e)
    #1 app::Store::Add(int) /tmp/h/race.cc:5:72 (race+0xd4573)
    #2 app::Fill(app::Store*) /tmp/h/race.cc:6:56 (race+0xd4573)
    #3 main /tmp/h/race.cc:8:132 (race+0xd4573)

  Location is heap block of size 24 at 0x7b0800000020 allocated by main thread:
    #0 operator new(unsigned long) <null> (race+0xd33d6) (BuildId: 62eaed768c7b05d1)
    #1 main /tmp/h/race.cc:8:24 (race+0xd4471) (BuildId: 62eaed768c7b05d1)

  Mutex M12 (0x7b1000000010) created at:
    #0 pthread_mutex_lock <null> (race+0x70f9a)
    #1 app::Lock() /tmp/h/race.cc:4:1 (race+0xd4471)

  Thread T1 'producer' (tid=16633, running) created by main thread at:
    #0 pthread_create <null> (race+0x5342d) (BuildId: 62eaed768c7b05d1)
    #1 std::thread::_M_start_thread(std::unique_ptr<std::thread::_State, std::default_delete<std::thread::_State> >, void (*)()) <null> (libstdc++.so.6+0xd4578)

SUMMARY: ThreadSanitizer: data race /tmp/h/race.cc:5:72 in app::Store::Add(int)
==================
)";

TEST(SanitizerReport, DataRace) {
  const SanitizerReports reports = ParseSanitizerReports(kRace);
  ASSERT_THAT(reports.reports, SizeIs(1));
  const SanitizerReport& report = reports.reports[0];
  EXPECT_EQ(report.error, "data-race");
  EXPECT_EQ(report.sanitizer, "ThreadSanitizer");
  EXPECT_EQ(report.message,
            "Read of size 8 by thread T1 (mutexes: write M12) in app::Store::Add /tmp/h/race.cc:5; "
            "Previous write of size 8 by main thread in app::Store::Add /tmp/h/race.cc:5; "
            "heap block of size 24 allocated by main thread");
  EXPECT_THAT(report.text, HasSubstr("SUMMARY: "));
  ASSERT_THAT(report.stacks, SizeIs(5));
  EXPECT_TRUE(report.stacks[0].is_access);
  EXPECT_TRUE(report.stacks[1].is_access);
  EXPECT_EQ(report.stacks[0].thread, "T1 producer");
  EXPECT_EQ(report.stacks[1].thread, "main");
  EXPECT_EQ(report.stacks[2].title, "Location is heap block of size 24 allocated by main thread");
  EXPECT_EQ(report.stacks[3].title, "Mutex M12 created");
  EXPECT_EQ(report.stacks[4].title, "Thread T1 'producer' created by main thread");
  for (const size_t other : {2, 3, 4}) EXPECT_FALSE(report.stacks[other].is_access) << other;
}

TEST(SanitizerReport, FramesAreTakenApart) {
  const SanitizerReports reports = ParseSanitizerReports(kRace);
  const std::vector<Frame>& frames = reports.reports[0].stacks[0].frames;
  ASSERT_THAT(frames, SizeIs(6));
  EXPECT_EQ(frames[0].function, "std::vector<int, std::allocator<int> >::push_back(int const&)");
  EXPECT_THAT(frames[0].file, HasSubstr("bits/stl_vector.h"));
  EXPECT_FALSE(frames[0].own);
  EXPECT_EQ(frames[1].function, "app::Store::Add(int)");
  EXPECT_EQ(frames[1].file, "/tmp/h/race.cc");
  EXPECT_EQ(frames[1].line, 5);
  EXPECT_EQ(frames[1].column, 72);
  EXPECT_EQ(frames[1].module, "race");
  EXPECT_TRUE(frames[1].own);
  EXPECT_EQ(frames[5].function, "");
  EXPECT_EQ(frames[5].file, "");
  EXPECT_EQ(frames[5].module, "libstdc++.so.6");
  const Frame& interceptor = reports.reports[0].stacks[1].frames[0];
  EXPECT_EQ(interceptor.function, "memmove");
  EXPECT_FALSE(interceptor.own);
}

TEST(SanitizerReport, GlobalAndLostStack) {
  const SanitizerReports reports = ParseSanitizerReports(R"(
WARNING: ThreadSanitizer: data race (pid=1)
  Write of size 4 at 0x5555569a6a98 by main thread:
    #0 main /tmp/h/race.cc:8:145 (race+0xe7a6e)

  Previous atomic write of size 4 at 0x5555569a6a98 by thread T1:
    [failed to restore the stack]

  Location is global 'g' of size 4 at 0x5555569a6a98 (race+0x14fb6a8)

  Thread T1 (tid=17, finished) created by main thread at:
    #0 pthread_create <null> (race+0x62ef1)
)");
  ASSERT_THAT(reports.reports, SizeIs(1));
  EXPECT_EQ(reports.reports[0].message,
            "Write of size 4 by main thread in main /tmp/h/race.cc:8; "
            "Previous atomic write of size 4 by thread T1 (stack lost); global 'g' of size 4");
  ASSERT_THAT(reports.reports[0].stacks, SizeIs(3));
  EXPECT_THAT(reports.reports[0].stacks[1].frames, IsEmpty());
  EXPECT_TRUE(reports.reports[0].stacks[1].is_access);
}

TEST(SanitizerReport, LockOrder) {
  const SanitizerReports reports = ParseSanitizerReports(R"(==================
WARNING: ThreadSanitizer: lock-order-inversion (potential deadlock) (pid=16666)
  Cycle in lock order graph: M0 (0x555556a4f6a8) => M1 (0x555556a4f6d0) => M0

  Mutex M1 acquired here while holding mutex M0 in main thread:
    #0 pthread_mutex_lock <null> (lock+0x70f9a)
    #1 app::First() /tmp/h/lock.cc:4:78 (lock+0xd43b2)

    Hint: use TSAN_OPTIONS=second_deadlock_stack=1 to get more informative warning message

  Mutex M0 acquired here while holding mutex M1 in thread T1:
    #0 pthread_mutex_lock <null> (lock+0x70f9a)
    #1 app::Second() /tmp/h/lock.cc:5:163 (lock+0xd45e6)

SUMMARY: ThreadSanitizer: lock-order-inversion (potential deadlock) in pthread_mutex_lock
)");
  ASSERT_THAT(reports.reports, SizeIs(1));
  EXPECT_EQ(reports.reports[0].error, "lock-order-inversion");
  ASSERT_THAT(reports.reports[0].stacks, SizeIs(2));
  EXPECT_EQ(OwnFrames(reports.reports[0].stacks[0])[0]->function, "app::First()");
  EXPECT_EQ(OwnFrames(reports.reports[0].stacks[1])[0]->function, "app::Second()");
  for (const Stack& stack : reports.reports[0].stacks) EXPECT_TRUE(stack.is_access);
}

// clang 19.
constexpr char kUseAfterFree[] =
    R"(=================================================================
==16765==ERROR: AddressSanitizer: heap-use-after-free on address 0x502000000010 at pc 0x56013f7a0f7c bp 0x7ffc3aa8d420 sp 0x7ffc3aa8d418
READ of size 4 at 0x502000000010 thread T0
    #0 0x56013f7a0f7b in app::Read(app::Node*) /tmp/h/uaf.cc:5:101
    #1 0x56013f7a128d in main /tmp/h/uaf.cc:7:90
    #2 0x7fe773845249 in __libc_start_call_main csu/../sysdeps/nptl/libc_start_call_main.h:58:16
    #3 0x56013f6bf3a0 in _start (/tmp/h/uaf+0x2d3a0) (BuildId: b674477e8ede7ac9)

0x502000000010 is located 0 bytes inside of 4-byte region [0x502000000010,0x502000000014)
freed by thread T1 here:
    #0 0x56013f79f7a2 in operator delete(void*, unsigned long) (/tmp/h/uaf+0x10d7a2) (BuildId: b67)
    #1 0x5577317fe62d in app::Free(app::Node*) /tmp/h/uaf.cc:5:157
    #2 0x7fe773ad44a2  (/lib/x86_64-linux-gnu/libstdc++.so.6+0xd44a2) (BuildId: 289ee39f8c07bd4f)

previously allocated by thread T0 here:
    #0 0x56013f79eb3d in operator new(unsigned long) (/tmp/h/uaf+0x10cb3d) (BuildId: b67)
    #1 0x56013f7a114a in main /tmp/h/uaf.cc:7:26

Thread T1 (loop) created by T0 here:
    #0 0x56013f743c51 in pthread_create (/tmp/h/uaf+0xb1c51) (BuildId: b674477e8ede7ac9)

SUMMARY: AddressSanitizer: heap-use-after-free /tmp/h/uaf.cc:5:101 in app::Read(app::Node*)
Shadow bytes around the buggy address:
  0x501ffffffd80: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
==16765==ABORTING
)";

TEST(SanitizerReport, UseAfterFreeNamesUseAndFree) {
  const SanitizerReports reports = ParseSanitizerReports(kUseAfterFree);
  ASSERT_THAT(reports.reports, SizeIs(1));
  const SanitizerReport& report = reports.reports[0];
  EXPECT_EQ(report.error, "heap-use-after-free");
  EXPECT_EQ(report.message,
            "READ of size 4 thread T0 in app::Read /tmp/h/uaf.cc:5; freed by thread T1 in "
            "app::Free /tmp/h/uaf.cc:5; 0 bytes inside of 4-byte region");
  ASSERT_THAT(report.stacks, SizeIs(4));
  EXPECT_TRUE(report.stacks[0].is_access);
  EXPECT_TRUE(report.stacks[1].is_access);
  EXPECT_FALSE(report.stacks[2].is_access);
  EXPECT_EQ(report.stacks[1].thread, "T1 loop");
  EXPECT_EQ(report.stacks[1].frames[2].module, "/lib/x86_64-linux-gnu/libstdc++.so.6");
  EXPECT_THAT(OwnFrames(report.stacks[0]), SizeIs(2));
  EXPECT_THAT(report.text, Not(HasSubstr("Shadow bytes")));
}

TEST(SanitizerReport, ErrorsOfAddressSanitizer) {
  const std::pair<const char*, const char*> cases[] = {
      {"heap-buffer-overflow on address 0x60 at pc 0x5", "heap-buffer-overflow"},
      {"attempting double-free on 0x602000000010 in thread T0:", "double-free"},
      {"attempting free on address which was not malloc()-ed: 0x7f in thread T0", "bad-free"},
      {"alloc-dealloc-mismatch (malloc vs operator delete) on 0x602000000010",
       "alloc-dealloc-mismatch"},
      {"container-overflow on address 0x60 at pc", "container-overflow"},
      {"use-after-poison on address 0x60 at pc", "use-after-poison"},
      {"stack-buffer-overflow on address 0x7f at pc", "stack-buffer-overflow"},
      {"global-buffer-overflow on address 0x5 at pc", "global-buffer-overflow"},
      {"stack-overflow on address 0x7f (pc 0x5 bp 0x7 sp 0x7 T0)", "stack-overflow"},
      {"SEGV on unknown address 0x000000000008 (pc 0x55 bp 0x7f sp 0x7f T3)", "SEGV"},
      {"ABRT on unknown address 0x000000004193 (pc 0x7f bp 0x7f sp 0x7f T0)", "ABRT"},
      {"requested allocation size 0xffffffffffffffff (0x800 after adjustments) exceeds",
       "allocation-size-too-big"},
  };
  for (const auto& [words, error] : cases) {
    const SanitizerReports reports = ParseSanitizerReports(absl::StrCat(
        "==1==ERROR: AddressSanitizer: ", words, "\n    #0 0x55 in app::F() /a.cc:1:2\n"));
    ASSERT_THAT(reports.reports, SizeIs(1)) << words;
    EXPECT_EQ(reports.reports[0].error, error);
    EXPECT_TRUE(reports.reports[0].fatal);
  }
}

TEST(SanitizerReport, DeadlySignalsOfBothSanitizers) {
  for (const char* sanitizer : {"AddressSanitizer", "ThreadSanitizer"}) {
    const SanitizerReports reports = ParseSanitizerReports(absl::StrCat(
        sanitizer, ":DEADLYSIGNAL\n==9==ERROR: ", sanitizer,
        ": SEGV on unknown address 0x000000000008 (pc 0x55907300b9f7 bp 0x7f sp 0x7f T3)\n"
        "==9==The signal is caused by a READ memory access.\n"
        "==9==Hint: address points to the zero page.\n"
        "    #0 0x55907300b9f7 in app::F() /tmp/h/uaf.cc:10:50\n\n",
        sanitizer, " can not provide additional info.\n"));
    ASSERT_THAT(reports.reports, SizeIs(1));
    EXPECT_EQ(reports.reports[0].sanitizer, sanitizer);
    EXPECT_TRUE(reports.reports[0].fatal);
    EXPECT_EQ(reports.reports[0].message, "SEGV in thread T3 in app::F /tmp/h/uaf.cc:10");
  }
}

TEST(SanitizerReport, EachDirectLeakIsAnError) {
  const SanitizerReports reports = ParseSanitizerReports(R"(
=================================================================
==16715==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 123 byte(s) in 3 object(s) allocated from:
    #0 0x5560892851ee in malloc (/tmp/h/uaf+0xa51ee) (BuildId: bc96)
    #1 0x5560892c2a37 in app::First() /tmp/h/uaf.cc:11:66

Direct leak of 8 byte(s) in 1 object(s) allocated from:
    #0 0x5560892851ee in malloc (/tmp/h/uaf+0xa51ee) (BuildId: bc96)
    #1 0x5560892c2a37 in app::Second() /tmp/h/uaf.cc:12:66

Indirect leak of 40 byte(s) in 1 object(s) allocated from:
    #0 0x5560892851ee in malloc (/tmp/h/uaf+0xa51ee) (BuildId: bc96)
    #1 0x5560892c2a37 in app::Third() /tmp/h/uaf.cc:13:66

SUMMARY: AddressSanitizer: 171 byte(s) leaked in 5 allocation(s).
)");
  ASSERT_THAT(reports.reports, SizeIs(1));
  EXPECT_EQ(reports.reports[0].error, "leak");
  EXPECT_EQ(reports.reports[0].summary, "AddressSanitizer: 171 byte(s) leaked in 5 allocation(s).");
  EXPECT_THAT(reports.reports[0].stacks, SizeIs(3));
  const std::vector<SanitizerReport> leaks = EachError(reports.reports[0]);
  ASSERT_THAT(leaks, SizeIs(2));
  EXPECT_EQ(leaks[0].message,
            "Direct leak of 123 byte(s) in 3 object(s) allocated from in app::First "
            "/tmp/h/uaf.cc:11");
  ASSERT_THAT(leaks[1].stacks, SizeIs(1));
  EXPECT_EQ(OwnFrames(leaks[1].stacks[0])[0]->function, "app::Second()");
}

TEST(SanitizerReport, UndefinedBehaviourWithAndWithoutAStack) {
  const SanitizerReports reports = ParseSanitizerReports(
      "/p/a.cc:12:38: runtime error: signed integer overflow: 2147483647 + 2 cannot be represented "
      "in type 'int'\n"
      "    #0 0x55be170fcb1a in app::Sum(int) /p/a.cc:12:38\n"
      "SUMMARY: UndefinedBehaviorSanitizer: undefined-behavior /p/a.cc:12:38 in \n"
      "/p/b.cc:18:46: runtime error: index 5 out of bounds for type 'int[4]'\n"
      "/p/c.cc:3:1: runtime error: load of misaligned address 0x7ffd1234 for type 'int'\n");
  ASSERT_THAT(reports.reports, SizeIs(3));
  for (const SanitizerReport& report : reports.reports) {
    EXPECT_EQ(report.sanitizer, kUndefinedBehaviorSanitizer);
    EXPECT_FALSE(report.fatal);
  }
  EXPECT_EQ(reports.reports[0].error, "signed integer overflow");
  EXPECT_THAT(reports.reports[0].message, HasSubstr("2147483647 + 2"));
  EXPECT_EQ(reports.reports[0].stacks[0].frames[0].function, "app::Sum(int)");
  EXPECT_EQ(reports.reports[1].error, "index N out of bounds for type 'int[N]'");
  ASSERT_THAT(reports.reports[1].stacks, SizeIs(1));
  EXPECT_EQ(FormatPlace(reports.reports[1].stacks[0].frames[0]), "/p/b.cc:18:46");
  EXPECT_EQ(reports.reports[2].error, "load of misaligned address N for type 'int'");
}

// gcc 12 writes no columns, and its modules in full.
TEST(SanitizerReport, Gcc) {
  const SanitizerReports reports = ParseSanitizerReports(R"(==================
WARNING: ThreadSanitizer: data race (pid=5)
  Write of size 8 at 0x7b0800000028 by thread T1:
    #0 app::Store::Add(int) /tmp/h/race.cc:5 (race+0x13c4)
    #1 <null> <null> (libstdc++.so.6+0xd44a2)

  Previous write of size 8 at 0x7b0800000028 by main thread:
    #0 main /tmp/h/race.cc:8 (race+0x1234)

SUMMARY: ThreadSanitizer: data race /tmp/h/race.cc:5 in app::Store::Add(int)
)");
  ASSERT_THAT(reports.reports, SizeIs(1));
  const Frame& frame = reports.reports[0].stacks[0].frames[0];
  EXPECT_EQ(frame.file, "/tmp/h/race.cc");
  EXPECT_EQ(frame.line, 5);
  EXPECT_EQ(frame.column, 0);
}

TEST(SanitizerReport, OtherOutputIsNoFinding) {
  const SanitizerReports reports = ParseSanitizerReports(
      "listening on port 80\n    #0 not a report\nerror: 404\nThreadSanitizer: reported 2 "
      "warnings\n");
  EXPECT_THAT(reports.reports, IsEmpty());
  EXPECT_THAT(reports.environment, IsEmpty());
}

TEST(SanitizerReport, TheMachinesFaultIsNotTheProgrammes) {
  const SanitizerReports reports = ParseSanitizerReports(
      "FATAL: ThreadSanitizer: unexpected memory mapping 0x6123-0x6124\n"
      "==1==LeakSanitizer has encountered a fatal error.\n");
  EXPECT_THAT(reports.reports, IsEmpty());
  EXPECT_THAT(reports.environment, SizeIs(2));
}

// A report that is cut off anywhere still counts, and nothing worse happens.
TEST(SanitizerReport, CutOffAnywhere) {
  for (const std::string& whole : {std::string(kRace), std::string(kUseAfterFree)}) {
    const size_t title = whole.find("\n", whole.find("Sanitizer: "));
    for (size_t cut = 0; cut < whole.size(); cut += 7) {
      const SanitizerReports reports = ParseSanitizerReports(whole.substr(0, cut));
      EXPECT_LE(reports.reports.size(), 1u);
      if (cut > title) EXPECT_THAT(reports.reports, SizeIs(1)) << cut;
    }
  }
}

TEST(SanitizerReport, SizesAreBounded) {
  std::string text = "WARNING: ThreadSanitizer: data race (pid=1)\n  Write of size 1 by T1:\n";
  for (int i = 0; i < 10'000; ++i) absl::StrAppend(&text, "    #", i, " f() /a.cc:1:2 (p+0x1)\n");
  const SanitizerReports reports = ParseSanitizerReports(text);
  ASSERT_THAT(reports.reports, SizeIs(1));
  EXPECT_LE(reports.reports[0].text.size(), kMaxReportText);
  EXPECT_THAT(reports.reports[0].stacks[0].frames, SizeIs(kMaxFrames));
}

}  // namespace
}  // namespace heddle::sim

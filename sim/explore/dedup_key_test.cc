#include "sim/explore/dedup_key.h"

#include <gtest/gtest.h>

#include <string>

namespace heddle::sim {
namespace {

TEST(Signature, OwnLocationIsThePrograms) {
  EXPECT_EQ(OwnLocation("    #0 Get() /home/me/lazy.cc:30:12 (program+0xd2f3)"), "lazy.cc:30");
  EXPECT_EQ(OwnLocation("    #1 0x5570 in main /home/me/main.cc:3"), "main.cc:3");
  EXPECT_EQ(OwnLocation("    #2 std::mutex::lock() /usr/include/c++/12/mutex:100:7"), "");
  EXPECT_EQ(OwnLocation("    #3 operator new(unsigned long) <null> (program+0x5)"), "");
  EXPECT_EQ(OwnLocation("    #4 0x7f in start_thread (/lib/x86_64-linux-gnu/libc.so.6+0x88fd4)"),
            "");
  EXPECT_EQ(OwnLocation("pthread_create /x/sim/runtime/interpose/thread.cc:5:1"), "");
}

constexpr char kDataRace[] = R"(==================
WARNING: ThreadSanitizer: data race (pid=%d)
  Read of size 8 at 0x7ffe%d by thread T2:
    #0 std::map::find() /usr/include/c++/12/map:3:1 (program+0xd4)
    #1 Get() /home/me/lazy.cc:30:27 (program+0xd4ef)

  Previous write of size 8 at 0x7ffe%d by thread T1 (mutexes: write M9):
    #0 Set() /home/me/lazy.cc:36:19 (program+0xd4bb)

  Location is stack of main thread.

  Thread T2 (tid=4242, running) created by main thread at:
    #0 pthread_create <null> (program+0x1)

SUMMARY: ThreadSanitizer: data race /usr/include/c++/12/map:3:1 in std::map::find()
==================
)";

TEST(Signature, DataRaceHasBothSides) {
  EXPECT_EQ(SanitizerSignature(kDataRace), "ThreadSanitizer: data race lazy.cc:30 lazy.cc:36");
}

TEST(Signature, DataRaceIsTheSameFromEitherSide) {
  std::string other = kDataRace;
  const size_t read = other.find("lazy.cc:30"), write = other.find("lazy.cc:36");
  other.replace(read, 10, "lazy.cc:36");
  other.replace(write, 10, "lazy.cc:30");
  EXPECT_EQ(SanitizerSignature(other), SanitizerSignature(kDataRace));
}

TEST(Signature, UseAfterFree) {
  constexpr char kReport[] = R"(=================================================================
==77==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x5 bp 0x7 sp 0x7
READ of size 4 at 0x602000000010 thread T1
    #0 0x55d in Buffer::Release() /home/me/buffer.cc:23:23
    #1 0x55e in main /home/me/buffer.cc:40:3

0x602000000010 is located 0 bytes inside of 4-byte region [0x602000000010,0x602000000014)
freed by thread T2 here:
    #0 0x55f in operator delete(void*) (program+0xd5)
    #1 0x560 in Buffer::Release() /home/me/buffer.cc:24:9

SUMMARY: AddressSanitizer: heap-use-after-free /home/me/buffer.cc:23:23 in Buffer::Release()
)";
  EXPECT_EQ(SanitizerSignature(kReport),
            "AddressSanitizer: heap-use-after-free buffer.cc:23 buffer.cc:24");
}

TEST(Signature, NoReport) { EXPECT_EQ(SanitizerSignature("all is well\n"), ""); }

TEST(Signature, LastWords) {
  EXPECT_EQ(LastWords("x: x.cc:25: void Run() [kBroken = true]: Assertion `a == 2' failed.\n"),
            "Assertion `a == 2' failed.");
  EXPECT_EQ(LastWords("terminate called after throwing an instance of 'std::future_error'\n"
                      "  what():  std::future_error: Broken promise\n"),
            "what():  std::future_error: Broken promise");
  EXPECT_EQ(LastWords("free(): double free detected in tcache 2\n"),
            "free(): double free detected in tcache 2");
  EXPECT_EQ(LastWords("3 items\n"), "");
}

}  // namespace
}  // namespace heddle::sim

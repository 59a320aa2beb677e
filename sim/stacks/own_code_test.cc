#include "sim/stacks/own_code.h"

#include <gtest/gtest.h>

#include <string>

namespace heddle::sim {
namespace {

struct Case {
  const char* function;
  const char* file;
  CodeOwner owner;
  const char* module = "";
};

TEST(OwnerOf, TellsByFunctionAndFile) {
  const Case cases[] = {
      {"main", "/home/me/main.cc", CodeOwner::kProgram},
      {"app::Store::Add(int)", "/home/me/store.cc", CodeOwner::kProgram},
      {"heddle::chain::Store::OnBlock()", "/h/src/chain/store.cc", CodeOwner::kProgram},
      {"Run", "relative/x.cc", CodeOwner::kProgram},
      {"std::mutex::lock()", "/usr/include/c++/12/bits/std_mutex.h", CodeOwner::kLibrary},
      {"app::Inlined()", "/usr/include/x.h", CodeOwner::kLibrary},
      {"absl::Mutex::Lock()", "/home/me/abseil/mutex.cc", CodeOwner::kLibrary},
      {"testing::Test::Run()", "/home/me/gtest.cc", CodeOwner::kLibrary},
      {"queue::Queue::push", "/home/me/queue/src/lib.rs", CodeOwner::kProgram},
      {"core::ptr::read", "/rustc/0123456789/library/core/src/ptr/mod.rs", CodeOwner::kLibrary},
      {"alloc::sync::Arc::drop", "/usr/src/rustc-1.63.0/library/alloc/src/sync.rs",
       CodeOwner::kLibrary},
      {"crossbeam_epoch::pin", "/home/me/.cargo/registry/src/crossbeam-epoch-0.9.13/src/lib.rs",
       CodeOwner::kLibrary},
      {"queue.push", "/home/me/lib/queue.zig", CodeOwner::kProgram},
      {"Thread.Mutex.lock", "/opt/zig/lib/std/Thread/Mutex.zig", CodeOwner::kLibrary},
      {"operator new(unsigned long)", "", CodeOwner::kLibrary},
      {"__interceptor_memcpy", "/b/compiler-rt/lib/asan.cc", CodeOwner::kLibrary},
      {"raise", "signal/../sysdeps/posix/raise.c", CodeOwner::kLibrary},
      {"abort", "stdlib/abort.c", CodeOwner::kLibrary},
      {"pthread_kill", "nptl/./nptl/pthread_kill.c", CodeOwner::kLibrary},
  };
  for (const Case& each : cases) {
    const Frame frame{.function = each.function, .file = each.file, .line = 1};
    EXPECT_EQ(OwnerOf(frame), each.owner) << each.function << " " << each.file;
    EXPECT_EQ(IsOwn(frame), each.owner == CodeOwner::kProgram);
  }
}

TEST(OwnerOf, WithoutDebugInformationTheNameAndTheModuleTell) {
  const Case cases[] = {
      {"app::Store::Add(int)", "", CodeOwner::kProgram, "/home/me/app"},
      {"memcpy", "", CodeOwner::kLibrary, "/home/me/app"},
      {"main", "", CodeOwner::kProgram, "/home/me/app"},
      {"consume_one", "", CodeOwner::kProgram, "/home/me/app"},
      {"_init", "", CodeOwner::kLibrary, "/home/me/app"},
      {"consume_one", "", CodeOwner::kLibrary, "/lib/libqueue.so.1"},
      {"YAML::Load(std::string)", "", CodeOwner::kLibrary, "/lib/libyaml-cpp.so.0.7"},
      {"Callback(app::Store*)", "", CodeOwner::kProgram, "/home/me/app"},
      {"", "", CodeOwner::kLibrary, "/lib/libc.so.6"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(OwnerOf({.function = each.function, .module = each.module}), each.owner)
        << each.function;
  }
}

TEST(OwnerOf, ThreadsBeginInLibc) {
  for (const char* function : {"start_thread", "clone", "clone3", "_start",
                               "__libc_start_call_main", "__libc_start_main_impl"}) {
    EXPECT_EQ(OwnerOf({.function = function}), CodeOwner::kThreadStart) << function;
  }
  EXPECT_EQ(OwnerOf({.function = "start_thread", .file = "nptl/./nptl/pthread_create.c"}),
            CodeOwner::kThreadStart);
  // A program may have a function of that name.
  EXPECT_EQ(OwnerOf({.function = "start_thread", .file = "/home/me/pool.c"}), CodeOwner::kProgram);
}

TEST(OwnerOf, HeddlesOwnMachineryIsNotTheProgram) {
  const Frame interposer{.function = "pthread_create",
                         .file = "/h/sim/runtime/interpose/thread.cc"};
  EXPECT_EQ(OwnerOf(interposer), CodeOwner::kInterposer);
  EXPECT_EQ(OwnerOf({.function = "heddle::sim::runtime::Step()", .file = "/h/sim/runtime/core.cc"}),
            CodeOwner::kRuntime);
  EXPECT_EQ(OwnerOf({.function = "heddle::sim::runtime::Step()"}), CodeOwner::kRuntime);
  EXPECT_TRUE(IsMachinery(CodeOwner::kInterposer));
  EXPECT_TRUE(IsMachinery(CodeOwner::kRuntime));
  EXPECT_FALSE(IsMachinery(CodeOwner::kLibrary));
  EXPECT_FALSE(IsMachinery(CodeOwner::kProgram));
  // What tests the runtime is a program like any other.
  EXPECT_EQ(OwnerOf({.function = "main", .file = "/h/sim/runtime/testing/deadlock.cc"}),
            CodeOwner::kProgram);
}

}  // namespace
}  // namespace heddle::sim

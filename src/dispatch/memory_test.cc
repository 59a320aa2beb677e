// What the host does with memory: nothing on the steady path, and no harm when there is none left.
// This program replaces the allocator's entry points to count calls and to make some of them fail.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/resource.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "src/chain/testing/synthetic_chain.h"
#include "src/dispatch/event_channel.h"
#include "src/dispatch/event_loop.h"
#include "src/dispatch/testing/test_host.h"

namespace {

// Calls of the malloc family: by all threads, and by this one.
std::atomic<uint64_t> allocations{0};
thread_local uint64_t allocations_here = 0;

void CountAllocation() {
  allocations.fetch_add(1, std::memory_order_relaxed);
  ++allocations_here;
}

// C++ allocations that have not been freed.
std::atomic<int64_t> live_objects{0};
// When it gets to 0, that operator new throws, and so do all after it. Negative: none.
std::atomic<int64_t> allocations_left{-1};
std::atomic<bool> threads_fail{false};

// Whether operator new on this thread may fail.
thread_local bool may_fail = true;

bool Fails() {
  if (!may_fail || allocations_left.load() < 0) return false;
  if (allocations_left.load() == 0) return true;
  allocations_left.fetch_sub(1);
  return false;
}

void* New(size_t size, size_t alignment) {
  if (Fails()) throw std::bad_alloc();
  void* const memory =
      alignment <= alignof(std::max_align_t)
          ? std::malloc(size)
          : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  live_objects.fetch_add(1);
  return memory;
}

void Delete(void* memory) {
  if (memory == nullptr) return;
  live_objects.fetch_sub(1);
  std::free(memory);
}

}  // namespace

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  CountAllocation();
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  CountAllocation();
  return __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
  CountAllocation();
  return __libc_realloc(memory, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  CountAllocation();
  return __libc_memalign(alignment, size);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) {
  if (threads_fail.load()) return EAGAIN;
  static const auto real =
      reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
  return real(thread, attributes, start, argument);
}
}  // extern "C"

void* operator new(size_t size) { return New(size, 0); }
void* operator new[](size_t size) { return New(size, 0); }
void* operator new(size_t size, std::align_val_t alignment) {
  return New(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return New(size, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept { Delete(memory); }
void operator delete[](void* memory) noexcept { Delete(memory); }
void operator delete(void* memory, size_t) noexcept { Delete(memory); }
void operator delete[](void* memory, size_t) noexcept { Delete(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { Delete(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { Delete(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { Delete(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { Delete(memory); }

namespace heddle::dispatch {
namespace {

// Makes operator new fail after `successes` calls, for as long as it lives.
class OutOfMemory {
 public:
  explicit OutOfMemory(int64_t successes) { allocations_left.store(successes); }
  ~OutOfMemory() { allocations_left.store(-1); }
};

TEST(SteadyStateTest, TheCountersCount) {
  const uint64_t before = allocations.load();
  delete new std::vector<int>(1);
  EXPECT_GE(allocations.load(), before + 2);
}

TEST(SteadyStateTest, TheChannelAllocatesNothing) {
  EventChannel channel({.producers = 2, .capacity = 64, .max_event_bytes = 4096});
  const std::vector<uint8_t> payload(4000, 1);
  const uint64_t before = allocations.load();
  uint64_t applied = 0;
  for (uint64_t i = 0; i < 10'000; ++i) {
    for (uint32_t producer = 0; producer < 2; ++producer) {
      channel.Push(producer, {.number = i,
                              .name = "topic",
                              .peer = "peer",
                              .payload = absl::MakeConstSpan(payload).first(i % payload.size())});
    }
    if (i % 16 == 0) {
      applied += channel.Drain(64, [](uint32_t, uint64_t, const node::Event&) {});
      channel.PrepareToSleep();
    }
  }
  const uint64_t after = allocations.load();
  EXPECT_GT(applied, 5'000u);
  EXPECT_EQ(after, before);
}

// From the callback to the node and back to sleep, on both threads. (What the chain makes of a
// block is the chain's: an event that carries nothing for it shows the path itself.)
TEST(SteadyStateTest, AnEventAllocatesNothingFromEndToEnd) {
  TestHost test(HEDDLE_DISPATCH_ASYNC, [](heddle_config* config) {
    config->observer = {};
    config->channel_capacity = 32;
  });
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  const auto deliver = [&](uint64_t count) {
    for (uint64_t taken = 0; taken < count;) {
      const heddle_status status = heddle_rpc_end(test.instances[0], taken, kPeer, "/protocol");
      if (status == HEDDLE_OK) {
        ++taken;
      } else {
        ASSERT_EQ(status, HEDDLE_FULL);
        std::this_thread::yield();
      }
      if (taken % 100 == 0) heddle_host_flush(test.host);  // so that the loop sleeps now and then
    }
    ASSERT_EQ(heddle_host_flush(test.host), HEDDLE_OK);
  };
  deliver(200);
  const uint64_t before = allocations.load();
  deliver(10'000);
  EXPECT_EQ(allocations.load(), before);
  EXPECT_EQ(test.Counters().taken, 10'200u);
}

// A gossip callback, with the loop asleep, at work, and the channel full.
TEST(SteadyStateTest, AGossipCallbackAllocatesNothing) {
  TestHost test(HEDDLE_DISPATCH_ASYNC, [](heddle_config* config) {
    config->observer = {};
    config->channel_capacity = 8;
  });
  ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  heddle_host_flush(test.host);
  const node::Gossip message = {"no topic at all", std::vector<uint8_t>(600, 1)};
  const uint64_t before = allocations_here;
  for (int i = 0; i < 5'000; ++i) test.Deliver(message);
  EXPECT_EQ(allocations_here, before);
  EXPECT_GT(test.Counters().full, 0u);
}

// libev ends the process when there is no memory, so a running loop must not need any: not for its
// first wake-up, nor for its first timer.
TEST(SteadyStateTest, ARunningLoopAllocatesNothing) {
  struct Handler : EventLoop::Handler {
    void OnWake() override { loop->SetTimer(0); }
    void OnTimer() override { loop->Break(); }
    void OnEnd() override { allocated = allocations_here; }
    EventLoop* loop = nullptr;
    uint64_t allocated = ~uint64_t{0};
  } handler;
  absl::StatusOr<std::unique_ptr<EventLoop>> loop = EventLoop::Create(&handler);
  ASSERT_TRUE(loop.ok()) << loop.status();
  handler.loop = loop->get();
  ASSERT_TRUE((*loop)->Start().ok());
  (*loop)->Join();
  EXPECT_EQ(handler.allocated, 0u);
}

TEST(OutOfMemoryTest, CreationFailsCleanlyAtEveryAllocation) {
  const auto create = [](heddle_host** host) {
    static const heddle_validator validators[4] = {};
    heddle_config config;
    heddle_config_init(&config);
    config.validators = validators;
    config.validator_count = 4;
    config.instances = 2;
    heddle_error error;
    return heddle_host_create(&config, host, &error);
  };
  heddle_host* host = nullptr;
  ASSERT_EQ(create(&host), HEDDLE_OK);  // and what is made once for all is made
  heddle_host_destroy(host);
  const int64_t before = live_objects.load();
  int64_t successes = 0;
  heddle_status status;
  while (true) {
    {
      const OutOfMemory none(successes);
      status = create(&host);
    }
    if (status == HEDDLE_OK) break;
    ASSERT_EQ(status, HEDDLE_NO_MEMORY) << "after " << successes;
    ASSERT_EQ(host, nullptr);
    ASSERT_EQ(live_objects.load(), before) << "leaked after " << successes;
    ++successes;
  }
  EXPECT_GT(successes, 10);
  heddle_host_destroy(host);
  EXPECT_EQ(live_objects.load(), before);
}

TEST(OutOfMemoryTest, TheThreadCannotBeCreated) {
  TestHost test(HEDDLE_DISPATCH_ASYNC);
  threads_fail.store(true);
  EXPECT_EQ(heddle_host_start(test.host), HEDDLE_SYSTEM);
  EXPECT_EQ(test.Connect(), HEDDLE_STOPPED);
  threads_fail.store(false);
  {
    const OutOfMemory none(0);
    EXPECT_EQ(heddle_host_start(test.host), HEDDLE_NO_MEMORY);
  }
  EXPECT_EQ(heddle_host_start(test.host), HEDDLE_OK);
  EXPECT_EQ(test.Connect(), HEDDLE_OK);
}

TEST(OutOfMemoryTest, TheLoopCannotBeCreated) {
  rlimit descriptors;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
  heddle_validator validator{};
  heddle_config config;
  heddle_config_init(&config);
  config.validators = &validator;
  config.validator_count = 1;
  heddle_host* host;
  heddle_error error;
  const rlimit none{0, descriptors.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_EQ(heddle_host_create(&config, &host, &error), HEDDLE_SYSTEM);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &descriptors), 0);
  EXPECT_EQ(host, nullptr);
  EXPECT_STREQ(error.message, "cannot open an event descriptor: Too many open files");
}

// A node that was interrupted may be half-way, and is not touched again.
TEST(OutOfMemoryTest, TheHostFailsWhenApplyingDoes) {
  const auto slots = chain::SyntheticChain(TestHost::kValidators, 1);
  const node::Gossip block = node::GossipOf(slots[0].block);
  for (const uint32_t dispatcher : {HEDDLE_DISPATCH_MUTEX, HEDDLE_DISPATCH_ASYNC,
                                    HEDDLE_DISPATCH_LOCKS, HEDDLE_DISPATCH_WORKER}) {
    const bool on_callers_thread =
        dispatcher == HEDDLE_DISPATCH_MUTEX || dispatcher == HEDDLE_DISPATCH_LOCKS;
    uint64_t failures = 0;
    for (int64_t successes = 0;; ++successes) {
      TestHost test(dispatcher, [](heddle_config* config) { config->observer = {}; });
      ASSERT_EQ(heddle_host_start(test.host), HEDDLE_OK);
      ASSERT_EQ(heddle_host_flush(test.host), HEDDLE_OK);
      may_fail = on_callers_thread;
      heddle_status delivered;
      heddle_status flushed;
      {
        const OutOfMemory none(successes);
        delivered = test.Deliver(block);
        flushed = heddle_host_flush(test.host);
      }
      may_fail = true;
      if (delivered == HEDDLE_OK && flushed == HEDDLE_OK) break;
      ++failures;
      EXPECT_EQ(delivered, on_callers_thread ? HEDDLE_NO_MEMORY : HEDDLE_OK);
      EXPECT_EQ(flushed, HEDDLE_STOPPED);
      EXPECT_EQ(heddle_host_join(test.host), HEDDLE_NO_MEMORY);
      EXPECT_EQ(test.Connect(), HEDDLE_STOPPED);
    }
    EXPECT_GT(failures, 10u);
  }
}

}  // namespace
}  // namespace heddle::dispatch

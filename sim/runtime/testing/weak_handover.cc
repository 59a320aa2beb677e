// Plain data handed from one thread to another in different ways: what ThreadSanitizer must say of
// each under weak memory. One argument: the name of a way.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

namespace {

using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;
using std::memory_order_seq_cst;

int data = 0;
volatile int seen = 0;  // volatile, so that the data are read
std::atomic<int> flag{0};

template <typename First, typename Second>
void InThreads(First first, Second second) {
  std::thread one(first), two(second);
  one.join();
  two.join();
}

// Right.
void ByReleaseAndAcquire() {
  InThreads(
      [] {
        data = 1;
        flag.store(1, memory_order_release);
      },
      [] {
        if (flag.load(memory_order_acquire) == 1) seen = data;
      });
}

// A race.
void Relaxed() {
  InThreads(
      [] {
        data = 1;
        flag.store(1, memory_order_relaxed);
      },
      [] {
        if (flag.load(memory_order_relaxed) == 1) seen = data;
      });
}

// Right; ThreadSanitizer alone does not know fences.
void ByFences() {
  InThreads(
      [] {
        data = 1;
        std::atomic_thread_fence(memory_order_release);
        flag.store(1, memory_order_relaxed);
      },
      [] {
        if (flag.load(memory_order_relaxed) != 1) return;
        std::atomic_thread_fence(memory_order_acquire);
        seen = data;
      });
}

// A race: the release fence comes too late for the store.
void ByALateFence() {
  InThreads(
      [] {
        data = 1;
        flag.store(1, memory_order_relaxed);
        std::atomic_thread_fence(memory_order_release);
      },
      [] {
        if (flag.load(memory_order_relaxed) != 1) return;
        std::atomic_thread_fence(memory_order_acquire);
        seen = data;
      });
}

// A race: the data come after the last of many fences, each of which the release sequence hands on.
void ByManyFences() {
  constexpr int kFences = 9;  // one more than a message has tokens
  InThreads(
      [] {
        for (int i = 1; i <= kFences; ++i) {
          std::atomic_thread_fence(memory_order_release);
          if (i == kFences) data = 1;
          flag.fetch_add(1, memory_order_relaxed);
        }
      },
      [] {
        while (flag.load(memory_order_acquire) != kFences) std::this_thread::yield();
        seen = data;
      });
}

// Right: the read-modify-write hands on what it read.
void ByAReleaseSequence() {
  InThreads(
      [] {
        data = 1;
        flag.store(1, memory_order_release);
      },
      [] {
        int one = 1;
        flag.compare_exchange_strong(one, 2, memory_order_relaxed, memory_order_relaxed);
        if (flag.load(memory_order_acquire) == 2) seen = data;
      });
}

// A race: what is read is the second store, which releases nothing. ThreadSanitizer alone keeps
// what the first one released.
void ByAnOverwrittenRelease() {
  InThreads(
      [] {
        data = 1;
        flag.store(1, memory_order_release);
        flag.store(2, memory_order_relaxed);
      },
      [] {
        if (flag.load(memory_order_acquire) == 2) seen = data;
      });
}

// A race when the first store is read, also when the second is done.
void ByAStaleRead() {
  InThreads(
      [] {
        flag.store(1, memory_order_relaxed);
        data = 1;
        flag.store(2, memory_order_release);
      },
      [] {
        if (flag.load(memory_order_acquire) >= 1) seen = data;
      });
}

// Right: the store itself happens before what its reader does next, to the same bytes.
void TheFlagItself() {
  InThreads([] { flag.store(1, memory_order_release); },
            [] {
              if (flag.load(memory_order_acquire) == 1) *reinterpret_cast<int*>(&flag) = 7;
            });
}

// A race: seq_cst fences alone order nothing for plain data.
void BySeqCstFencesAlone() {
  InThreads(
      [] {
        data = 1;
        std::atomic_thread_fence(memory_order_seq_cst);
      },
      [] {
        std::atomic_thread_fence(memory_order_seq_cst);
        seen = data;
      });
}

// Right.
void ByAStatic() {
  const auto look = [] {
    static int* const made = new int(3);
    if (*made != 3) std::abort();
  };
  InThreads(look, look);
}

// Right.
void BySharedPtr() {
  auto shared = std::make_shared<int>(1);
  InThreads(
      [copy = shared] {
        if (*copy != 1) std::abort();
      },
      [moved = std::move(shared)] {
        if (*moved != 1) std::abort();
      });
}

// A race.
void CompareExchangeBesideRead() {
  InThreads([] { __sync_bool_compare_and_swap(&data, 0, 1); }, [] { seen = data; });
}

// A race, with accesses to much other memory in between.
volatile long work[400'000];
void FarApart() {
  InThreads(
      [] {
        seen = data;
        for (volatile long& each : work) each = 1;
        flag.store(1, memory_order_relaxed);
      },
      [] {
        while (flag.load(memory_order_relaxed) == 0) std::this_thread::yield();
        data = 1;
      });
}

}  // namespace

int main(int argc, char** argv) {
  const struct {
    const char* name;
    void (*run)();
  } kWays[] = {{"release-acquire", ByReleaseAndAcquire},
               {"relaxed", Relaxed},
               {"fences", ByFences},
               {"late-fence", ByALateFence},
               {"many-fences", ByManyFences},
               {"release-sequence", ByAReleaseSequence},
               {"overwritten-release", ByAnOverwrittenRelease},
               {"stale-read", ByAStaleRead},
               {"flag-itself", TheFlagItself},
               {"seq-cst-fences", BySeqCstFencesAlone},
               {"static", ByAStatic},
               {"shared-ptr", BySharedPtr},
               {"compare-exchange-beside-read", CompareExchangeBesideRead},
               {"far-apart", FarApart}};
  for (const auto& way : kWays) {
    if (argc != 2 || std::strcmp(argv[1], way.name) != 0) continue;
    way.run();
    return 0;
  }
  std::fprintf(stderr, "unknown way\n");
  return 2;
}

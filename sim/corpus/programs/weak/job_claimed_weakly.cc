// A worker claims a job by one weak compare-exchange and takes its failure for another's claim. It
// may fail by itself (on ARM and POWER, when the reservation is lost): then nobody does the job.
//
// First described: L. Crowl, "Strong Compare and Exchange", ISO/IEC JTC1/SC22/WG21 N2748, 2008.
// Found by: assertion (a job is not done), under c11.
#include <atomic>

#include "sim/corpus/program.h"

namespace heddle::corpus {
namespace {

template <bool kBroken>
void Run() {
  std::atomic<bool> claimed[2] = {false, false};
  std::atomic<int> done{0};
  const auto work = [&] {
    for (std::atomic<bool>& job : claimed) {
      bool expected = false;
      if (kBroken ? job.compare_exchange_weak(expected, true)
                  : job.compare_exchange_strong(expected, true)) {
        // A loop takes no notice of such failures.
        for (int before = done; !done.compare_exchange_weak(before, before + 1);) {
        }
      }
    }
  };
  InThreads(work, work);
  assert(done == 2);
}

}  // namespace

extern const Program kJobClaimedWeakly{"job-claimed-weakly", Shows::kAssertion, Run<true>,
                                       Run<false>, Needs::kWeakMemory};

}  // namespace heddle::corpus

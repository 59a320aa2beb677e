// One run of one trace through one host, as a request describes it.
#ifndef HEDDLE_HARNESS_HOST_RUN_H_
#define HEDDLE_HARNESS_HOST_RUN_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "harness/host/recorder.h"
#include "harness/host/request.h"
#include "sim/producer/producer.h"
#include "sim/trace/trace.h"
#include "src/dispatch/include/heddle/host.h"

namespace heddle::host {

// Use: Create, Execute, once each. Between the two there is one thread and nothing has happened but
// the warm-up, so a process may be forked there for each of many executions.
//
// Thread rule: one thread, which is not one of the run's own.
class Run {
 public:
  // Makes the host and applies the events before the window to it. `trace` must outlive the run.
  // Results go into the file `result_path`. `network` delivers; null: the simulated one.
  // InvalidArgument when the trace makes no
  // genesis; Unavailable when the system gives no thread, loop or memory.
  static absl::StatusOr<std::unique_ptr<Run>> Create(const Request& request,
                                                     const trace::Trace& trace,
                                                     std::string result_path,
                                                     producer::StartNetwork network = nullptr);
  ~Run();

  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Delivers the window's events and lets the host come to rest.
  absl::Status Execute();

 private:
  Run(const Request& request, const trace::Trace& trace, std::string result_path,
      producer::StartNetwork network);

  // An event that comes before the window, and who receives it.
  struct Warm {
    uint32_t instance;
    const trace::Event* event;
  };

  absl::Status Initialize();
  // Hands the window's events to producers, and those before it to WarmUp.
  void DealEvents();
  std::unique_ptr<producer::Producer> MakeProducer(uint32_t instance,
                                                   std::vector<const trace::Event*> events);
  void WarmUp(const std::vector<Warm>& events);
  // The host's timer begins to count, and so does the pace.
  heddle_status StartHost();
  std::unique_ptr<producer::Pace> StartClock();
  // After the producers' end: the rest is applied, and the clock runs on to interval 4 of a slot.
  heddle_status ComeToRest();
  std::vector<Counters> InstanceCounters() const;

  const Request request_;
  const trace::Trace& trace_;
  const producer::StartNetwork network_;
  Recorder recorder_;
  heddle_host* host_ = nullptr;
  std::vector<heddle_instance*> instances_;
  std::vector<std::unique_ptr<producer::Producer>> producers_;  // by instance
  std::vector<uint64_t> warmed_up_;                             // events, by instance
  uint64_t first_index_ = 0;                                    // of the window; so is the next
  int64_t first_time_ns_ = 0;
  int64_t last_time_ns_ = 0;        // of all that is delivered
  std::atomic<uint64_t> taken_{0};  // relaxed: it orders nothing
};

}  // namespace heddle::host

#endif  // HEDDLE_HARNESS_HOST_RUN_H_

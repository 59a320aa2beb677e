// Writes RESULT.jsonl (see result.h) from a host's observer calls.
#ifndef HEDDLE_HARNESS_HOST_RECORDER_H_
#define HEDDLE_HARNESS_HOST_RECORDER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "harness/host/request.h"
#include "sim/trace/trace.h"
#include "src/dispatch/include/heddle/host.h"
#include "src/node/node.h"

namespace heddle::host {

// By name.
using Counters = std::map<std::string, uint64_t>;

// Thread rule: the observer's calls and Refused come from any thread, several at once, and are not
// ordered among each other by this class (see result.h). Everything else before the first of them
// or after the last.
class Recorder {
 public:
  // The trace's event that instance's `sequence`-th taken callback carried.
  using EventOf = std::function<const trace::Event&(uint32_t instance, uint64_t sequence)>;

  // Results go into the file `path`, which Begin empties. `snapshots`: with every tick line too.
  Recorder(std::string path, bool snapshots);

  // For heddle_config.observer. The recorder must outlive the host.
  heddle_observer Observer();

  // What the observer's calls are about; set both before the host starts. `node` is looked at
  // inside the observer's calls only. `before`: by instance, how many events were applied before
  // those that `event_of` knows; sequence numbers in the results go on from there. (Empty: none.)
  void SetEvents(EventOf event_of, std::vector<uint64_t> before = {}) {
    event_of_ = std::move(event_of);
    before_ = std::move(before);
  }
  void SetNode(const node::Node* node) { node_ = node; }

  void Begin(const Request& request);
  // Remembers how far the file goes; Rewind drops what came after that. For a process that is
  // forked in between, so that each of its children begins with the same file.
  void Mark();
  void Rewind();
  void Refused(uint32_t instance, uint64_t index, heddle_status status);
  // The last line of a host that failed; its node is half-way and not looked at.
  void Failed(heddle_status status, const std::vector<Counters>& instances);
  // The last line. `instances`: the counters of each, by name.
  void End(const node::Node& node, const std::vector<Counters>& instances);

  // What writing met, if anything; after the last call.
  absl::Status status() const;

 private:
  void Applied(const heddle_application& application);
  void Ticked(uint64_t interval);
  // The calling thread's line buffer, empty.
  std::string& Line();
  // Writes the calling thread's line.
  void Write();

  const std::string path_;
  const bool snapshots_;
  const uint64_t generation_;  // tells this recorder's streams from an earlier one's
  EventOf event_of_;
  std::vector<uint64_t> before_;
  const node::Node* node_ = nullptr;
  int64_t marked_bytes_ = 0;
  std::atomic<int> error_{0};  // the first errno; relaxed, so that it orders nothing
};

}  // namespace heddle::host

#endif  // HEDDLE_HARNESS_HOST_RECORDER_H_

// The producer's side of the reverse direction, done wrong: what a network that runs on a reactor
// of its own lets the host call.
//
// The reactor's thread owns the state and changes it as messages come and go. A correct network
// lets the host put a command into the reactor's queue and touches the state on the reactor's
// thread; this one lets the host's threads in (zeam #355: raw state behind extern "C" functions;
// #789: one owner and a bounded command channel instead).
#ifndef HEDDLE_SIM_SEEDED_BUGS_NETWORK_STATE_H_
#define HEDDLE_SIM_SEEDED_BUGS_NETWORK_STATE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace heddle::seeded_bugs {

class NetworkState {
 public:
  // The reactor's thread: a message of `peer` is about to be handed to the host. What was published
  // since goes out first.
  void OnMessage(absl::string_view peer) {
    for (const std::string& message : outbox_) wire_.push_back("publish " + message);
    outbox_.clear();
    outbox_.shrink_to_fit();
    wire_.clear();
    ++messages_[std::string(peer)];
  }

  // The host, from any thread of its own, while the reactor runs: that is the bug.
  void Publish(std::string message) { outbox_.push_back(std::move(message)); }

 private:
  std::vector<std::string> outbox_;
  std::vector<std::string> wire_;             // the reactor's own
  std::map<std::string, uint64_t> messages_;  // by peer
};

}  // namespace heddle::seeded_bugs

#endif  // HEDDLE_SIM_SEEDED_BUGS_NETWORK_STATE_H_

// Deals the events of a trace out to a host's instances, each of which has a network of its own.
#ifndef HEDDLE_HARNESS_HOST_DEALER_H_
#define HEDDLE_HARNESS_HOST_DEALER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/host/request.h"
#include "sim/trace/trace.h"

namespace heddle::host {

// Copies of one message go to the same instance, whose gossip layer then drops the repeats; so do
// the messages of one request, and what concerns one peer's connection.
class Dealer {
 public:
  Dealer(Split split, uint32_t instances) : split_(split), instances_(instances) {}

  // To be asked of each event once, in their order.
  std::vector<uint32_t> Receivers(const trace::Event& event);

 private:
  template <typename Key>
  uint32_t Remember(std::map<Key, uint32_t>* known, const Key& key) {
    const auto [entry, is_new] = known->emplace(key, next_);
    if (is_new) next_ = (next_ + 1) % instances_;
    return entry->second;
  }

  const Split split_;
  const uint32_t instances_;
  uint32_t next_ = 0;
  std::map<trace::MessageId, uint32_t> messages_;
  std::map<uint64_t, uint32_t> requests_;
  std::map<std::string, uint32_t> peers_;
};

}  // namespace heddle::host

#endif  // HEDDLE_HARNESS_HOST_DEALER_H_

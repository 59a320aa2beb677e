// Message ids: the function that gives them, and the set of those seen.
#ifndef HEDDLE_SIM_TRACE_MESSAGE_IDS_H_
#define HEDDLE_SIM_TRACE_MESSAGE_IDS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <unordered_set>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sim/trace/trace.h"

namespace heddle::trace {

// The message id of a gossip payload as the protocol computes it. It is passed in because it needs
// the chain's codecs, which this library does not know.
using MessageIdFunction =
    std::function<MessageId(absl::string_view topic, absl::Span<const uint8_t> data)>;

struct MessageIdHash {
  size_t operator()(const MessageId& id) const {
    size_t hash = 0;  // an id is itself a hash
    std::memcpy(&hash, id.data(), sizeof(hash));
    return hash;
  }
};
using MessageIdSet = std::unordered_set<MessageId, MessageIdHash>;

}  // namespace heddle::trace

#endif  // HEDDLE_SIM_TRACE_MESSAGE_IDS_H_

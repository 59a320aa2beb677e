#include "harness/host/dealer.h"

namespace heddle::host {

std::vector<uint32_t> Dealer::Receivers(const trace::Event& event) {
  if (split_ == Split::kCopy) {
    std::vector<uint32_t> all(instances_);
    for (uint32_t i = 0; i < instances_; ++i) all[i] = i;
    return all;
  }
  switch (event.kind) {
    case trace::Kind::kGossip:
      return {Remember(&messages_, event.id)};
    case trace::Kind::kRpcResponse:
    case trace::Kind::kRpcEnd:
      return {Remember(&requests_, event.request)};
    case trace::Kind::kPeerConnected:
    case trace::Kind::kPeerDisconnected:
      return {Remember(&peers_, event.peer)};
  }
  return {0};
}

}  // namespace heddle::host

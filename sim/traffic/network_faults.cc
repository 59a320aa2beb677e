#include "sim/traffic/network_faults.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/traffic/damage.h"
#include "src/chain/wire/message_id.h"

namespace heddle::traffic {

using trace::Event;
using trace::Kind;

namespace {
constexpr int64_t kSecondCopyNs = 500'000'000;
constexpr int64_t kLongestNs = 3'600'000'000'000;
}  // namespace

absl::Status Check(const NetworkFaults& faults) {
  const std::pair<const char*, double> rates[] = {
      {"drop", faults.drop},   {"duplicate", faults.duplicate}, {"reorder", faults.reorder},
      {"delay", faults.delay}, {"corrupt", faults.corrupt},     {"disconnect", faults.disconnect}};
  for (const auto& [name, rate] : rates) {
    if (rate >= 0 && rate <= 1) continue;
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", rate, "; expected a rate, 0 to 1"));
  }
  for (const int64_t ns : {faults.reorder_ns, faults.delay_ns, faults.away_ns}) {
    if (ns > 0 && ns <= kLongestNs) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("a time of ", ns, " ns; expected 1 to ", kLongestNs, " ns"));
  }
  return absl::OkStatus();
}

absl::Status FaultyNetwork::Take(Event event) {
  const int64_t now = event.time_ns;
  ComeBack(now);
  Change(std::move(event));
  return queue_.TakeUntil(now);  // nothing that comes later is before this
}

absl::Status FaultyNetwork::Pass(Event event) {
  const int64_t now = event.time_ns;
  ComeBack(now);
  Arrive(std::move(event));
  return queue_.TakeUntil(now);
}

absl::Status FaultyNetwork::Finish() {
  ComeBack(std::numeric_limits<int64_t>::max());
  return queue_.TakeUntil(std::numeric_limits<int64_t>::max());
}

void FaultyNetwork::Change(Event event) {
  // Drawn for whatever becomes of it, so that one option does not change what another does.
  const bool drop = Chance(faults_.drop), duplicate = Chance(faults_.duplicate),
             reorder = Chance(faults_.reorder), delay = Chance(faults_.delay),
             corrupt = Chance(faults_.corrupt), disconnect = Chance(faults_.disconnect);
  const bool of_peer = event.kind == Kind::kPeerConnected || event.kind == Kind::kPeerDisconnected;
  if (of_peer) return Arrive(std::move(event));
  const bool of_request = event.kind == Kind::kRpcResponse || event.kind == Kind::kRpcEnd;
  if (away_.contains(event.peer) || (of_request && cut_.contains(event.request))) {
    ++counts_.dropped;
    return;
  }
  if (disconnect && !gone_.contains(event.peer)) return Disconnect(event);
  if (event.kind == Kind::kRpcEnd) return Arrive(std::move(event));
  if (drop) {
    ++counts_.dropped;
    return;
  }
  if (corrupt) Corrupt(&event);
  // A chunk must not come after the end of its stream: those keep their places.
  if (event.kind != Kind::kGossip) return Arrive(std::move(event));
  if (duplicate) {
    ++counts_.duplicated;
    Event again = event;
    again.time_ns += Within(kSecondCopyNs);
    queue_.Push(std::move(again));
  }
  if (delay || reorder) {
    ++counts_.delayed;
    const int64_t least = faults_.delay_ns / 30;
    event.time_ns += delay ? least + Within(faults_.delay_ns - least) : Within(faults_.reorder_ns);
  }
  queue_.Push(std::move(event));
}

void FaultyNetwork::Arrive(Event event) {
  switch (event.kind) {
    case Kind::kPeerConnected:
    case Kind::kPeerDisconnected:
      return PeerEvent(std::move(event));
    case Kind::kRpcResponse:
      open_[event.peer][event.request] = event.protocol;
      break;
    case Kind::kRpcEnd:
      open_[event.peer].erase(event.request);
      break;
    case Kind::kGossip:
      break;
  }
  queue_.Push(std::move(event));
}

void FaultyNetwork::Corrupt(Event* event) {
  ++counts_.corrupted;
  event->data = Damage(event->data, &random_);
  if (event->kind == Kind::kGossip) event->id = wire::GossipMessageId(event->topic, event->data);
}

// What the trace says of a peer that is away already changes when it comes back.
void FaultyNetwork::PeerEvent(Event event) {
  if (event.kind == Kind::kPeerDisconnected) {
    gone_.insert(event.peer);
    if (away_.erase(event.peer) == 0) queue_.Push(std::move(event));
    return;
  }
  gone_.erase(event.peer);
  if (!away_.contains(event.peer)) queue_.Push(std::move(event));
}

void FaultyNetwork::Disconnect(const Event& event) {
  ++counts_.disconnected;
  ++counts_.dropped;
  for (const auto& [request, protocol] : open_[event.peer]) {
    Event end = MakeEvent(Kind::kRpcEnd, event.time_ns, event.peer);
    end.request = request;
    end.protocol = protocol;
    cut_.insert(request);
    queue_.Push(std::move(end));
  }
  open_.erase(event.peer);
  if (event.kind == Kind::kRpcResponse) cut_.insert(event.request);
  queue_.Push(MakeEvent(Kind::kPeerDisconnected, event.time_ns, event.peer));
  away_[event.peer] = event.time_ns + faults_.away_ns;
}

void FaultyNetwork::ComeBack(int64_t now) {
  for (auto peer = away_.begin(); peer != away_.end();) {
    if (peer->second > now) {
      ++peer;
      continue;
    }
    queue_.Push(MakeEvent(Kind::kPeerConnected, peer->second, peer->first));
    peer = away_.erase(peer);
  }
}

void ApplyNetworkFaults(const NetworkFaults& faults, trace::Trace* trace, trace::Window* window) {
  if (!faults.Any()) return;
  std::vector<Event> arrived;
  FaultyNetwork network(faults, [&arrived](const Event& event) {
    arrived.push_back(event);
    return absl::OkStatus();
  });
  int64_t before = 0;
  for (Event& event : trace->events) {
    if (window->IsPast(event)) break;
    if (window->Contains(event)) {
      network.Take(std::move(event)).IgnoreError();  // the sink has none
    } else {
      ++before;
      network.Pass(std::move(event)).IgnoreError();
    }
  }
  network.Finish().IgnoreError();
  trace->events = std::move(arrived);
  trace->header.observer_final.reset();  // no longer true
  window->by = trace::Window::By::kIndex;
  window->from = before;
  window->to = static_cast<int64_t>(trace->events.size());
}

}  // namespace heddle::traffic

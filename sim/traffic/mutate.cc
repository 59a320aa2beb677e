#include "sim/traffic/mutate.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/strategy.h"
#include "sim/trace/trace.h"
#include "sim/traffic/damage.h"
#include "sim/traffic/event_queue.h"
#include "src/chain/wire/message_id.h"

namespace heddle::traffic {
namespace {

using trace::Event;
using trace::Kind;

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kAwayNs = 4000 * kMillisecond;

class Mutator {
 public:
  Mutator(const MutateOptions& options, EventSink sink)
      : options_(options), random_(options.seed), queue_(std::move(sink)) {}

  absl::Status Take(Event event) {
    ++summary_.read;
    const int64_t now = event.time_ns;
    ComeBack(now);
    Change(std::move(event));
    return queue_.TakeUntil(now);  // nothing that comes later is before this
  }

  absl::StatusOr<MutateSummary> Finish() {
    ComeBack(INT64_MAX);
    if (absl::Status status = queue_.TakeUntil(INT64_MAX); !status.ok()) return status;
    summary_.written = queue_.taken();
    return summary_;
  }

 private:
  bool Chance(double rate) { return random_.Unit() < rate; }
  int64_t Within(uint32_t milliseconds) {
    const int64_t whole = random_.Below(milliseconds);
    const int64_t part = random_.Below(1'000'000);
    return whole * kMillisecond + part;
  }

  void Change(Event event) {
    // Drawn for whatever becomes of it, so that one option does not change what another does.
    const bool drop = Chance(options_.drop), duplicate = Chance(options_.duplicate),
               reorder = Chance(options_.reorder), delay = Chance(options_.delay),
               corrupt = Chance(options_.corrupt), disconnect = Chance(options_.disconnect);
    if (event.kind == Kind::kPeerConnected || event.kind == Kind::kPeerDisconnected) {
      return PeerEvent(std::move(event));
    }
    if (away_.contains(event.peer)) {
      ++summary_.dropped;
      return;
    }
    if (disconnect && !gone_.contains(event.peer)) return Disconnect(event);
    if (event.kind == Kind::kRpcEnd) return queue_.Push(std::move(event));
    if (drop) {
      ++summary_.dropped;
      return;
    }
    if (corrupt) Corrupt(&event);
    // A chunk must not come after the end of its stream: those keep their places.
    if (event.kind != Kind::kGossip) return queue_.Push(std::move(event));
    if (duplicate) {
      ++summary_.duplicated;
      Event again = event;
      again.time_ns += Within(500);
      queue_.Push(std::move(again));
    }
    if (delay || reorder) {
      ++summary_.delayed;
      event.time_ns += delay ? 200 * kMillisecond + Within(5800) : Within(200);
    }
    queue_.Push(std::move(event));
  }

  void Corrupt(Event* event) {
    ++summary_.corrupted;
    event->data = Damage(event->data, &random_);
    if (event->kind == Kind::kGossip) event->id = wire::GossipMessageId(event->topic, event->data);
  }

  // What the trace says of a peer that is away already changes when it comes back.
  void PeerEvent(Event event) {
    if (event.kind == Kind::kPeerDisconnected) {
      gone_.insert(event.peer);
      if (away_.erase(event.peer) == 0) queue_.Push(std::move(event));
      return;
    }
    gone_.erase(event.peer);
    if (!away_.contains(event.peer)) queue_.Push(std::move(event));
  }

  void Disconnect(const Event& event) {
    ++summary_.disconnected;
    ++summary_.dropped;
    queue_.Push(MakeEvent(Kind::kPeerDisconnected, event.time_ns, event.peer));
    away_[event.peer] = event.time_ns + kAwayNs;
  }

  void ComeBack(int64_t now) {
    for (auto peer = away_.begin(); peer != away_.end();) {
      if (peer->second > now) {
        ++peer;
        continue;
      }
      queue_.Push(MakeEvent(Kind::kPeerConnected, peer->second, peer->first));
      peer = away_.erase(peer);
    }
  }

  const MutateOptions& options_;
  sim::Random random_;
  EventQueue queue_;
  std::map<std::string, int64_t> away_;  // by our doing, until when
  std::set<std::string> gone_;           // as the trace says; what they sent may still come
  MutateSummary summary_;
};

absl::Status Check(const MutateOptions& options) {
  const std::pair<const char*, double> rates[] = {
      {"drop", options.drop},       {"duplicate", options.duplicate},
      {"reorder", options.reorder}, {"delay", options.delay},
      {"corrupt", options.corrupt}, {"disconnect", options.disconnect}};
  for (const auto& [name, rate] : rates) {
    if (rate >= 0 && rate <= 1) continue;
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", rate, "; expected a rate, 0 to 1"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MutateSummary> MutateTrace(const std::string& from, const std::string& to,
                                          const MutateOptions& options) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<trace::TraceReader>> reader = trace::TraceReader::Open(from);
  if (!reader.ok()) return reader.status();
  trace::Header header = (*reader)->header();
  header.observer_final.reset();  // no longer true
  absl::StatusOr<std::unique_ptr<trace::TraceWriter>> writer =
      trace::TraceWriter::Create(to, header);
  if (!writer.ok()) return writer.status();
  Mutator mutator(options, [&](const Event& event) { return (*writer)->Write(event); });
  Event event;
  for (;;) {
    const absl::StatusOr<bool> more = (*reader)->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) break;
    if (absl::Status status = mutator.Take(event); !status.ok()) return status;
  }
  absl::StatusOr<MutateSummary> summary = mutator.Finish();
  if (!summary.ok()) return summary;
  if (absl::Status status = (*writer)->Close(); !status.ok()) return status;
  return summary;
}

}  // namespace heddle::traffic

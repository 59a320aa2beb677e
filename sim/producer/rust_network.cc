#include "sim/producer/rust_network.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/runtime/runtime.h"

// The types of rust/src/lib.rs.
extern "C" {

struct HeddleRustEvent {
  uint32_t kind;
  uint64_t request;
  const char* peer;  // texts end with NUL
  const char* topic;
  const char* protocol;
  const uint8_t* data;
  size_t size;
};

// Called on the network's thread.
struct HeddleRustHooks {
  void* context;
  int64_t (*due_ns)(void* context, size_t index);
  void (*before)(void* context, size_t index);
  bool (*admit)(void* context, size_t index);
  void (*offering)(void* context, size_t index);
  void (*enter)(void* context);  // the host, which meets the faults that a campaign asks for
  void (*leave)(void* context);
  void (*answered)(void* context, size_t index, heddle_status status);
  void (*after)(void* context, size_t index);
};

void* heddle_rust_network_start(heddle_instance* instance, const HeddleRustEvent* events,
                                size_t count, HeddleRustHooks hooks);
void heddle_rust_network_join(void* thread);
}

namespace heddle::producer {
namespace {

uint32_t RustKind(trace::Kind kind) {
  switch (kind) {
    case trace::Kind::kPeerConnected:
      return 0;
    case trace::Kind::kPeerDisconnected:
      return 1;
    case trace::Kind::kGossip:
      return 2;
    case trace::Kind::kRpcResponse:
      return 3;
    case trace::Kind::kRpcEnd:
      return 4;
  }
  return UINT32_MAX;
}

class RustNetwork final : public NetworkThread {
 public:
  RustNetwork(Producer* producer, heddle_instance* instance, Pace* pace)
      : producer_(*producer), pace_(*pace) {
    for (const trace::Event* event : producer_.events()) {
      events_.push_back({.kind = RustKind(event->kind),
                         .request = event->request,
                         .peer = event->peer.c_str(),
                         .topic = event->topic.c_str(),
                         .protocol = event->protocol.c_str(),
                         .data = event->data.data(),
                         .size = event->data.size()});
    }
    const HeddleRustHooks hooks = {
        .context = this,
        .due_ns = [](void* self, size_t i) { return Of(self).pace_.DueNs(Of(self).Event(i)); },
        .before = [](void* self, size_t i) { Of(self).pace_.Before(Of(self).Event(i)); },
        .admit = [](void* self, size_t i) { return Of(self).producer_.Admit(Of(self).Event(i)); },
        .offering = [](void* self, size_t i) { Of(self).Offering(i); },
        .enter = [](void* self) { Of(self).faults_.emplace(true); },
        .leave = [](void* self) { Of(self).faults_.reset(); },
        .answered = [](void* self, size_t i,
                       heddle_status status) { Of(self).Answered(i, status); },
        .after = [](void* self, size_t i) { Of(self).pace_.After(Of(self).Event(i)); }};
    thread_ = heddle_rust_network_start(instance, events_.data(), events_.size(), hooks);
  }
  ~RustNetwork() override { heddle_rust_network_join(thread_); }

 private:
  static RustNetwork& Of(void* self) { return *static_cast<RustNetwork*>(self); }
  const trace::Event& Event(size_t index) const { return *producer_.events()[index]; }

  void Offering(size_t index) { producer_.Offering(Event(index)); }
  void Answered(size_t index, heddle_status status) { producer_.Answered(Event(index), status); }

  Producer& producer_;
  Pace& pace_;
  std::vector<HeddleRustEvent> events_;
  std::optional<sim::FaultScope> faults_;
  void* thread_ = nullptr;
};

}  // namespace

std::unique_ptr<NetworkThread> StartRustNetwork(Producer* producer, heddle_instance* instance,
                                                Pace* pace) {
  return std::make_unique<RustNetwork>(producer, instance, pace);
}

}  // namespace heddle::producer

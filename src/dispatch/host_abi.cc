// The C ABI: checks arguments, keeps the references, and passes on to Host.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "src/dispatch/host.h"
#include "src/dispatch/host_node.h"
#include "src/dispatch/include/heddle/host.h"
#include "src/node/check.h"

namespace {

using heddle::dispatch::DispatcherFactory;
using heddle::dispatch::EventChannel;
using heddle::dispatch::Host;
using heddle::node::Event;
using heddle::node::EventKind;

constexpr uint64_t kMaxPayloadBytes = uint64_t{1} << 30;
constexpr uint64_t kMaxChannelBytes = uint64_t{1} << 40;
// A tick every microsecond is more than a loop can do; a day between ticks is no clock.
constexpr uint64_t kMinTickIntervalNs = 1'000;
constexpr uint64_t kMaxTickIntervalNs = uint64_t{86'400} * 1'000'000'000;
constexpr uint64_t kMaxSignatureNs = uint64_t{3'600} * 1'000'000'000;

struct Counters {
  // Written by the network's thread, read by any: a count, which orders nothing.
  std::atomic<uint64_t> by_status[HEDDLE_SYSTEM + 1] = {};

  uint64_t Read(heddle_status status) const {
    return by_status[status].load(std::memory_order_relaxed);
  }
  void Count(heddle_status status) {
    by_status[status].store(Read(status) + 1, std::memory_order_relaxed);
  }
};

template <typename Value>
absl::Status Check(bool holds, absl::string_view field, Value value, absl::string_view expected) {
  if (holds) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, " is ", value, ", expected ", expected));
}

// The first field that is wrong.
bool IsTickOrigin(int64_t ns) { return ns >= 0; }
bool IsTickInterval(uint64_t ns) { return ns >= kMinTickIntervalNs && ns <= kMaxTickIntervalNs; }

absl::Status CheckConfig(const heddle_config& config) {
  absl::Status status = Check(config.dispatcher <= HEDDLE_DISPATCH_WORKER, "dispatcher",
                              config.dispatcher, "a HEDDLE_DISPATCH_ constant");
  status.Update(Check(config.validators != nullptr && config.validator_count > 0, "validator_count",
                      config.validator_count, "at least one validator"));
  status.Update(Check(config.tick_source <= HEDDLE_TICKS_EXTERNAL, "tick_source",
                      config.tick_source, "a HEDDLE_TICKS_ constant"));
  status.Update(Check(IsTickOrigin(config.tick_origin_ns), "tick_origin_ns", config.tick_origin_ns,
                      "a time that is not before 1970"));
  status.Update(Check(IsTickInterval(config.tick_interval_ns), "tick_interval_ns",
                      config.tick_interval_ns,
                      absl::StrCat(kMinTickIntervalNs, " to ", kMaxTickIntervalNs)));
  status.Update(Check(config.instances >= 1 && config.instances <= HEDDLE_MAX_INSTANCES,
                      "instances", config.instances, absl::StrCat("1 to ", HEDDLE_MAX_INSTANCES)));
  status.Update(
      Check(config.channel_capacity >= 1 && config.channel_capacity <= EventChannel::kMaxCapacity,
            "channel_capacity", config.channel_capacity,
            absl::StrCat("1 to ", uint32_t{EventChannel::kMaxCapacity})));
  status.Update(Check(config.channel_bytes <= kMaxChannelBytes, "channel_bytes",
                      config.channel_bytes, absl::StrCat("at most ", kMaxChannelBytes)));
  status.Update(Check(config.max_payload_bytes <= kMaxPayloadBytes, "max_payload_bytes",
                      config.max_payload_bytes, absl::StrCat("at most ", kMaxPayloadBytes)));
  status.Update(Check(config.signature_check <= HEDDLE_SIGNATURES_COST_MODEL, "signature_check",
                      config.signature_check, "a HEDDLE_SIGNATURES_ constant"));
  status.Update(Check(config.signature_cost_ns <= kMaxSignatureNs, "signature_cost_ns",
                      config.signature_cost_ns, absl::StrCat("at most ", kMaxSignatureNs)));
  return status;
}

// Without allocation: memory may be what is missing.
void Explain(heddle_error* error, absl::string_view message) {
  if (error == nullptr) return;
  const size_t size = std::min(message.size(), sizeof(error->message) - 1);
  std::memcpy(error->message, message.data(), size);
  error->message[size] = '\0';
}

heddle_status StatusOf(const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? HEDDLE_INVALID : HEDDLE_SYSTEM;
}

// Reads a string argument: false if it is NULL or too long.
bool ReadText(const char* text, size_t limit, absl::string_view* view) {
  if (text == nullptr) return false;
  const size_t size = strnlen(text, limit + 1);
  *view = absl::string_view(text, size);
  return size <= limit;
}

}  // namespace

struct heddle_instance {
  uint32_t index = 0;
  std::atomic<bool> open{false};
  std::atomic<bool> in_call{false};
  Counters counters;
  // Set while it is open.
  std::shared_ptr<Host> host;
  // Keeps this object itself: it lives in an array that belongs to the host's references.
  std::shared_ptr<heddle_instance[]> array;
};

struct heddle_host {
  std::shared_ptr<Host> host;
  std::shared_ptr<heddle_instance[]> instances;
};

namespace {

// The arguments of a callback as they are read, and its answer.
class Call {
 public:
  Call(heddle_instance* instance, EventKind kind) : instance_(instance) {
    HEDDLE_CHECK(instance != nullptr);
    // Acquire and release: two networks that take turns on one instance are ordered by it.
    const bool overlaps = instance->in_call.exchange(true, std::memory_order_acquire);
    HEDDLE_CHECK(!overlaps && "two calls for one instance at once");
    HEDDLE_CHECK(instance->host != nullptr && "the instance is closed");
    event_.kind = kind;
  }
  ~Call() { instance_->in_call.store(false, std::memory_order_release); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  Event& event() { return event_; }

  Call& Name(const char* text, size_t limit) {
    valid_ &= ReadText(text, limit, &event_.name);
    return *this;
  }
  Call& Peer(const char* text) {
    valid_ &= ReadText(text, HEDDLE_MAX_PEER_BYTES, &event_.peer);
    return *this;
  }
  Call& Payload(const uint8_t* data, size_t size) {
    valid_ &= data != nullptr || size == 0;
    event_.payload = absl::MakeConstSpan(data, size);
    return *this;
  }

  heddle_status Deliver() {
    const heddle_status status = Answer();
    instance_->counters.Count(status);
    return status;
  }

 private:
  heddle_status Answer() {
    if (!valid_) return HEDDLE_INVALID;
    if (event_.payload.size() > instance_->host->max_payload_bytes()) return HEDDLE_TOO_LARGE;
    const uint64_t sequence = instance_->counters.Read(HEDDLE_OK);
    return instance_->host->Deliver(instance_->index, sequence, event_);
  }

  heddle_instance* const instance_;
  Event event_;
  bool valid_ = true;
};

DispatcherFactory FactoryOf(uint32_t dispatcher) {
  switch (dispatcher) {
    case HEDDLE_DISPATCH_UNSYNC:
      return heddle::dispatch::MakeUnsyncDispatcher;
    case HEDDLE_DISPATCH_MUTEX:
      return heddle::dispatch::MakeMutexDispatcher;
    case HEDDLE_DISPATCH_LOCKS:
      return heddle::dispatch::MakeLocksDispatcher;
    case HEDDLE_DISPATCH_WORKER:
      return heddle::dispatch::MakeWorkerDispatcher;
    default:
      return heddle::dispatch::MakeAsyncDispatcher;
  }
}

// `factory` may be null: then it is what the configuration names.
heddle_status Create(const heddle_config* config, const DispatcherFactory& factory,
                     heddle_host** host, heddle_error* error) {
  if (config == nullptr) {
    Explain(error, "the configuration is NULL");
    return HEDDLE_INVALID;
  }
  if (config->abi_version != HEDDLE_ABI_VERSION) {
    Explain(error, absl::StrCat("abi_version is ", config->abi_version, ", expected ",
                                HEDDLE_ABI_VERSION));
    return HEDDLE_INVALID;
  }
  if (absl::Status status = CheckConfig(*config); !status.ok()) {
    Explain(error, status.message());
    return StatusOf(status);
  }
  absl::StatusOr<std::shared_ptr<Host>> created =
      Host::Create(*config, factory ? factory : FactoryOf(config->dispatcher));
  if (!created.ok()) {
    Explain(error, created.status().message());
    return StatusOf(created.status());
  }
  auto handle = std::make_unique<heddle_host>();
  handle->host = *std::move(created);
  handle->instances = std::shared_ptr<heddle_instance[]>(new heddle_instance[config->instances]);
  for (uint32_t i = 0; i < config->instances; ++i) handle->instances[i].index = i;
  *host = handle.release();
  return HEDDLE_OK;
}

heddle_status CreateOrExplain(const heddle_config* config, const DispatcherFactory& factory,
                              heddle_host** host, heddle_error* error) noexcept {
  HEDDLE_CHECK(host != nullptr);
  *host = nullptr;
  Explain(error, "");
  try {
    return Create(config, factory, host, error);
  } catch (const std::bad_alloc&) {
    Explain(error, "out of memory");
    return HEDDLE_NO_MEMORY;
  }
}

}  // namespace

namespace heddle::dispatch {

node::Node& NodeOf(heddle_host* host) { return host->host->node(); }

heddle_status CreateHost(const heddle_config& config, const DispatcherFactory& factory,
                         heddle_host** host, heddle_error* error) {
  HEDDLE_CHECK(factory != nullptr);
  return CreateOrExplain(&config, factory, host, error);
}

}  // namespace heddle::dispatch

extern "C" {

const char* heddle_status_name(heddle_status status) noexcept {
  constexpr const char* kNames[] = {"ok",        "full",      "stopped", "invalid",
                                    "too_large", "no_memory", "system"};
  const bool known = status >= 0 && status <= HEDDLE_SYSTEM;
  return known ? kNames[status] : "unknown status";
}

void heddle_config_init(heddle_config* config) noexcept {
  HEDDLE_CHECK(config != nullptr);
  *config = heddle_config{};
  config->abi_version = HEDDLE_ABI_VERSION;
  config->dispatcher = HEDDLE_DISPATCH_ASYNC;
  config->tick_source = HEDDLE_TICKS_TIMER;
  config->tick_interval_ns = 800'000'000;
  config->instances = 1;
  config->channel_capacity = 1024;
  config->signature_check = HEDDLE_SIGNATURES_STRUCTURAL;
  config->max_payload_bytes = HEDDLE_DEFAULT_MAX_PAYLOAD_BYTES;
}

heddle_status heddle_host_create(const heddle_config* config, heddle_host** host,
                                 heddle_error* error) noexcept {
  return CreateOrExplain(config, nullptr, host, error);
}

heddle_status heddle_host_start(heddle_host* host) noexcept {
  HEDDLE_CHECK(host != nullptr);
  try {
    return host->host->Start();
  } catch (const std::bad_alloc&) {
    return HEDDLE_NO_MEMORY;
  }
}

void heddle_host_stop(heddle_host* host) noexcept {
  HEDDLE_CHECK(host != nullptr);
  host->host->Stop();
}

heddle_status heddle_host_join(heddle_host* host) noexcept {
  HEDDLE_CHECK(host != nullptr);
  return host->host->Join();
}

void heddle_host_destroy(heddle_host* host) noexcept {
  if (host == nullptr) return;
  HEDDLE_CHECK(host->host->MayWait() && "a host cannot be destroyed inside its own callbacks");
  host->host->Stop();
  host->host->Join();
  delete host;
}

heddle_status heddle_host_tick(heddle_host* host, uint64_t interval) noexcept {
  HEDDLE_CHECK(host != nullptr);
  return host->host->Tick(interval);
}

heddle_status heddle_host_use_timer(heddle_host* host, int64_t tick_origin_ns,
                                    uint64_t tick_interval_ns) noexcept {
  HEDDLE_CHECK(host != nullptr);
  if (!IsTickOrigin(tick_origin_ns) || !IsTickInterval(tick_interval_ns)) return HEDDLE_INVALID;
  return host->host->UseTimer(tick_origin_ns, tick_interval_ns);
}

heddle_status heddle_host_stop_timer(heddle_host* host) noexcept {
  HEDDLE_CHECK(host != nullptr);
  return host->host->StopTimer();
}

heddle_status heddle_host_flush(heddle_host* host) noexcept {
  HEDDLE_CHECK(host != nullptr);
  return host->host->Flush();
}

heddle_status heddle_instance_open(heddle_host* host, uint32_t index,
                                   heddle_instance** instance) noexcept {
  HEDDLE_CHECK(host != nullptr && instance != nullptr);
  *instance = nullptr;
  if (index >= host->host->instances()) return HEDDLE_INVALID;
  heddle_instance* const opened = &host->instances[index];
  if (opened->open.exchange(true, std::memory_order_acquire)) return HEDDLE_INVALID;
  opened->host = host->host;
  opened->array = host->instances;
  *instance = opened;
  return HEDDLE_OK;
}

void heddle_instance_close(heddle_instance* instance) noexcept {
  if (instance == nullptr) return;
  HEDDLE_CHECK(!instance->in_call.load(std::memory_order_acquire));
  // Taken out first: they may be the last references to the host, and to the instance itself.
  const std::shared_ptr<heddle_instance[]> array = std::move(instance->array);
  const std::shared_ptr<Host> host = std::move(instance->host);
  HEDDLE_CHECK(host != nullptr && "the instance is closed");
  instance->open.store(false, std::memory_order_release);
}

void heddle_instance_read_counters(const heddle_instance* instance,
                                   heddle_instance_counters* counters) noexcept {
  HEDDLE_CHECK(instance != nullptr && counters != nullptr);
  const Counters& from = instance->counters;
  counters->taken = from.Read(HEDDLE_OK);
  counters->full = from.Read(HEDDLE_FULL);
  counters->stopped = from.Read(HEDDLE_STOPPED);
  counters->invalid = from.Read(HEDDLE_INVALID);
  counters->too_large = from.Read(HEDDLE_TOO_LARGE);
  counters->no_memory = from.Read(HEDDLE_NO_MEMORY);
  counters->wakeups = instance->host ? instance->host->Wakeups(instance->index) : 0;
}

heddle_status heddle_peer_connected(heddle_instance* instance, const char* peer,
                                    uint32_t direction) noexcept {
  Call call(instance, EventKind::kPeerConnected);
  call.event().code = direction;
  return call.Peer(peer).Deliver();
}

heddle_status heddle_peer_disconnected(heddle_instance* instance, const char* peer,
                                       uint32_t direction, uint32_t reason) noexcept {
  Call call(instance, EventKind::kPeerDisconnected);
  call.event().code = direction;
  call.event().reason = reason;
  return call.Peer(peer).Deliver();
}

heddle_status heddle_gossip(heddle_instance* instance, const char* topic, const uint8_t* payload,
                            size_t payload_size, const char* peer) noexcept {
  Call call(instance, EventKind::kGossip);
  return call.Name(topic, HEDDLE_MAX_TOPIC_BYTES)
      .Peer(peer)
      .Payload(payload, payload_size)
      .Deliver();
}

heddle_status heddle_rpc_request(heddle_instance* instance, uint64_t channel, const char* peer,
                                 const char* protocol, const uint8_t* request,
                                 size_t request_size) noexcept {
  Call call(instance, EventKind::kRpcRequest);
  call.event().number = channel;
  return call.Name(protocol, HEDDLE_MAX_PROTOCOL_BYTES)
      .Peer(peer)
      .Payload(request, request_size)
      .Deliver();
}

heddle_status heddle_rpc_response(heddle_instance* instance, uint64_t request, const char* peer,
                                  const char* protocol, const uint8_t* chunk,
                                  size_t chunk_size) noexcept {
  Call call(instance, EventKind::kRpcResponse);
  call.event().number = request;
  return call.Name(protocol, HEDDLE_MAX_PROTOCOL_BYTES)
      .Peer(peer)
      .Payload(chunk, chunk_size)
      .Deliver();
}

heddle_status heddle_rpc_end(heddle_instance* instance, uint64_t request, const char* peer,
                             const char* protocol) noexcept {
  Call call(instance, EventKind::kRpcEnd);
  call.event().number = request;
  return call.Name(protocol, HEDDLE_MAX_PROTOCOL_BYTES).Peer(peer).Deliver();
}

heddle_status heddle_rpc_error(heddle_instance* instance, uint64_t request, const char* protocol,
                               uint32_t code, const char* message) noexcept {
  Call call(instance, EventKind::kRpcError);
  call.event().number = request;
  call.event().code = code;
  call.Name(protocol, HEDDLE_MAX_PROTOCOL_BYTES);
  absl::string_view text;
  const bool readable = ReadText(message, HEDDLE_MAX_MESSAGE_BYTES, &text);
  // A text that is not readable is no payload: a size without data.
  return call
      .Payload(readable ? reinterpret_cast<const uint8_t*>(text.data()) : nullptr,
               readable ? text.size() : 1)
      .Deliver();
}

}  // extern "C"

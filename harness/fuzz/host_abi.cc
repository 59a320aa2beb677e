// The C ABI, called as a script says. The first byte chooses the dispatcher and the channel's size;
// then each call takes a byte for its kind and a few for its arguments.
#include <atomic>
#include <cstring>
#include <string>

#include "harness/fuzz/targets.h"
#include "heddle/host.h"

namespace heddle::fuzz {
namespace {

// What is left of the input.
class Script {
 public:
  explicit Script(Input input) : left_(input) {}
  bool empty() const { return left_.empty(); }
  uint8_t Byte() {
    if (left_.empty()) return 0;
    const uint8_t byte = left_.front();
    left_.remove_prefix(1);
    return byte;
  }
  Input Bytes() { return Take(size_t{Byte()} << 8 | Byte()); }
  std::string Text() {
    const Input bytes = Take(Byte());
    return {bytes.begin(), bytes.end()};
  }

 private:
  Input Take(size_t count) {
    const Input taken = left_.subspan(0, count);
    left_.remove_prefix(taken.size());
    return taken;
  }
  Input left_;
};

// What was applied, in its order.
struct Applied {
  std::atomic<uint64_t> count{0};
  std::atomic<bool> in_order{true};
};

void OnApplied(void* context, const heddle_application* application) {
  auto& applied = *static_cast<Applied*>(context);
  if (application->sequence != applied.count) applied.in_order = false;
  ++applied.count;
}

void Call(heddle_host* host, heddle_instance* instance, Script* script) {
  const uint8_t kind = script->Byte();
  const std::string peer = script->Text();
  switch (kind % 9) {
    case 0:
      heddle_peer_connected(instance, peer.c_str(), script->Byte());
      break;
    case 1:
      heddle_peer_disconnected(instance, peer.c_str(), script->Byte(), script->Byte());
      break;
    case 2: {
      const std::string topic = script->Text();
      const Input payload = script->Bytes();
      heddle_gossip(instance, topic.c_str(), payload.data(), payload.size(), peer.c_str());
      break;
    }
    case 3: {
      const std::string protocol = script->Text();
      const Input request = script->Bytes();
      heddle_rpc_request(instance, script->Byte(), peer.c_str(), protocol.c_str(), request.data(),
                         request.size());
      break;
    }
    case 4: {
      const std::string protocol = script->Text();
      const Input chunk = script->Bytes();
      heddle_rpc_response(instance, script->Byte(), peer.c_str(), protocol.c_str(), chunk.data(),
                          chunk.size());
      break;
    }
    case 5:
      heddle_rpc_end(instance, script->Byte(), peer.c_str(), script->Text().c_str());
      break;
    case 6:
      heddle_rpc_error(instance, script->Byte(), script->Text().c_str(), script->Byte(),
                       peer.c_str());
      break;
    case 7:
      heddle_host_tick(host, script->Byte());
      break;
    default:
      heddle_gossip(instance, nullptr, nullptr, script->Byte(), nullptr);
      break;
  }
}

}  // namespace

void HostAbi(Input input) {
  constexpr uint32_t kDispatchers[] = {HEDDLE_DISPATCH_MUTEX, HEDDLE_DISPATCH_ASYNC,
                                       HEDDLE_DISPATCH_LOCKS, HEDDLE_DISPATCH_WORKER};
  Script script(input);
  const uint8_t choice = script.Byte();
  heddle_validator validators[4] = {};
  for (uint8_t i = 0; i < 4; ++i) std::memset(&validators[i], i + 1, sizeof validators[i]);
  Applied applied;
  heddle_config config;
  heddle_config_init(&config);
  config.dispatcher = kDispatchers[choice % 4];
  config.genesis_time = 1;
  config.validators = validators;
  config.validator_count = 4;
  config.tick_source = HEDDLE_TICKS_EXTERNAL;
  config.channel_capacity = 1 + choice / 4;
  config.max_payload_bytes = 1 << 16;
  config.observer.context = &applied;
  config.observer.applied = OnApplied;
  heddle_host* host = nullptr;
  heddle_error error;
  Require(heddle_host_create(&config, &host, &error) == HEDDLE_OK, "a good configuration is taken");
  heddle_instance* instance = nullptr;
  Require(heddle_instance_open(host, 0, &instance) == HEDDLE_OK, "the instance opens");
  Require(heddle_host_start(host) == HEDDLE_OK, "the host starts");
  while (!script.empty()) Call(host, instance, &script);
  heddle_host_stop(host);
  Require(heddle_host_join(host) == HEDDLE_OK, "the host ends");
  heddle_instance_counters counters;
  heddle_instance_read_counters(instance, &counters);
  Require(counters.taken == applied.count, "what is taken is applied");
  Require(applied.in_order, "in the order in which it was taken");
  heddle_instance_close(instance);
  heddle_host_destroy(host);
}

}  // namespace heddle::fuzz

// A host behind its C ABI, with a recording observer, for tests.
#ifndef HEDDLE_SRC_DISPATCH_TESTING_TEST_HOST_H_
#define HEDDLE_SRC_DISPATCH_TESTING_TEST_HOST_H_

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "src/dispatch/include/heddle/host.h"
#include "src/dispatch/testing/validators.h"
#include "src/node/testing/gossip.h"

namespace heddle::dispatch {

inline constexpr char kPeer[] = "16Uiu2HAmPeer";

struct Applied {
  uint32_t instance;
  uint64_t sequence;
  uint32_t event;
  uint32_t outcome;
};

class TestHost {
 public:
  static constexpr uint64_t kValidators = 4;

  // Ticks are external unless `edit` says otherwise.
  explicit TestHost(
      uint32_t dispatcher,
      const std::function<void(heddle_config*)>& edit = [](heddle_config*) {}) {
    heddle_config_init(&config);
    config.dispatcher = dispatcher;
    config.validators = validators_.data();
    config.validator_count = validators_.size();
    config.tick_source = HEDDLE_TICKS_EXTERNAL;
    config.max_payload_bytes = 1 << 16;
    config.observer = {this, &OnApplied, &OnTicked};
    edit(&config);
    heddle_error error;
    EXPECT_EQ(heddle_host_create(&config, &host, &error), HEDDLE_OK) << error.message;
    for (uint32_t i = 0; i < config.instances; ++i) {
      EXPECT_EQ(heddle_instance_open(host, i, &instances.emplace_back()), HEDDLE_OK);
    }
  }
  ~TestHost() {
    for (heddle_instance* instance : instances) heddle_instance_close(instance);
    heddle_host_destroy(host);
  }
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  heddle_status Connect(uint32_t instance = 0) {
    return heddle_peer_connected(instances[instance], kPeer, HEDDLE_INBOUND);
  }
  heddle_status Deliver(const node::Gossip& message, uint32_t instance = 0) {
    return heddle_gossip(instances[instance], message.topic.c_str(), message.payload.data(),
                         message.payload.size(), kPeer);
  }
  heddle_instance_counters Counters(uint32_t instance = 0) const {
    heddle_instance_counters counters;
    heddle_instance_read_counters(instances[instance], &counters);
    return counters;
  }

  heddle_config config;
  heddle_host* host = nullptr;
  std::vector<heddle_instance*> instances;

  // What the observer was told; to be read when the host is quiet.
  std::vector<Applied> applied;
  std::vector<std::string> heads;
  std::vector<uint64_t> ticked;
  // Called in the observer, before it records.
  std::function<void(const heddle_application&)> on_applied;
  std::function<void(uint64_t)> on_ticked;

 private:
  static void OnApplied(void* context, const heddle_application* application) {
    auto* self = static_cast<TestHost*>(context);
    if (self->on_applied) self->on_applied(*application);
    self->applied.push_back({application->instance, application->sequence, application->event,
                             application->outcome.kind});
    self->heads.emplace_back(reinterpret_cast<const char*>(application->head), HEDDLE_ROOT_BYTES);
  }
  static void OnTicked(void* context, uint64_t interval) {
    auto* self = static_cast<TestHost*>(context);
    if (self->on_ticked) self->on_ticked(interval);
    self->ticked.push_back(interval);
  }

  std::vector<heddle_validator> validators_ = SyntheticValidators(kValidators);
};

}  // namespace heddle::dispatch

#endif  // HEDDLE_SRC_DISPATCH_TESTING_TEST_HOST_H_

// The network in Rust: a thread with a current-thread Tokio runtime (rust/src/lib.rs), which
// delivers what the simulated one does, and keeps its messages in buffers of Rust's own.
#ifndef HEDDLE_SIM_PRODUCER_RUST_NETWORK_H_
#define HEDDLE_SIM_PRODUCER_RUST_NETWORK_H_

#include <memory>

#include "sim/producer/producer.h"

namespace heddle::producer {

// `producer`, `instance` and `pace` must outlive the thread.
std::unique_ptr<NetworkThread> StartRustNetwork(Producer* producer, heddle_instance* instance,
                                                Pace* pace);

}  // namespace heddle::producer

#endif  // HEDDLE_SIM_PRODUCER_RUST_NETWORK_H_

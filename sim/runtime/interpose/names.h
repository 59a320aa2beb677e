// Names of hosts and services that the simulated machine knows (names.cc).
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_NAMES_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_NAMES_H_

#include <cstdint>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/net_address.h"

namespace heddle::sim::runtime {

// The addresses of a host: numbers, the local host's names, what /etc/hosts says.
struct HostAddresses {
  static constexpr int kMost = 8;
  NetAddress addresses[kMost];
  int count = 0;
  bool numeric = false;
};

// Of `family` (AF_UNSPEC: of both). None: there is no such host. A name that would be looked up
// outside the machine ends the execution, with a message that begins with `operation`.
HostAddresses AddressesOf(const Thread* self, const char* operation, const char* name, int family,
                          bool numeric_only);

struct Service {
  const char* name;
  uint16_t port;
  bool tcp, udp;
};
// Null: there is none.
const Service* FindService(const char* name, bool tcp, bool udp);
const Service* FindService(uint16_t port, bool tcp);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_NAMES_H_

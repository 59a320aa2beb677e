// Addresses of the simulated network: its one machine has the loopback interface and no other, with
// 127.0.0.0/8 and ::1.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_NET_ADDRESS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_NET_ADDRESS_H_

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

namespace heddle::sim::runtime {

// Of either family: an IPv4 address is the IPv6 address that maps it (::ffff:a.b.c.d, RFC 4291).
struct NetAddress {
  uint8_t host[16] = {};
  uint16_t port = 0;  // as people write it
};

inline constexpr size_t kNetAddressText = 64;
// "127.0.0.1 port 80", into `text`, which it returns.
const char* AddressText(const NetAddress& address, char (&text)[kNetAddressText]);

NetAddress AnyAddress(int family, uint16_t port);
NetAddress LoopbackAddress(int family, uint16_t port);

bool IsIpv4(const NetAddress& address);
// 0.0.0.0 or ::
bool IsAny(const NetAddress& address);
// Whether the simulated machine has it; any address does for 0.0.0.0 and ::.
bool IsLocal(const NetAddress& address);
bool SameHost(const NetAddress& a, const NetAddress& b);
bool SameAddress(const NetAddress& a, const NetAddress& b);

// What a program gave to a socket of `family`. 0, or the error that the system would return.
int ReadAddress(int family, const sockaddr* given, socklen_t length, NetAddress* address);
// Writes it as a socket of `family` shows it, cut off where it does not fit; `*length` is what it
// would need, as accept(2) says. Both may be null.
void WriteAddress(int family, const NetAddress& address, sockaddr* to, socklen_t* length);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_NET_ADDRESS_H_

#include "sim/runtime/interpose/net_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace heddle::sim::runtime {
namespace {

constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr size_t kIpv4At = sizeof kMapped;
// RFC 2133's sockaddr_in6, without the scope: the least that the system takes.
constexpr socklen_t kShortIpv6Address = 24;

void SetIpv4(NetAddress* address, const void* bytes) {
  memcpy(address->host, kMapped, sizeof kMapped);
  memcpy(address->host + kIpv4At, bytes, 4);
}

bool AllZero(const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

}  // namespace

const char* AddressText(const NetAddress& address, char (&text)[kNetAddressText]) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (IsIpv4(address)) {
    inet_ntop(AF_INET, address.host + kIpv4At, host, sizeof host);
  } else {
    inet_ntop(AF_INET6, address.host, host, sizeof host);
  }
  snprintf(text, sizeof text, "%s port %u", host, address.port);
  return text;
}

NetAddress AnyAddress(int family, uint16_t port) {
  NetAddress address;
  constexpr uint8_t kZero[4] = {};
  if (family == AF_INET) SetIpv4(&address, kZero);
  address.port = port;
  return address;
}

NetAddress LoopbackAddress(int family, uint16_t port) {
  NetAddress address = AnyAddress(family, port);
  if (family == AF_INET) address.host[kIpv4At] = 127;
  address.host[15] = 1;
  return address;
}

bool IsIpv4(const NetAddress& address) {
  return memcmp(address.host, kMapped, sizeof kMapped) == 0;
}

bool IsAny(const NetAddress& address) {
  return IsIpv4(address) ? AllZero(address.host + kIpv4At, 4)
                         : AllZero(address.host, sizeof address.host);
}

bool IsLocal(const NetAddress& address) {
  if (IsAny(address)) return true;
  if (IsIpv4(address)) return address.host[kIpv4At] == 127;
  return SameHost(address, LoopbackAddress(AF_INET6, 0));
}

bool SameHost(const NetAddress& a, const NetAddress& b) {
  return memcmp(a.host, b.host, sizeof a.host) == 0;
}

bool SameAddress(const NetAddress& a, const NetAddress& b) {
  return a.port == b.port && SameHost(a, b);
}

int ReadAddress(int family, const sockaddr* given, socklen_t length, NetAddress* address) {
  if (length < (family == AF_INET ? sizeof(sockaddr_in) : kShortIpv6Address)) return EINVAL;
  if (given == nullptr) return EFAULT;
  if (family == AF_INET) {
    const auto* ipv4 = reinterpret_cast<const sockaddr_in*>(given);
    const bool any_family = given->sa_family == AF_UNSPEC && ipv4->sin_addr.s_addr == INADDR_ANY;
    if (given->sa_family != AF_INET && !any_family) return EAFNOSUPPORT;
    SetIpv4(address, &ipv4->sin_addr);
    address->port = ntohs(ipv4->sin_port);
    return 0;
  }
  if (given->sa_family != AF_INET6) return EAFNOSUPPORT;
  const auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(given);
  memcpy(address->host, &ipv6->sin6_addr, sizeof address->host);
  address->port = ntohs(ipv6->sin6_port);
  return 0;
}

void WriteAddress(int family, const NetAddress& address, sockaddr* to, socklen_t* length) {
  if (to == nullptr || length == nullptr) return;
  if (family == AF_INET) {
    sockaddr_in ipv4 = {};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(address.port);
    memcpy(&ipv4.sin_addr, address.host + kIpv4At, 4);
    memcpy(to, &ipv4, *length < sizeof ipv4 ? *length : sizeof ipv4);
    *length = sizeof ipv4;
    return;
  }
  sockaddr_in6 ipv6 = {};
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(address.port);
  memcpy(&ipv6.sin6_addr, address.host, sizeof address.host);
  memcpy(to, &ipv6, *length < sizeof ipv6 ? *length : sizeof ipv6);
  *length = sizeof ipv6;
}

}  // namespace heddle::sim::runtime

// Names and addresses: getaddrinfo, getnameinfo, gethostbyname, gethostbyname2 and their _r forms,
// getservbyname, getservbyport, getifaddrs, and what frees their lists (POSIX.1-2017, RFC 3493,
// getifaddrs(3)).
//
// libc would read the machine's files, ask its name servers and connect sockets to sort what it
// found. Here the simulated machine answers (names.h): numbers, localhost, /etc/hosts; services
// from a table; one interface, lo. IPv4 comes before IPv6. A name that would be asked for outside
// is refused. Not modelled: scopes (fe80::1%eth0), internationalised names.
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/names.h"

HEDDLE_REAL(getaddrinfo, int, const char*, const char*, const addrinfo*, addrinfo**)
HEDDLE_REAL(getnameinfo, int, const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int)
HEDDLE_REAL(gethostbyname, hostent*, const char*)
HEDDLE_REAL(gethostbyname2, hostent*, const char*, int)
HEDDLE_REAL(gethostbyname_r, int, const char*, hostent*, char*, size_t, hostent**, int*)
HEDDLE_REAL(gethostbyname2_r, int, const char*, int, hostent*, char*, size_t, hostent**, int*)
HEDDLE_REAL(getservbyname, servent*, const char*, const char*)
HEDDLE_REAL(getservbyport, servent*, int, const char*)
HEDDLE_REAL(getifaddrs, int, ifaddrs**)
HEDDLE_REAL(freeaddrinfo, void, addrinfo*)
HEDDLE_REAL(freeifaddrs, void, ifaddrs*)

namespace heddle::sim::runtime {
namespace {

struct Kind {
  int type, protocol;
};
constexpr Kind kKinds[] = {
    {SOCK_STREAM, IPPROTO_TCP}, {SOCK_DGRAM, IPPROTO_UDP}, {SOCK_RAW, IPPROTO_IP}};

bool Wanted(const Kind& kind, const addrinfo& hints) {
  return (hints.ai_socktype == 0 || hints.ai_socktype == kind.type) &&
         (hints.ai_protocol == 0 || kind.protocol == 0 || hints.ai_protocol == kind.protocol);
}

// Which port a service has for a kind of socket. False: it has none.
bool PortFor(const char* service, const Kind& kind, uint16_t* port) {
  *port = 0;
  if (service == nullptr) return true;
  char* end = nullptr;
  const unsigned long number = strtoul(service, &end, 10);
  if (*service != 0 && *end == 0) {
    *port = static_cast<uint16_t>(number);
    return true;
  }
  const bool tcp = kind.type == SOCK_STREAM, udp = kind.type == SOCK_DGRAM;
  const Service* known = FindService(service, tcp, udp);
  if (known != nullptr) *port = known->port;
  return known != nullptr;
}

bool IsNumber(const char* text) {
  char* end = nullptr;
  strtoul(text, &end, 10);
  return *text != 0 && *end == 0;
}

// One block, as libc's: freeaddrinfo() frees it and the canonical name.
addrinfo* NewResult(const NetAddress& address, const Kind& kind, const addrinfo& hints) {
  const int family = IsIpv4(address) ? AF_INET : AF_INET6;
  auto* result = static_cast<addrinfo*>(calloc(1, sizeof(addrinfo) + sizeof(sockaddr_in6)));
  if (result == nullptr) return nullptr;
  result->ai_flags = hints.ai_flags;
  result->ai_family = family;
  result->ai_socktype = kind.type;
  result->ai_protocol = kind.protocol != 0 ? kind.protocol : hints.ai_protocol;
  result->ai_addr = reinterpret_cast<sockaddr*>(result + 1);
  socklen_t length = sizeof(sockaddr_in6);
  WriteAddress(family, address, result->ai_addr, &length);
  result->ai_addrlen = length;
  return result;
}

int CheckHints(const char* node, const char* service, const addrinfo& hints) {
  constexpr int kFlags = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_V4MAPPED | AI_ALL |
                         AI_ADDRCONFIG | AI_NUMERICSERV | AI_IDN | AI_CANONIDN;
  if (node == nullptr && service == nullptr) return EAI_NONAME;
  if ((hints.ai_flags & ~kFlags) != 0) return EAI_BADFLAGS;
  if ((hints.ai_flags & AI_CANONNAME) != 0 && node == nullptr) return EAI_BADFLAGS;
  if (hints.ai_family != AF_UNSPEC && hints.ai_family != AF_INET && hints.ai_family != AF_INET6) {
    return EAI_FAMILY;
  }
  const bool numeric_only = (hints.ai_flags & AI_NUMERICSERV) != 0;
  if (numeric_only && service != nullptr && !IsNumber(service)) return EAI_NONAME;
  bool kind = false, port = false;
  for (const Kind& each : kKinds) {
    if (!Wanted(each, hints)) continue;
    kind = true;
    uint16_t unused;
    port |= PortFor(service, each, &unused);
  }
  return !kind ? EAI_SOCKTYPE : port ? 0 : EAI_SERVICE;
}

// The addresses of `node`, or those of no node.
HostAddresses NodeAddresses(const Thread* self, const char* node, const addrinfo& hints) {
  if (node != nullptr) {
    return AddressesOf(self, "getaddrinfo of", node, hints.ai_family,
                       (hints.ai_flags & AI_NUMERICHOST) != 0);
  }
  HostAddresses found;
  const bool passive = (hints.ai_flags & AI_PASSIVE) != 0;
  const auto add = [&](int family) {
    if (hints.ai_family != AF_UNSPEC && hints.ai_family != family) return;
    found.addresses[found.count++] = passive ? AnyAddress(family, 0) : LoopbackAddress(family, 0);
  };
  // As the system sorts them.
  add(passive ? AF_INET : AF_INET6);
  add(passive ? AF_INET6 : AF_INET);
  return found;
}

// Numbers of another family than what was asked for.
int CheckFamily(const addrinfo& hints, HostAddresses* found) {
  if (!found->numeric || hints.ai_family == AF_UNSPEC) return 0;
  const bool ipv4 = IsIpv4(found->addresses[0]);
  if (ipv4 == (hints.ai_family == AF_INET)) return 0;
  return ipv4 && (hints.ai_flags & AI_V4MAPPED) != 0 ? 0 : EAI_ADDRFAMILY;
}

int Resolve(const Thread* self, const char* node, const char* service, const addrinfo& hints,
            addrinfo** results) {
  if (const int error = CheckHints(node, service, hints); error != 0) return error;
  HostAddresses found = NodeAddresses(self, node, hints);
  if (found.count == 0) return EAI_NONAME;
  if (const int error = CheckFamily(hints, &found); error != 0) return error;
  addrinfo* first = nullptr;
  addrinfo** last = &first;
  for (int i = 0; i < found.count; ++i) {
    for (const Kind& kind : kKinds) {
      uint16_t port;
      if (!Wanted(kind, hints) || !PortFor(service, kind, &port)) continue;
      found.addresses[i].port = port;
      *last = NewResult(found.addresses[i], kind, hints);
      if (*last == nullptr) return EAI_MEMORY;
      last = &(*last)->ai_next;
    }
  }
  if ((hints.ai_flags & AI_CANONNAME) != 0) first->ai_canonname = strdup(node);
  *results = first;
  return 0;
}

// --- hostent

struct HostText {
  char* addresses[HostAddresses::kMost + 1];
  char* aliases[1];
  char bytes[HostAddresses::kMost][16];
};

// 0 or an errno value; `*result` is null when there is no such host, `*error` says why.
int FindHost(const Thread* self, const char* name, int family, hostent* host, char* buffer,
             size_t size, hostent** result, int* error) {
  *result = nullptr;
  const size_t shift =
      (alignof(HostText) - reinterpret_cast<uintptr_t>(buffer)) % alignof(HostText);
  const size_t length = strlen(name) + 1;
  if (size < shift + sizeof(HostText) + length) return ERANGE;
  const HostAddresses found = AddressesOf(self, "gethostbyname of", name, family, false);
  auto* text = reinterpret_cast<HostText*>(buffer + shift);
  memset(text, 0, sizeof *text);
  char* copy = reinterpret_cast<char*>(text + 1);
  memcpy(copy, name, length);
  const bool ipv4 = family == AF_INET;
  int count = 0;
  for (int i = 0; i < found.count; ++i) {
    if (IsIpv4(found.addresses[i]) != ipv4) continue;
    memcpy(text->bytes[count], found.addresses[i].host + (ipv4 ? 12 : 0), ipv4 ? 4 : 16);
    text->addresses[count] = text->bytes[count];
    ++count;
  }
  if (count == 0) {
    *error = HOST_NOT_FOUND;
    return 0;
  }
  *host = {copy, text->aliases, family, ipv4 ? 4 : 16, text->addresses};
  *result = host;
  *error = NETDB_SUCCESS;
  return 0;
}

hostent* StaticHost(const Thread* self, const char* name, int family) {
  static constinit hostent host = {};
  static constinit char buffer[2048] = {};
  hostent* result = nullptr;
  int error = NO_RECOVERY;
  if (FindHost(self, name, family, &host, buffer, sizeof buffer, &result, &error) != 0)
    return nullptr;
  if (result == nullptr) h_errno = error;
  return result;
}

servent* StaticService(const Service* service, const char* protocol) {
  static constinit servent entry = {};
  static constinit char* no_aliases[1] = {nullptr};
  if (service == nullptr) return nullptr;
  const bool tcp = protocol != nullptr ? strcmp(protocol, "tcp") == 0 : service->tcp;
  entry = {const_cast<char*>(service->name), no_aliases, htons(service->port),
           const_cast<char*>(tcp ? "tcp" : "udp")};
  return &entry;
}

bool Is(const char* protocol, const char* name) {
  return protocol == nullptr || strcmp(protocol, name) == 0;
}

// --- getnameinfo

int Give(const char* text, char* to, socklen_t size) {
  if (to == nullptr || size == 0) return 0;
  if (strlen(text) >= size) return EAI_OVERFLOW;
  strcpy(to, text);
  return 0;
}

// --- getifaddrs: one block, as freeifaddrs() frees it

struct Interface {
  ifaddrs entry;
  sockaddr_in6 address, mask;
};
struct Interfaces {
  Interface each[2];
  char name[4];
};

void FillInterface(Interface* interface, char* name, int family) {
  interface->entry.ifa_name = name;
  interface->entry.ifa_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
  interface->entry.ifa_addr = reinterpret_cast<sockaddr*>(&interface->address);
  interface->entry.ifa_netmask = reinterpret_cast<sockaddr*>(&interface->mask);
  socklen_t length = sizeof interface->address;
  WriteAddress(family, LoopbackAddress(family, 0), interface->entry.ifa_addr, &length);
  NetAddress mask = AnyAddress(family, 0);
  const int first = family == AF_INET ? 12 : 0, end = family == AF_INET ? 13 : 16;
  for (int i = first; i < end; ++i) mask.host[i] = 0xFF;
  length = sizeof interface->mask;
  WriteAddress(family, mask, interface->entry.ifa_netmask, &length);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, getaddrinfo, const char* node, const char* service, const addrinfo* hints,
          addrinfo** results) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(getaddrinfo)(node, service, hints, results);
  IoPoint(self);
  addrinfo none = {};
  none.ai_flags = AI_V4MAPPED | AI_ADDRCONFIG;
  return CallReal(
      [&] { return Resolve(self, node, service, hints != nullptr ? *hints : none, results); });
}

INTERPOSE(int, getnameinfo, const sockaddr* address, socklen_t length, char* host,
          socklen_t host_size, char* service, socklen_t service_size, int flags) {
  Thread* self = HEDDLE_SELF;
  NetAddress known;
  const int family = address != nullptr ? address->sa_family : AF_UNSPEC;
  if (self == nullptr || !IsInternet(family) || ReadAddress(family, address, length, &known) != 0) {
    return REAL(getnameinfo)(address, length, host, host_size, service, service_size, flags);
  }
  IoPoint(self);
  const bool names = (flags & NI_NUMERICHOST) == 0 && host != nullptr;
  const bool is_local = IsLocal(known) && !IsAny(known);
  if (names && !is_local && (flags & NI_NAMEREQD) != 0) return EAI_NONAME;
  const Service* named = (flags & NI_NUMERICSERV) == 0 && service != nullptr
                             ? FindService(known.port, (flags & NI_DGRAM) == 0)
                             : nullptr;
  const int numbers = NI_NUMERICHOST | NI_NUMERICSERV | (flags & ~NI_NAMEREQD);
  const int error = CallReal([&] {
    return REAL(getnameinfo)(address, length, host, host_size, service, service_size, numbers);
  });
  if (error != 0) return error;
  if (names && is_local && Give("localhost", host, host_size) != 0) return EAI_OVERFLOW;
  return named != nullptr ? Give(named->name, service, service_size) : 0;
}

INTERPOSE(hostent*, gethostbyname, const char* name) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(gethostbyname)(name);
  IoPoint(self);
  return StaticHost(self, name, AF_INET);
}

INTERPOSE(hostent*, gethostbyname2, const char* name, int family) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(gethostbyname2)(name, family);
  IoPoint(self);
  return StaticHost(self, name, family);
}

INTERPOSE(int, gethostbyname_r, const char* name, hostent* host, char* buffer, size_t size,
          hostent** result, int* error) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(gethostbyname_r)(name, host, buffer, size, result, error);
  IoPoint(self);
  return FindHost(self, name, AF_INET, host, buffer, size, result, error);
}

INTERPOSE(int, gethostbyname2_r, const char* name, int family, hostent* host, char* buffer,
          size_t size, hostent** result, int* error) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) {
    return REAL(gethostbyname2_r)(name, family, host, buffer, size, result, error);
  }
  IoPoint(self);
  return FindHost(self, name, family, host, buffer, size, result, error);
}

INTERPOSE(servent*, getservbyname, const char* name, const char* protocol) {
  if (HEDDLE_SELF == nullptr) return REAL(getservbyname)(name, protocol);
  return StaticService(FindService(name, Is(protocol, "tcp"), Is(protocol, "udp")), protocol);
}

INTERPOSE(servent*, getservbyport, int port, const char* protocol) {
  if (HEDDLE_SELF == nullptr) return REAL(getservbyport)(port, protocol);
  const Service* service = FindService(ntohs(static_cast<uint16_t>(port)), Is(protocol, "tcp"));
  return StaticService(service, protocol);
}

INTERPOSE(int, getifaddrs, ifaddrs** list) {
  if (HEDDLE_SELF == nullptr) return REAL(getifaddrs)(list);
  auto* all = static_cast<Interfaces*>(CallReal([] { return calloc(1, sizeof(Interfaces)); }));
  if (all == nullptr) {
    errno = ENOMEM;
    return -1;
  }
  strcpy(all->name, "lo");
  FillInterface(&all->each[0], all->name, AF_INET);
  FillInterface(&all->each[1], all->name, AF_INET6);
  all->each[0].entry.ifa_next = &all->each[1].entry;
  *list = &all->each[0].entry;
  return 0;
}

// No points, as what they free was allocated without any. (libc may end in a jump to free(), which
// then looks like the program's.)
INTERPOSE(void, freeaddrinfo, addrinfo* list) {
  if (HEDDLE_SELF == nullptr) return REAL(freeaddrinfo)(list);
  CallReal([&] { REAL(freeaddrinfo)(list); });
}

INTERPOSE(void, freeifaddrs, ifaddrs* list) {
  if (HEDDLE_SELF == nullptr) return REAL(freeifaddrs)(list);
  CallReal([&] { REAL(freeifaddrs)(list); });
}

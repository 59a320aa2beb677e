// Names of hosts and services: what does not depend on the machine.
#include <netdb.h>

#include <cstring>

#include "sim/runtime/testing/conformance/network.h"

using namespace conformance;  // NOLINT: short programs

namespace {

const char* NameOfError(int error) {
  switch (error) {
    case 0:
      return "0";
    case EAI_NONAME:
      return "EAI_NONAME";
    case EAI_SERVICE:
      return "EAI_SERVICE";
    case EAI_FAMILY:
      return "EAI_FAMILY";
    case EAI_SOCKTYPE:
      return "EAI_SOCKTYPE";
    case EAI_BADFLAGS:
      return "EAI_BADFLAGS";
    case EAI_ADDRFAMILY:
      return "EAI_ADDRFAMILY";
    case EAI_OVERFLOW:
      return "EAI_OVERFLOW";
    default:
      return gai_strerror(error);
  }
}

void Lookup(const char* node, const char* service, int family, int type, int flags) {
  addrinfo hints = {};
  hints.ai_family = family;
  hints.ai_socktype = type;
  hints.ai_flags = flags;
  addrinfo* results = nullptr;
  const int error = getaddrinfo(node, service, &hints, &results);
  Print("%s %s %d %d %#x: %s", node != nullptr ? node : "-", service != nullptr ? service : "-",
        family, type, static_cast<unsigned>(flags), NameOfError(error));
  if (error != 0) return;
  for (const addrinfo* each = results; each != nullptr; each = each->ai_next) {
    Address address = {};
    std::memcpy(&address, each->ai_addr, each->ai_addrlen);
    Print("  %d %d %d %u %s %d %s", each->ai_family, each->ai_socktype, each->ai_protocol,
          each->ai_addrlen, HostOf(address).c_str(), PortOf(address),
          each->ai_canonname != nullptr ? each->ai_canonname : "");
  }
  freeaddrinfo(results);
}

void Reverse(const Address& address, int flags, socklen_t size = 64) {
  char host[64] = "", service[64] = "";
  const int error =
      getnameinfo(&address.any, SizeOf(address), host, size, service, sizeof service, flags);
  Print("%s %d %#x: %s %s %s", HostOf(address).c_str(), PortOf(address),
        static_cast<unsigned>(flags), NameOfError(error), host, service);
}

}  // namespace

SECTION(names, getaddrinfo) {
  Lookup("127.0.0.1", "80", AF_UNSPEC, SOCK_STREAM, 0);
  Lookup("127.0.0.1", "80", AF_UNSPEC, 0, 0);
  Lookup("127.1", nullptr, AF_INET, SOCK_DGRAM, 0);
  Lookup("::1", "443", AF_UNSPEC, SOCK_STREAM, AI_NUMERICHOST);
  Lookup("::1", "80", AF_INET, SOCK_STREAM, 0);
  Lookup("127.0.0.1", "80", AF_INET6, SOCK_STREAM, 0);
  Lookup("127.0.0.1", "no-such-service", AF_UNSPEC, SOCK_STREAM, 0);
  Lookup("127.0.0.1", "http", AF_UNSPEC, SOCK_STREAM, AI_NUMERICSERV);
  Lookup("localhost", "80", AF_INET, SOCK_STREAM, 0);
  Lookup("localhost", "53", AF_INET, SOCK_DGRAM, 0);
  Lookup("localhost", "80", AF_INET, SOCK_STREAM, AI_NUMERICHOST);
  Lookup("localhost", nullptr, AF_INET, SOCK_STREAM, AI_CANONNAME);
  Lookup(nullptr, "80", AF_INET, SOCK_STREAM, AI_PASSIVE);
  Lookup(nullptr, "80", AF_INET6, SOCK_STREAM, 0);
  Lookup(nullptr, nullptr, AF_UNSPEC, SOCK_STREAM, 0);
  Lookup("127.0.0.1", "80", AF_UNIX, SOCK_STREAM, 0);
  Lookup("127.0.0.1", "80", AF_UNSPEC, 77, 0);
  Lookup("127.0.0.1", "80", AF_UNSPEC, SOCK_STREAM, 0x40000000);
  Lookup(nullptr, "80", AF_UNSPEC, SOCK_STREAM, AI_CANONNAME);
}

SECTION(names, getnameinfo) {
  Reverse(Ipv4("127.0.0.1", 80), NI_NUMERICHOST | NI_NUMERICSERV);
  Reverse(Ipv6("::1", 443), NI_NUMERICHOST | NI_NUMERICSERV);
  Reverse(Ipv4("127.0.0.1", 12346), NI_NUMERICHOST);
  Reverse(Ipv4("127.0.0.1", 12345), NI_NAMEREQD);
  Reverse(Ipv4("127.0.0.1", 12345), 0);
  Reverse(Ipv4("127.0.0.1", 80), NI_NUMERICHOST, 3);
}

SECTION(names, gethostbyname) {
  for (const char* name : {"127.0.0.1", "localhost"}) {
    const hostent* host = gethostbyname(name);
    SHOW_IF(host != nullptr);
    Print("%s %d %d %s", host->h_name, host->h_addrtype, host->h_length,
          Printable(host->h_addr_list[0], 4).c_str());
  }
}

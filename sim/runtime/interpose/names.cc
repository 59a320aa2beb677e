#include "sim/runtime/interpose/names.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/syscall.h>

#include <cctype>
#include <cstring>

namespace heddle::sim::runtime {
namespace {

// Those that programs ask for; the files of machines differ (/etc/services).
constexpr Service kServices[] = {
    {"echo", 7, true, true},           {"discard", 9, true, true},   {"daytime", 13, true, true},
    {"ftp-data", 20, true, false},     {"ftp", 21, true, false},     {"ssh", 22, true, false},
    {"telnet", 23, true, false},       {"smtp", 25, true, false},    {"time", 37, true, true},
    {"domain", 53, true, true},        {"tftp", 69, false, true},    {"gopher", 70, true, false},
    {"finger", 79, true, false},       {"http", 80, true, false},    {"kerberos", 88, true, true},
    {"pop3", 110, true, false},        {"sunrpc", 111, true, true},  {"nntp", 119, true, false},
    {"ntp", 123, false, true},         {"imap2", 143, true, false},  {"snmp", 161, true, true},
    {"ldap", 389, true, true},         {"https", 443, true, true},   {"syslog", 514, false, true},
    {"imaps", 993, true, false},       {"pop3s", 995, true, false},  {"mysql", 3306, true, false},
    {"postgresql", 5432, true, false}, {"redis", 6379, true, false}, {"http-alt", 8080, true, true},
};

constexpr const char* kLocalNames[] = {"localhost", "localhost.localdomain", "ip6-localhost",
                                       "ip6-loopback", "heddle"};
constexpr const char* kHostsFile = "/etc/hosts";

void Add(HostAddresses* found, int family, const NetAddress& address) {
  if (family == AF_INET && !IsIpv4(address)) return;
  if (family == AF_INET6 && IsIpv4(address)) return;
  if (found->count < HostAddresses::kMost) found->addresses[found->count++] = address;
}

bool ReadNumber(const char* name, NetAddress* address) {
  sockaddr_in ipv4 = {};
  ipv4.sin_family = AF_INET;
  if (inet_aton(name, &ipv4.sin_addr) != 0) {
    return ReadAddress(AF_INET, reinterpret_cast<sockaddr*>(&ipv4), sizeof ipv4, address) == 0;
  }
  sockaddr_in6 ipv6 = {};
  ipv6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, name, &ipv6.sin6_addr) != 1) return false;
  return ReadAddress(AF_INET6, reinterpret_cast<sockaddr*>(&ipv6), sizeof ipv6, address) == 0;
}

bool IsLocalName(const char* name) {
  for (const char* local : kLocalNames) {
    if (strcasecmp(name, local) == 0) return true;
  }
  return false;
}

// Whether it could be a host's at all (RFC 1123): the resolver does not ask for others. What ends
// in
// ".invalid" never exists (RFC 6761).
bool MayExist(const char* name) {
  constexpr size_t kLongest = 253, kLongestLabel = 63;
  size_t label = 0, length = 0;
  for (const char* at = name; *at != 0; ++at, ++length) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    if (isalnum(byte) == 0 && byte != '-' && byte != '_') return false;
    if (++label > kLongestLabel) return false;
  }
  if (length > 0 && name[length - 1] == '.') --length;  // the root's
  constexpr char kInvalid[] = ".invalid";
  constexpr size_t kInvalidLength = sizeof kInvalid - 1;
  const bool invalid = length >= kInvalidLength &&
                       strncasecmp(name + length - kInvalidLength, kInvalid, kInvalidLength) == 0;
  return length > 0 && length <= kLongest && !invalid && strcasecmp(name, "invalid") != 0;
}

// The words of a line, one after the other; null at its end. Changes the text.
char* NextWord(char** text) {
  char* at = *text;
  while (*at == ' ' || *at == '\t') ++at;
  if (*at == 0 || *at == '#') return nullptr;
  char* word = at;
  while (*at != 0 && *at != ' ' && *at != '\t' && *at != '#') ++at;
  if (*at == '#') {
    *at = 0;
  } else if (*at != 0) {
    *at++ = 0;
  }
  *text = at;
  return word;
}

void ReadHostsLine(char* line, const char* name, int family, HostAddresses* found) {
  const char* number = NextWord(&line);
  NetAddress address;
  if (number == nullptr || !ReadNumber(number, &address)) return;
  while (const char* word = NextWord(&line)) {
    if (strcasecmp(word, name) == 0) Add(found, family, address);
  }
}

// The first 64 KiB of it: these files have a few lines.
void ReadHosts(const char* name, int family, HostAddresses* found) {
  static constinit char text[65536];
  const long file =
      RawSyscall(SYS_open, reinterpret_cast<long>(kHostsFile), O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return;
  const long size = RawSyscall(SYS_read, file, reinterpret_cast<long>(text), sizeof text - 1);
  RawSyscall(SYS_close, file);
  text[size > 0 ? size : 0] = 0;
  for (char* line = text; line != nullptr;) {
    char* end = strchr(line, '\n');
    if (end != nullptr) *end++ = 0;
    ReadHostsLine(line, name, family, found);
    line = end;
  }
}

}  // namespace

HostAddresses AddressesOf(const Thread* self, const char* operation, const char* name, int family,
                          bool numeric_only) {
  HostAddresses found;
  NetAddress number;
  if (ReadNumber(name, &number)) {
    found.numeric = true;
    Add(&found, AF_UNSPEC, number);
    return found;
  }
  if (numeric_only || !MayExist(name)) return found;
  if (IsLocalName(name)) {
    Add(&found, family, LoopbackAddress(AF_INET, 0));
    Add(&found, family, LoopbackAddress(AF_INET6, 0));
    return found;
  }
  ReadHosts(name, family, &found);
  if (found.count > 0) {
    NoteRealValue(self, kHostsFile);
    return found;
  }
  Fail(FailureKind::kUnmodelled,
       "%s \"%.100s\" would ask outside the machine, and the answer cannot be replayed: name "
       "localhost, an address in numbers, or a host of %s",
       operation, name, kHostsFile);
}

const Service* FindService(const char* name, bool tcp, bool udp) {
  for (const Service& service : kServices) {
    if (strcmp(service.name, name) == 0 && ((tcp && service.tcp) || (udp && service.udp))) {
      return &service;
    }
  }
  return nullptr;
}

const Service* FindService(uint16_t port, bool tcp) {
  for (const Service& service : kServices) {
    if (service.port == port && (tcp ? service.tcp : service.udp)) return &service;
  }
  return nullptr;
}

}  // namespace heddle::sim::runtime

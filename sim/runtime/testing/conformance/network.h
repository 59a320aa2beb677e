// What the groups about internet sockets share.
#ifndef HEDDLE_SIM_RUNTIME_TESTING_CONFORMANCE_NETWORK_H_
#define HEDDLE_SIM_RUNTIME_TESTING_CONFORMANCE_NETWORK_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include "sim/runtime/testing/conformance/conformance.h"

namespace conformance {

union Address {
  sockaddr any;
  sockaddr_in ipv4;
  sockaddr_in6 ipv6;
};

inline Address Ipv4(const char* host, uint16_t port) {
  Address address = {};
  address.ipv4.sin_family = AF_INET;
  address.ipv4.sin_port = htons(port);
  inet_pton(AF_INET, host, &address.ipv4.sin_addr);
  return address;
}

inline Address Ipv6(const char* host, uint16_t port) {
  Address address = {};
  address.ipv6.sin6_family = AF_INET6;
  address.ipv6.sin6_port = htons(port);
  inet_pton(AF_INET6, host, &address.ipv6.sin6_addr);
  return address;
}

inline socklen_t SizeOf(const Address& address) {
  return address.any.sa_family == AF_INET ? sizeof address.ipv4 : sizeof address.ipv6;
}

inline uint16_t PortOf(const Address& address) {
  return ntohs(address.any.sa_family == AF_INET ? address.ipv4.sin_port : address.ipv6.sin6_port);
}

inline std::string HostOf(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &address.ipv4.sin_addr, text, sizeof text);
  } else {
    inet_ntop(AF_INET6, &address.ipv6.sin6_addr, text, sizeof text);
  }
  return text;
}

inline Address NameOf(int socket) {
  Address address = {};
  socklen_t length = sizeof address;
  getsockname(socket, &address.any, &length);
  return address;
}

inline Address PeerOf(int socket) {
  Address address = {};
  socklen_t length = sizeof address;
  getpeername(socket, &address.any, &length);
  return address;
}

inline int ErrorOf(int socket) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

// A socket that listens at `host`, at a port of the system's.
inline int Listener(const Address& host, int backlog) {
  const int listener = socket(host.any.sa_family, SOCK_STREAM, 0);
  if (bind(listener, &host.any, SizeOf(host)) != 0 || listen(listener, backlog) != 0) return -1;
  return listener;
}

// Which of `events` (POLLHUP and POLLERR always) come within seconds.
inline void PrintEvents(const char* name, int descriptor, short events) {
  pollfd entry = {descriptor, events, 0};
  poll(&entry, 1, 5000);
  std::string text;
  const auto add = [&](short event, const char* event_name) {
    if ((entry.revents & event) != 0) text += event_name;
  };
  add(POLLIN, " in");
  add(POLLOUT, " out");
  add(POLLRDHUP, " rdhup");
  add(POLLHUP, " hup");
  add(POLLERR, " err");
  add(POLLNVAL, " invalid");
  Print("%s:%s", name, text.c_str());
}

// A connection: two ends.
struct Connection {
  int client = -1, server = -1;

  explicit Connection(const Address& host = Ipv4("127.0.0.1", 0)) {
    const int listener = Listener(host, 1);
    const Address address = NameOf(listener);
    client = socket(host.any.sa_family, SOCK_STREAM, 0);
    if (connect(client, &address.any, SizeOf(address)) == 0) {
      server = accept(listener, nullptr, nullptr);
    }
    close(listener);
  }
};

}  // namespace conformance

#endif  // HEDDLE_SIM_RUNTIME_TESTING_CONFORMANCE_NETWORK_H_

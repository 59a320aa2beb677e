// TCP over the loopback.
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "sim/runtime/testing/conformance/network.h"

using namespace conformance;  // NOLINT: short programs

namespace {

void SetTimeout(int socket, int option, long microseconds) {
  const timeval timeout = {microseconds / 1'000'000, microseconds % 1'000'000};
  setsockopt(socket, SOL_SOCKET, option, &timeout, sizeof timeout);
}

}  // namespace

// Two listeners share a port; what comes from one port goes to one of them.
SECTION(tcp, reuse_port) {
  const int on = 1;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const int first = socket(AF_INET, SOCK_STREAM, 0);
  const int second = socket(AF_INET, SOCK_STREAM, 0);
  const int third = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(setsockopt(first, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on));
  SHOW(setsockopt(second, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on));
  SHOW(bind(first, reinterpret_cast<sockaddr*>(&address), length));
  SHOW(getsockname(first, reinterpret_cast<sockaddr*>(&address), &length));
  SHOW(listen(first, 64));
  SHOW(bind(second, reinterpret_cast<sockaddr*>(&address), length));
  SHOW(bind(third, reinterpret_cast<sockaddr*>(&address), length));
  SHOW(listen(second, 64));
  std::vector<int> clients;
  for (int i = 0; i < 60; ++i) {
    clients.push_back(socket(AF_INET, SOCK_STREAM, 0));
    if (connect(clients.back(), reinterpret_cast<sockaddr*>(&address), length) != 0) {
      Print("connect fails");
    }
  }
  int accepted[2] = {};
  for (const int listener : {first, second}) {
    fcntl(listener, F_SETFL, O_NONBLOCK);
    for (int next; (next = accept(listener, nullptr, nullptr)) >= 0; close(next)) {
      ++accepted[listener == first ? 0 : 1];
    }
  }
  SHOW_IF(accepted[0] > 0 && accepted[1] > 0 && accepted[0] + accepted[1] == 60);
  for (const int client : clients) close(client);
  SHOW(close(first));
  SHOW(close(second));
  SHOW(close(third));
}

SECTION(tcp, socket) {
  SHOW(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  SHOW(socket(AF_INET, 99, 0));
  SHOW(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
  const int plain = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  SHOW_IF(plain >= 0);
  SHOW_IF((fcntl(plain, F_GETFL) & O_NONBLOCK) != 0);
  SHOW(fcntl(plain, F_GETFD));
  int value = 0;
  socklen_t length = sizeof value;
  for (const int option :
       {SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ERROR, SO_ACCEPTCONN, SO_REUSEADDR, SO_KEEPALIVE}) {
    SHOW(getsockopt(plain, SOL_SOCKET, option, &value, &length));
    Print("option %d: %d", option, value);
  }
  char byte = 0;
  std::signal(SIGPIPE, SIG_IGN);
  SHOW(recv(plain, &byte, 1, 0));
  SHOW(send(plain, &byte, 1, 0));
  SHOW(send(plain, &byte, 1, MSG_NOSIGNAL));
  SHOW(read(plain, &byte, 1));
  SHOW(accept(plain, nullptr, nullptr));
  SHOW(shutdown(plain, SHUT_WR));
  SHOW(getpeername(plain, nullptr, nullptr));
  Print("name %s %d", HostOf(NameOf(plain)).c_str(), PortOf(NameOf(plain)));
  SHOW(close(plain));
  SHOW(send(plain, &byte, 1, 0));
}

SECTION(tcp, bind) {
  const Address any = Ipv4("127.0.0.1", 0);
  const int first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(bind(first, &any.any, sizeof any.ipv4));
  const Address name = NameOf(first);
  SHOW_IF(PortOf(name) != 0);
  SHOW(bind(first, &any.any, sizeof any.ipv4));
  SHOW(bind(second, &name.any, sizeof name.ipv4));
  const Address elsewhere = Ipv4("127.0.0.9", PortOf(name));
  SHOW(bind(second, &elsewhere.any, sizeof elsewhere.ipv4));
  SHOW(bind(second, nullptr, 0));
  const int third = socket(AF_INET, SOCK_STREAM, 0);
  const Address foreign = Ipv4("192.0.2.1", 0), ipv6 = Ipv6("::1", 0);
  SHOW(bind(third, &foreign.any, sizeof foreign.ipv4));
  SHOW(bind(third, &ipv6.any, sizeof ipv6.ipv6));
  SHOW(bind(third, &any.any, 4));
  SHOW(listen(first, 1));
  int on = 1;
  SHOW(setsockopt(third, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  SHOW(bind(third, &name.any, sizeof name.ipv4));
  SHOW(close(first));
  SHOW(bind(third, &name.any, sizeof name.ipv4));
  SHOW(listen(third, 1));
  SHOW(listen(third, 5));
  SHOW(close(second));
  SHOW(close(third));
}

SECTION(tcp, names) {
  for (const char* host : {"127.0.0.1", "0.0.0.0", "::1", "::"}) {
    const bool v6 = std::strchr(host, ':') != nullptr;
    const int listener = Listener(v6 ? Ipv6(host, 0) : Ipv4(host, 0), 2);
    const uint16_t port = PortOf(NameOf(listener));
    const int client = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    const Address to = v6 ? Ipv6("::1", port) : Ipv4("127.0.0.1", port);
    SHOW(connect(client, &to.any, SizeOf(to)));
    Address from = {};
    socklen_t length = sizeof from;
    const int server = accept(listener, &from.any, &length);
    Print("%s: length %u from %s", host, length, HostOf(from).c_str());
    SHOW_IF(PortOf(from) == PortOf(NameOf(client)));
    SHOW_IF(PortOf(PeerOf(client)) == port);
    SHOW_IF(PortOf(NameOf(server)) == port);
    Print("%s %s %s %s", HostOf(NameOf(client)).c_str(), HostOf(PeerOf(client)).c_str(),
          HostOf(NameOf(server)).c_str(), HostOf(PeerOf(server)).c_str());
    SHOW(connect(client, &to.any, SizeOf(to)));
    SHOW(listen(client, 1));
    close(client), close(server), close(listener);
  }
}

SECTION(tcp, dual_stack) {
  const int listener = Listener(Ipv6("::", 0), 2);
  const uint16_t port = PortOf(NameOf(listener));
  const Address to = Ipv4("127.0.0.1", port);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(connect(client, &to.any, SizeOf(to)));
  Address from = {};
  socklen_t length = sizeof from;
  const int server = accept(listener, &from.any, &length);
  Print("from %s at %s", HostOf(from).c_str(), HostOf(NameOf(server)).c_str());
  const int mapped = socket(AF_INET6, SOCK_STREAM, 0);
  const Address mapped_to = Ipv6("::ffff:127.0.0.1", port);
  SHOW(connect(mapped, &mapped_to.any, SizeOf(mapped_to)));
  Print("%s %s", HostOf(NameOf(mapped)).c_str(), HostOf(PeerOf(mapped)).c_str());
  close(client), close(server), close(mapped), close(listener);
  const int only = socket(AF_INET6, SOCK_STREAM, 0);
  int on = 1;
  SHOW(setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  const Address host = Ipv6("::", 0);
  SHOW(bind(only, &host.any, SizeOf(host)));
  SHOW(listen(only, 1));
  const Address only_to = Ipv4("127.0.0.1", PortOf(NameOf(only)));
  const int refused = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(connect(refused, &only_to.any, SizeOf(only_to)));
  close(refused), close(only);
}

SECTION(tcp, connect) {
  const int listener = Listener(Ipv4("127.0.0.1", 0), 5);
  const Address to = NameOf(listener);
  const Address nobody = Ipv4("127.0.0.1", 1), ipv6 = Ipv6("::1", 1);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(connect(client, &nobody.any, SizeOf(nobody)));
  SHOW(connect(client, &ipv6.any, SizeOf(ipv6)));
  SHOW(connect(client, &to.any, 4));
  SHOW(connect(client, &to.any, SizeOf(to)));
  SHOW(connect(client, &to.any, SizeOf(to)));
  close(client);
  const int later = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  SHOW(connect(later, &to.any, SizeOf(to)));
  PrintEvents("connected", later, POLLIN | POLLOUT);
  Print("error %d", ErrorOf(later));
  SHOW(connect(later, &to.any, SizeOf(to)));
  SHOW(connect(later, &to.any, SizeOf(to)));
  close(later);
  const int refused = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  SHOW(connect(refused, &nobody.any, SizeOf(nobody)));
  PrintEvents("refused", refused, POLLIN | POLLOUT | POLLRDHUP);
  Print("error %d %d", ErrorOf(refused), ErrorOf(refused));
  close(refused);
  const int asked = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  SHOW(connect(asked, &nobody.any, SizeOf(nobody)));
  PrintEvents("refused", asked, POLLOUT);
  SHOW(connect(asked, &nobody.any, SizeOf(nobody)));
  SHOW(connect(asked, &to.any, SizeOf(to)));
  PrintEvents("connected", asked, POLLOUT);
  char byte = 0;
  const int read = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  SHOW(connect(read, &nobody.any, SizeOf(nobody)));
  PrintEvents("refused", read, POLLOUT);
  SHOW(recv(read, &byte, 1, 0));
  SHOW(recv(read, &byte, 1, 0));
  close(asked), close(read), close(listener);
}

// With a backlog of n the system completes n + 1 connections.
SECTION(tcp, backlog) {
  const int listener = Listener(Ipv4("127.0.0.1", 0), 1);
  const Address to = NameOf(listener);
  int clients[4];
  for (int& client : clients) {
    client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    SHOW(connect(client, &to.any, SizeOf(to)));
  }
  pollfd entries[4];
  for (int i = 0; i < 4; ++i) entries[i] = {clients[i], POLLOUT, 0};
  SHOW(poll(entries, 4, 0));
  for (const pollfd& entry : entries) Print("%d", entry.revents);
  PrintEvents("listener", listener, POLLIN | POLLOUT);
  SHOW(connect(clients[3], &to.any, SizeOf(to)));
  const int first = accept(listener, nullptr, nullptr);
  SHOW_IF(PortOf(PeerOf(first)) == PortOf(NameOf(clients[0])));
  SHOW(close(clients[3]));
  close(first);
  const int second = accept(listener, nullptr, nullptr);
  SHOW_IF(PortOf(PeerOf(second)) == PortOf(NameOf(clients[1])));
  PrintEvents("third", clients[2], POLLOUT);
  Print("error %d", ErrorOf(clients[2]));
  const int third = accept(listener, nullptr, nullptr);
  SHOW_IF(PortOf(PeerOf(third)) == PortOf(NameOf(clients[2])));
  SHOW(fcntl(listener, F_SETFL, O_NONBLOCK));
  SHOW(accept(listener, nullptr, nullptr));
  for (const int client : {clients[0], clients[1], clients[2], second, third, listener})
    close(client);
}

SECTION(tcp, listener_closed) {
  const int listener = Listener(Ipv4("127.0.0.1", 0), 1);
  const Address to = NameOf(listener);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  SHOW(connect(client, &to.any, SizeOf(to)));
  SHOW(close(listener));
  PrintEvents("reset", client, POLLIN | POLLOUT | POLLRDHUP);
  char byte = 0;
  SHOW(recv(client, &byte, 1, 0));
  SHOW(recv(client, &byte, 1, 0));
  close(client);
}

SECTION(tcp, data) {
  const Connection pair;
  char text[32] = {};
  SHOW(recv(pair.client, text, sizeof text, MSG_DONTWAIT));
  SHOW(send(pair.server, "hello", 5, 0));
  PrintEvents("readable", pair.client, POLLIN | POLLOUT);
  int there = 0;
  SHOW(ioctl(pair.client, FIONREAD, &there));
  Print("there %d", there);
  SHOW(recv(pair.client, text, 2, MSG_PEEK));
  SHOW(recv(pair.client, text, 2, 0));
  Address from = {};
  socklen_t length = sizeof from;
  SHOW(recvfrom(pair.client, text, sizeof text, 0, &from.any, &length));
  Print("length %u, %s", length, Printable(text, 3).c_str());
  const Address ignored = Ipv4("127.0.0.1", 9);
  SHOW(sendto(pair.client, "abc", 3, 0, &ignored.any, SizeOf(ignored)));
  SHOW(write(pair.client, "def", 3));
  iovec vectors[2] = {{text, 2}, {text + 2, 4}};
  SHOW(recv(pair.server, text, 6, MSG_WAITALL));
  Print("%s", Printable(text, 6).c_str());
  SHOW(writev(pair.server, vectors, 2));
  msghdr message = {};
  message.msg_iov = vectors;
  message.msg_iovlen = 2;
  message.msg_name = &from;
  message.msg_namelen = sizeof from;
  SHOW(recvmsg(pair.client, &message, MSG_WAITALL));
  Print("flags %#x, length %u", static_cast<unsigned>(message.msg_flags), message.msg_namelen);
  SHOW(sendmsg(pair.client, &message, 0));
  SHOW(readv(pair.server, vectors, 2));
  SetTimeout(pair.client, SO_RCVTIMEO, 20'000);
  SHOW(recv(pair.client, text, 1, 0));
  SHOW(send(pair.server, "xy", 2, 0));
  SHOW(recv(pair.client, text, 8, MSG_WAITALL));
  close(pair.client), close(pair.server);
}

SECTION(tcp, bulk) {
  const Connection pair(Ipv6("::1", 0));
  constexpr size_t kSize = 3'000'000;
  std::thread writer([&] {
    std::vector<char> data(kSize, 'x');
    SHOW(send(pair.client, data.data(), data.size(), 0));
    close(pair.client);
  });
  std::vector<char> data(kSize + 10);
  SHOW(recv(pair.server, data.data(), data.size(), MSG_WAITALL));
  writer.join();
  SHOW(recv(pair.server, data.data(), data.size(), 0));
  close(pair.server);
}

// However small the pieces: they are a stream.
SECTION(tcp, small_pieces) {
  const Connection pair;
  int sent = 0;
  for (; sent < 3000; ++sent) {
    if (send(pair.client, "0123456789", 10, MSG_DONTWAIT) != 10) break;
  }
  Print("sent %d", sent);
  std::vector<char> data(30'000);
  SHOW(recv(pair.server, data.data(), data.size(), MSG_WAITALL));
  close(pair.client), close(pair.server);
}

SECTION(tcp, shutdown) {
  std::signal(SIGPIPE, SIG_IGN);
  const Connection pair;
  char byte = 'x';
  SHOW(send(pair.client, "ab", 2, 0));
  SHOW(shutdown(pair.client, SHUT_WR));
  SHOW(send(pair.client, &byte, 1, 0));
  SHOW(recv(pair.server, &byte, 1, 0));
  PrintEvents("server", pair.server, POLLIN | POLLOUT | POLLRDHUP);
  SHOW(recv(pair.server, &byte, 1, 0));
  SHOW(recv(pair.server, &byte, 1, 0));
  SHOW(send(pair.server, "cd", 2, 0));
  SHOW(recv(pair.client, &byte, 1, 0));
  PrintEvents("client", pair.client, POLLIN | POLLOUT | POLLRDHUP);
  SHOW(shutdown(pair.server, SHUT_WR));
  SHOW(recv(pair.client, &byte, 1, 0));
  SHOW(recv(pair.client, &byte, 1, 0));
  PrintEvents("client", pair.client, POLLIN | POLLOUT | POLLRDHUP);
  PrintEvents("server", pair.server, POLLIN | POLLOUT | POLLRDHUP);
  SHOW(shutdown(pair.client, 7));
  close(pair.client), close(pair.server);
  const Connection deaf;
  SHOW(shutdown(deaf.client, SHUT_RD));
  SHOW(recv(deaf.client, &byte, 1, 0));
  SHOW(send(deaf.server, &byte, 1, 0));
  SHOW(send(deaf.server, &byte, 1, 0));
  PrintEvents("deaf", deaf.client, POLLOUT | POLLRDHUP);
  close(deaf.client), close(deaf.server);
}

SECTION(tcp, close) {
  std::signal(SIGPIPE, SIG_IGN);
  char byte = 'x';
  {
    const Connection pair;
    SHOW(send(pair.server, "ab", 2, 0));
    SHOW(close(pair.server));
    PrintEvents("client", pair.client, POLLIN | POLLOUT | POLLRDHUP);
    SHOW(recv(pair.client, &byte, 1, 0));
    SHOW(send(pair.client, &byte, 1, 0));  // nobody is there: the answer is a reset
    PrintEvents("client", pair.client, POLLIN | POLLOUT | POLLRDHUP);
    SHOW(send(pair.client, &byte, 1, 0));
    SHOW(send(pair.client, &byte, 1, 0));
    SHOW(recv(pair.client, &byte, 1, 0));
    SHOW(recv(pair.client, &byte, 1, 0));
    close(pair.client);
  }
  {  // with something unread
    const Connection pair;
    SHOW(send(pair.client, "abc", 3, 0));
    PrintEvents("server", pair.server, POLLIN);
    SHOW(close(pair.server));
    PrintEvents("client", pair.client, POLLIN | POLLOUT | POLLRDHUP);
    Print("error %d %d", ErrorOf(pair.client), ErrorOf(pair.client));
    SHOW(recv(pair.client, &byte, 1, 0));
    SHOW(send(pair.client, &byte, 1, 0));
    close(pair.client);
  }
  {
    const Connection pair;
    SHOW(send(pair.client, "abc", 3, 0));
    SHOW(close(pair.server));
    SHOW(recv(pair.client, &byte, 1, 0));
    SHOW(recv(pair.client, &byte, 1, 0));
    close(pair.client);
  }
  {
    const Connection pair;
    SHOW(close(pair.server));
    SHOW(recv(pair.client, &byte, 1, 0));
    SHOW(close(pair.client));
  }
  {  // a duplicate keeps it open
    const Connection pair;
    const int copy = dup(pair.server);
    SHOW(close(pair.server));
    SHOW(recv(pair.client, &byte, 1, MSG_DONTWAIT));
    SHOW(send(copy, &byte, 1, 0));
    SHOW(recv(pair.client, &byte, 1, 0));
    SHOW(close(copy));
    SHOW(recv(pair.client, &byte, 1, 0));
    close(pair.client);
  }
}

SECTION(tcp, linger) {
  const Connection pair;
  const linger now = {1, 0};
  SHOW(setsockopt(pair.server, SOL_SOCKET, SO_LINGER, &now, sizeof now));
  SHOW(send(pair.server, "ab", 2, 0));
  SHOW(close(pair.server));
  PrintEvents("client", pair.client, POLLIN | POLLOUT | POLLRDHUP);
  char byte = 0;
  SHOW(recv(pair.client, &byte, 1, 0));
  SHOW(recv(pair.client, &byte, 1, 0));
  SHOW(recv(pair.client, &byte, 1, 0));
  SHOW(recv(pair.client, &byte, 1, 0));
  close(pair.client);
}

SECTION(tcp, options) {
  const Connection pair;
  int value = 1;
  socklen_t length = sizeof value;
  SHOW(setsockopt(pair.client, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value));
  SHOW(setsockopt(pair.client, IPPROTO_TCP, TCP_KEEPIDLE, &value, 1));
  SHOW(setsockopt(pair.client, IPPROTO_TCP, 12345, &value, sizeof value));
  value = 60;
  SHOW(setsockopt(pair.client, IPPROTO_TCP, TCP_KEEPIDLE, &value, sizeof value));
  for (const int option : {TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_CORK}) {
    SHOW(getsockopt(pair.client, IPPROTO_TCP, option, &value, &length));
    Print("option %d: %d", option, value);
  }
  SHOW(getsockopt(pair.server, IPPROTO_TCP, TCP_NODELAY, &value, &length));
  Print("nodelay of the other end %d", value);
  value = 1;
  SHOW(setsockopt(pair.client, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value));
  SHOW(getsockopt(pair.client, SOL_SOCKET, SO_KEEPALIVE, &value, &length));
  Print("keepalive %d", value);
  SHOW(getsockopt(pair.client, SOL_SOCKET, SO_REUSEPORT, &value, &length));
  SHOW(setsockopt(pair.client, SOL_SOCKET, SO_REUSEPORT, &value, sizeof value));
  close(pair.client), close(pair.server);
}

SECTION(tcp, blocking) {
  const int listener = Listener(Ipv4("127.0.0.1", 0), 0);
  const Address to = NameOf(listener);
  std::thread clients[3];
  int done[3] = {};
  for (int i = 0; i < 3; ++i) {
    clients[i] = std::thread([&, i] {
      const int mine = socket(AF_INET, SOCK_STREAM, 0);
      char byte = 0;
      if (connect(mine, &to.any, SizeOf(to)) == 0) done[i] |= 1;
      if (send(mine, "q", 1, 0) == 1) done[i] |= 2;
      if (recv(mine, &byte, 1, 0) == 1 && byte == 'q') done[i] |= 4;
      close(mine);
    });
  }
  for (int i = 0; i < 3; ++i) {
    const int server = accept(listener, nullptr, nullptr);
    char byte = 0;
    SHOW(recv(server, &byte, 1, 0));
    SHOW(send(server, &byte, 1, 0));
    close(server);
  }
  for (std::thread& client : clients) client.join();
  Print("done %d %d %d", done[0], done[1], done[2]);
  SetTimeout(listener, SO_RCVTIMEO, 10'000);
  SHOW(accept(listener, nullptr, nullptr));
  close(listener);
}

SECTION(tcp, epoll) {
  const int listener = Listener(Ipv4("127.0.0.1", 0), 8);
  const Address to = NameOf(listener);
  const int epoll = epoll_create1(0);
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLET;
  event.data.u32 = 100;
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event));
  int clients[3], servers[3];
  epoll_event got[8];
  for (uint32_t i = 0; i < 3; ++i) {
    clients[i] = socket(AF_INET, SOCK_STREAM, 0);
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.u32 = i;
    SHOW(connect(clients[i], &to.any, SizeOf(to)));
    SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i], &event));
  }
  SHOW(epoll_wait(epoll, got, 8, 1000));
  Print("%u %#x", got[0].data.u32, got[0].events);
  SHOW(epoll_wait(epoll, got, 8, 0));
  for (int& server : servers) server = accept(listener, nullptr, nullptr);
  for (const int i : {2, 0, 1}) SHOW(send(servers[i], "x", 1, 0));
  SHOW(epoll_wait(epoll, got, 8, 1000));
  for (int i = 0; i < 3; ++i) Print("%u %#x", got[i].data.u32, got[i].events);
  close(servers[1]);
  for (int i = 0; i < 3; ++i) {
    char byte;
    SHOW(recv(clients[i], &byte, 1, 0));
  }
  SHOW(epoll_wait(epoll, got, 8, 1000));
  Print("%u %#x", got[0].data.u32, got[0].events);
  for (const int each :
       {clients[0], clients[1], clients[2], servers[0], servers[2], listener, epoll}) {
    close(each);
  }
}

SECTION(tcp, sendfile) {
  const Connection pair;
  char path[] = "/tmp/conformance-XXXXXX";
  const int file = mkstemp(path);
  unlink(path);
  SHOW(write(file, "0123456789", 10));
  off_t offset = 2;
  SHOW(sendfile(pair.client, file, &offset, 5));
  Print("offset %ld", static_cast<long>(offset));
  SHOW(sendfile(pair.client, file, &offset, 100));
  SHOW(sendfile(pair.client, file, &offset, 100));
  char text[16] = {};
  SHOW(recv(pair.server, text, 8, MSG_WAITALL));
  Print("%s", Printable(text, 8).c_str());
  int ends[2];
  SHOW(pipe(ends));
  SHOW(send(pair.client, "spliced", 7, 0));
  SHOW(splice(pair.server, nullptr, ends[1], nullptr, 100, 0));
  SHOW(fcntl(pair.server, F_SETFL, O_NONBLOCK));
  SHOW(splice(pair.server, nullptr, ends[1], nullptr, 100, 0));
  int other[2];
  SHOW(pipe(other));
  SHOW(tee(ends[0], other[1], 100, 0));
  SHOW(splice(ends[0], nullptr, pair.server, nullptr, 3, 0));
  SHOW(recv(pair.client, text, 8, 0));
  SHOW(read(other[0], text, 16));
  Print("%s", Printable(text, 7).c_str());
  iovec vector = {text, 3};
  SHOW(vmsplice(other[1], &vector, 1, 0));
  SHOW(read(other[0], text, 16));
  SHOW(splice(file, nullptr, pair.server, nullptr, 3, 0));
  for (const int each : {pair.client, pair.server, file, ends[0], ends[1], other[0], other[1]}) {
    close(each);
  }
}

SECTION(tcp, unix_backlog) {
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  SHOW(bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof name.sun_family));
  socklen_t length = sizeof name;
  getsockname(listener, reinterpret_cast<sockaddr*>(&name), &length);
  SHOW(listen(listener, 0));
  const auto open = [&](int flags) { return socket(AF_UNIX, SOCK_STREAM | flags, 0); };
  const int first = open(0), second = open(SOCK_NONBLOCK), third = open(0);
  SHOW(connect(first, reinterpret_cast<sockaddr*>(&name), length));
  SHOW(connect(second, reinterpret_cast<sockaddr*>(&name), length));
  std::thread waits([&] { SHOW(connect(third, reinterpret_cast<sockaddr*>(&name), length)); });
  const int one = accept(listener, nullptr, nullptr);
  waits.join();
  const int two = accept(listener, nullptr, nullptr);
  for (const int each : {first, second, third, one, two, listener}) close(each);
}

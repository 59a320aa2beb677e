// UDP over the loopback.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

#include "sim/runtime/testing/conformance/network.h"

using namespace conformance;  // NOLINT: short programs

namespace {

int Receiver(const Address& host) {
  const int receiver = socket(host.any.sa_family, SOCK_DGRAM, 0);
  return bind(receiver, &host.any, SizeOf(host)) == 0 ? receiver : -1;
}

}  // namespace

SECTION(udp, datagrams) {
  for (const char* host : {"127.0.0.1", "::1"}) {
    const bool v6 = std::strchr(host, ':') != nullptr;
    const int receiver = Receiver(v6 ? Ipv6(host, 0) : Ipv4(host, 0));
    const Address to = NameOf(receiver);
    const int sender = socket(to.any.sa_family, SOCK_DGRAM, 0);
    char text[32] = {};
    SHOW(recv(receiver, text, sizeof text, MSG_DONTWAIT));
    SHOW(send(sender, "x", 1, 0));
    SHOW(sendto(sender, "hello", 5, 0, &to.any, SizeOf(to)));
    SHOW(sendto(sender, "", 0, 0, &to.any, SizeOf(to)));
    SHOW(sendto(sender, "longer", 6, 0, &to.any, SizeOf(to)));
    SHOW(sendto(sender, "last", 4, 0, &to.any, SizeOf(to)));
    PrintEvents("receiver", receiver, POLLIN | POLLOUT);
    int there = 0;
    SHOW(ioctl(receiver, FIONREAD, &there));
    Print("there %d", there);
    Address from = {};
    socklen_t length = sizeof from;
    SHOW(recvfrom(receiver, text, sizeof text, MSG_PEEK, &from.any, &length));
    SHOW(recvfrom(receiver, text, sizeof text, 0, &from.any, &length));
    Print("from %s, %u, %s", HostOf(from).c_str(), length, Printable(text, 5).c_str());
    SHOW_IF(PortOf(from) == PortOf(NameOf(sender)));
    Print("sender at %s", HostOf(NameOf(sender)).c_str());
    SHOW(read(receiver, text, sizeof text));
    iovec vector = {text, 3};
    msghdr message = {};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    SHOW(recvmsg(receiver, &message, 0));
    Print("flags %#x", static_cast<unsigned>(message.msg_flags));
    SHOW(recv(receiver, text, 2, MSG_TRUNC));
    std::vector<char> much(70'000);
    SHOW(sendto(sender, much.data(), much.size(), 0, &to.any, SizeOf(to)));
    SHOW(sendto(sender, "x", 1, 0, &to.any, 3));
    SHOW(listen(receiver, 1));
    SHOW(accept(receiver, nullptr, nullptr));
    SHOW(shutdown(receiver, SHUT_RDWR));
    close(sender), close(receiver);
  }
}

// The program's limit of descriptors is for its own.
SECTION(udp, many_sockets) {
  constexpr size_t kSockets = 1300;
  rlimit before = {}, limit = {};
  getrlimit(RLIMIT_NOFILE, &before);
  if (before.rlim_max < 4 * kSockets) return;
  limit = {kSockets + 100, before.rlim_max};
  SHOW(setrlimit(RLIMIT_NOFILE, &limit));
  std::vector<int> sockets;
  for (size_t i = 0; i < kSockets; ++i) {
    const int one = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const Address host = Ipv4("127.0.0.1", 0);
    if (one < 0 || bind(one, &host.any, SizeOf(host)) != 0) break;
    sockets.push_back(one);
  }
  Print("%zu sockets", sockets.size());
  for (const int one : sockets) close(one);
  SHOW(setrlimit(RLIMIT_NOFILE, &before));
}

SECTION(udp, connected) {
  const int receiver = Receiver(Ipv4("127.0.0.1", 0)), stranger = Receiver(Ipv4("127.0.0.1", 0));
  const Address to = NameOf(receiver);
  const int sender = socket(AF_INET, SOCK_DGRAM, 0);
  SHOW(connect(sender, &to.any, SizeOf(to)));
  Print("%s to %s", HostOf(NameOf(sender)).c_str(), HostOf(PeerOf(sender)).c_str());
  const Address back = NameOf(sender);
  SHOW(send(sender, "ab", 2, 0));
  SHOW(write(sender, "cde", 3));
  char text[32] = {};
  SHOW(recv(receiver, text, sizeof text, 0));
  SHOW(recv(receiver, text, sizeof text, 0));
  SHOW(sendto(stranger, "no", 2, 0, &back.any, SizeOf(back)));
  SHOW(recv(sender, text, sizeof text, MSG_DONTWAIT));
  SHOW(sendto(receiver, "yes", 3, 0, &back.any, SizeOf(back)));
  SHOW(recv(sender, text, sizeof text, 0));
  SHOW(close(receiver));
  SHOW(send(sender, "x", 1, 0));
  SHOW(recv(sender, text, sizeof text, 0));
  SHOW(recv(sender, text, sizeof text, MSG_DONTWAIT));
  SHOW(send(sender, "x", 1, 0));
  SHOW(send(sender, "x", 1, 0));
  SHOW(send(sender, "x", 1, 0));
  Print("error %d %d", ErrorOf(sender), ErrorOf(sender));
  sockaddr nobody = {};
  nobody.sa_family = AF_UNSPEC;
  SHOW(connect(sender, &nobody, sizeof nobody));
  SHOW(send(sender, "x", 1, 0));
  SHOW(getpeername(sender, &nobody, nullptr));
  const int closed = socket(AF_INET, SOCK_DGRAM, 0);
  SHOW(sendto(closed, "x", 1, 0, &to.any, SizeOf(to)));
  SHOW(recv(closed, text, sizeof text, MSG_DONTWAIT));
  for (const int each : {sender, stranger, closed}) close(each);
}

SECTION(udp, bind) {
  const int first = Receiver(Ipv4("0.0.0.0", 0));
  const Address name = NameOf(first);
  const int second = socket(AF_INET, SOCK_DGRAM, 0);
  SHOW(bind(second, &name.any, SizeOf(name)));
  SHOW(close(first));
  SHOW(bind(second, &name.any, SizeOf(name)));
  close(second);
  const int any = Receiver(Ipv6("::", 0));
  const Address to = Ipv4("127.0.0.1", PortOf(NameOf(any)));
  const int sender = socket(AF_INET, SOCK_DGRAM, 0);
  SHOW(sendto(sender, "x", 1, 0, &to.any, SizeOf(to)));
  char text[8];
  Address from = {};
  socklen_t length = sizeof from;
  SHOW(recvfrom(any, text, sizeof text, 0, &from.any, &length));
  Print("from %s", HostOf(from).c_str());
  close(any), close(sender);
}

SECTION(udp, many) {
  const int receiver = Receiver(Ipv4("127.0.0.1", 0));
  const Address to = NameOf(receiver);
  const int sender = socket(AF_INET, SOCK_DGRAM, 0);
  SHOW(connect(sender, &to.any, SizeOf(to)));
  char texts[4][8] = {"a", "bb", "ccc", "dddd"};
  iovec vectors[4];
  mmsghdr messages[4] = {};
  for (size_t i = 0; i < 4; ++i) {
    vectors[i] = {texts[i], i + 1};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  SHOW(sendmmsg(sender, messages, 4, 0));
  Print("%u %u", messages[0].msg_len, messages[3].msg_len);
  SHOW(recvmmsg(receiver, messages, 2, 0, nullptr));
  SHOW(recvmmsg(receiver, messages, 4, MSG_WAITFORONE, nullptr));
  Print("%u %u", messages[0].msg_len, messages[1].msg_len);
  SHOW(recvmmsg(receiver, messages, 4, MSG_DONTWAIT, nullptr));
  SHOW(sendmmsg(sender, messages, 0, 0));
  const timespec wrong = {0, 2'000'000'000};
  SHOW(recvmmsg(receiver, messages, 4, MSG_DONTWAIT, const_cast<timespec*>(&wrong)));
  for (int i = 0; i < 100; ++i) send(sender, "0123456789", 10, 0);
  int got = 0;
  char text[16];
  while (recv(receiver, text, sizeof text, MSG_DONTWAIT) == 10) ++got;
  Print("got %d", got);
  close(sender), close(receiver);
}

SECTION(udp, blocking) {
  const int receiver = Receiver(Ipv4("127.0.0.1", 0));
  const Address to = NameOf(receiver);
  std::thread sender([&] {
    const int mine = socket(AF_INET, SOCK_DGRAM, 0);
    SHOW(sendto(mine, "hi", 2, 0, &to.any, SizeOf(to)));
    close(mine);
  });
  sender.join();
  char text[8];
  SHOW(recv(receiver, text, sizeof text, 0));
  const timeval timeout = {0, 10'000};
  SHOW(setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));
  SHOW(recv(receiver, text, sizeof text, 0));
  close(receiver);
}

// What a UDP socket hears of datagrams that nobody receives: ip(7) and ipv6(7), IP_RECVERR.
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <cstring>
#include <ctime>
// After <ctime>, whose types it uses.
#include <linux/errqueue.h>

#include "sim/runtime/testing/conformance/network.h"

using namespace conformance;  // NOLINT: short programs

namespace {

constexpr short kAllEvents = POLLIN | POLLOUT | POLLPRI | POLLRDHUP;

// What poll says now; PrintEvents() would wait for it.
void PrintNow(const char* name, int socket) {
  pollfd entry = {socket, kAllEvents, 0};
  poll(&entry, 1, 0);
  Print("%s:%s%s%s%s", name, (entry.revents & POLLIN) != 0 ? " in" : "",
        (entry.revents & POLLOUT) != 0 ? " out" : "", (entry.revents & POLLERR) != 0 ? " err" : "",
        (entry.revents & POLLPRI) != 0 ? " pri" : "");
}

void PrintControl(const cmsghdr& control) {
  sock_extended_err error = {};
  std::memcpy(&error, CMSG_DATA(&control), sizeof error);
  Print("  control %d %d of %zu: %u origin %u type %u code %u info %u data %u", control.cmsg_level,
        control.cmsg_type, static_cast<size_t>(control.cmsg_len), error.ee_errno, error.ee_origin,
        error.ee_type, error.ee_code, error.ee_info, error.ee_data);
  Address offender = {};
  const size_t size = control.cmsg_len - CMSG_LEN(0) - sizeof error;
  std::memcpy(&offender, CMSG_DATA(&control) + sizeof error, size);
  Print("  offender %s %d", HostOf(offender).c_str(), PortOf(offender));
}

// Takes one error off the queue.
void PrintError(int socket, size_t room, size_t control_room, uint16_t port) {
  char text[700] = {};
  alignas(cmsghdr) char control[256] = {};
  Address to = {};
  iovec vector = {text, room};
  msghdr message = {};
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = control_room;
  SHOW(recvmsg(socket, &message, MSG_ERRQUEUE));
  if (errno != 0) return;
  Print("  '%.8s' to %s, that port: %d, name of %u, flags %#x, %zu bytes of control", text,
        HostOf(to).c_str(), PortOf(to) == port, message.msg_namelen,
        static_cast<unsigned>(message.msg_flags), static_cast<size_t>(message.msg_controllen));
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr;
       each = CMSG_NXTHDR(&message, each)) {
    PrintControl(*each);
  }
}

// A port that nobody has.
Address Nobody(const char* host) {
  const bool v6 = std::strchr(host, ':') != nullptr;
  const Address any = v6 ? Ipv6(host, 0) : Ipv4(host, 0);
  const int socket = ::socket(any.any.sa_family, SOCK_DGRAM, 0);
  bind(socket, &any.any, SizeOf(any));
  const Address name = NameOf(socket);
  close(socket);
  return name;
}

int Asks(int family, int on = 1) {
  const int one = socket(family, SOCK_DGRAM, 0);
  SHOW(family == AF_INET ? setsockopt(one, IPPROTO_IP, IP_RECVERR, &on, sizeof on)
                         : setsockopt(one, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on));
  return one;
}

}  // namespace

// A connected socket is told without asking.
SECTION(udp_errors, connected) {
  const Address nobody = Nobody("127.0.0.1");
  const int one = socket(AF_INET, SOCK_DGRAM, 0);
  SHOW(connect(one, &nobody.any, SizeOf(nobody)));
  PrintNow("connected", one);
  SHOW(send(one, "x", 1, 0));
  PrintNow("refused", one);
  PrintError(one, 100, 256, 0);
  PrintNow("not queued", one);
  char byte = 0;
  SHOW(recv(one, &byte, 1, MSG_PEEK));
  PrintNow("told", one);
  SHOW(recv(one, &byte, 1, MSG_DONTWAIT));
  SHOW(send(one, "x", 1, 0));
  SHOW(send(one, "x", 1, 0));
  PrintNow("told by send", one);
  SHOW(send(one, "x", 1, 0));
  Print("error %d", ErrorOf(one));
  PrintNow("asked", one);
  close(one);
}

// The error comes before what has been received, and takes none of it away.
SECTION(udp_errors, beside_datagrams) {
  const Address nobody = Nobody("127.0.0.1");
  const int one = Asks(AF_INET), other = socket(AF_INET, SOCK_DGRAM, 0);
  const Address host = Ipv4("127.0.0.1", 0);
  SHOW(bind(one, &host.any, SizeOf(host)));
  const Address name = NameOf(one);
  SHOW(sendto(other, "abc", 3, 0, &name.any, SizeOf(name)));
  SHOW(sendto(one, "lost", 4, 0, &nobody.any, SizeOf(nobody)));
  PrintNow("both", one);
  int there = 0;
  SHOW(ioctl(one, FIONREAD, &there));
  Print("there %d", there);
  PrintNow("both", one);
  char text[8] = {};
  SHOW(recv(one, text, sizeof text, 0));
  PrintNow("queued", one);
  SHOW(recv(one, text, sizeof text, 0));
  PrintError(one, 100, 256, PortOf(nobody));
  PrintNow("nothing", one);
  PrintError(one, 100, 256, PortOf(nobody));
  close(one), close(other);
}

// One that is not connected hears of it when it asks.
SECTION(udp_errors, queue) {
  for (const char* host : {"127.0.0.1", "127.0.0.5", "::1"}) {
    const Address nobody = Nobody(host);
    const int one = Asks(nobody.any.sa_family);
    PrintError(one, 100, 256, 0);
    SHOW(sendto(one, "first", 5, 0, &nobody.any, SizeOf(nobody)));
    PrintNow("refused", one);
    SHOW(sendto(one, "kept back", 9, 0, &nobody.any, SizeOf(nobody)));
    SHOW(sendto(one, "second", 6, 0, &nobody.any, SizeOf(nobody)));
    Print("error %d", ErrorOf(one));
    PrintNow("asked", one);
    PrintError(one, 100, 256, PortOf(nobody));
    PrintNow("one left", one);
    char byte = 0;
    SHOW(recv(one, &byte, 1, MSG_DONTWAIT));
    PrintError(one, 3, 0, PortOf(nobody));
    PrintNow("nothing", one);
    SHOW(recv(one, &byte, 1, MSG_DONTWAIT));
    PrintError(one, 100, 256, PortOf(nobody));
    close(one);
  }
}

SECTION(udp_errors, plain) {
  const Address nobody = Nobody("127.0.0.1");
  const int one = socket(AF_INET, SOCK_DGRAM, 0);
  SHOW(sendto(one, "x", 1, 0, &nobody.any, SizeOf(nobody)));
  PrintNow("nothing", one);
  PrintError(one, 100, 256, 0);
  int on = 1;
  SHOW(setsockopt(one, IPPROTO_IP, IP_RECVERR, &on, sizeof on));
  SHOW(sendto(one, "x", 1, 0, &nobody.any, SizeOf(nobody)));
  on = 0;
  SHOW(setsockopt(one, IPPROTO_IP, IP_RECVERR, &on, sizeof on));
  PrintNow("off", one);
  PrintError(one, 100, 256, 0);
  Print("error %d", ErrorOf(one));
  PrintNow("nothing", one);
  close(one);
}

SECTION(udp_errors, epoll) {
  const Address nobody = Nobody("127.0.0.1");
  const int one = Asks(AF_INET), epoll = epoll_create1(0);
  epoll_event event = {};
  event.events = EPOLLIN;
  SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, one, &event));
  SHOW(epoll_wait(epoll, &event, 1, 0));
  SHOW(sendto(one, "x", 1, 0, &nobody.any, SizeOf(nobody)));
  SHOW(epoll_wait(epoll, &event, 1, 5000));
  Print("events %#x", event.events);
  char byte = 0;
  SHOW(recv(one, &byte, 1, 0));
  SHOW(epoll_wait(epoll, &event, 1, 5000));
  Print("events %#x", event.events);
  PrintError(one, 100, 256, PortOf(nobody));
  SHOW(epoll_wait(epoll, &event, 1, 0));
  close(one), close(epoll);
}

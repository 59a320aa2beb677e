#include "sim/runtime/interpose/net_table.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/net_errors.h"
#include "sim/runtime/interpose/resource_limits.h"

HEDDLE_REAL(socket, int, int, int, int)

namespace heddle::sim::runtime {
constinit NetSocket net_table[kMaxNetSockets];
constinit uint32_t net_table_end = 0;
constinit uint32_t net_sockets = 0;

namespace {

// The ports that Linux hands out (ip_local_port_range), from the first on.
constexpr uint16_t kFirstPort = 32768;
constexpr uint16_t kLastPort = 60999;
constinit uint16_t next_port = kFirstPort;

constinit uint64_t network_ends = 0;  // how many there are

// The size of a socket's buffer, whatever the machine's default is. (Linux doubles it.)
constexpr int kBufferBytes = 212'992;

uint64_t FileOf(int descriptor) {
  struct stat status;
  if (RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(&status)) != 0) return 0;
  return S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

void SetBuffers(int descriptor) {
  for (const int option : {SO_SNDBUF, SO_RCVBUF}) {
    RawSyscall(SYS_setsockopt, descriptor, SOL_SOCKET, option,
               reinterpret_cast<long>(&kBufferBytes), sizeof kBufferBytes);
  }
}

// Where the ends of the network begin. Far behind the numbers of programs with thousands of
// sockets, so that both have room below the system's limit, which is not the program's own. (Forks
// copy the whole table: no farther.)
int FirstNetworkEnd() {
  constexpr rlim_t kFar = 16'384;
  rlimit limit = {};
  RawSyscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, reinterpret_cast<long>(&limit));
  return static_cast<int>(
      std::clamp<rlim_t>(limit.rlim_max / 2, rlim_t{kFirstHiddenDescriptor}, kFar));
}

// A duplicate that the program does not see, in place of `descriptor`; -1 with errno.
int Hide(int descriptor) {
  const long hidden = RawSyscall(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, FirstNetworkEnd());
  RawSyscall(SYS_close, descriptor);
  if (hidden >= 0) return static_cast<int>(hidden);
  errno = static_cast<int>(-hidden);
  return -1;
}

// Descriptors that a search looks at.
int DescriptorLimit() {
  constexpr rlim_t kMost = 65536;
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(limit.rlim_cur < kMost ? limit.rlim_cur : kMost);
}

// Sockets whose connection is over have no end of the network's that could tell that the program
// has closed them.
void FreeForgotten() {
  bool open[kMaxNetSockets] = {};
  for (int descriptor = 0, end = DescriptorLimit(); descriptor < end; ++descriptor) {
    const NetSocket* socket = FindNetSocket(descriptor);
    if (socket != nullptr) open[socket - net_table] = true;
  }
  for (uint32_t i = 0; i < kMaxNetSockets; ++i) {
    if (!open[i] && net_table[i].network < 0) FreeNetSocket(&net_table[i]);
  }
}

// Whether two sockets cannot both receive what comes to a port: one is at any address, or both at
// the same.
bool Overlap(const NetSocket& a, const NetAddress& host, bool ipv6_only) {
  const bool a_ipv4 = IsIpv4(a.local), b_ipv4 = IsIpv4(host);
  const bool a_any = IsAny(a.local), b_any = IsAny(host);
  if (a_ipv4 == b_ipv4) return a_any || b_any || SameHost(a.local, host);
  // One is IPv6; at its "any" it receives IPv4 as well, unless it said otherwise.
  return a_ipv4 ? b_any && !ipv6_only : a_any && !a.ipv6_only;
}

// How well a socket's own address fits one that is named: 0 not at all.
int Fit(const NetSocket& socket, const NetAddress& address) {
  if (!socket.bound || socket.local.port != address.port) return 0;
  if (SameHost(socket.local, address)) return 3;
  if (!IsAny(socket.local)) return 0;
  if (IsIpv4(socket.local) == IsIpv4(address)) return 2;
  return !IsIpv4(socket.local) && !socket.ipv6_only ? 1 : 0;
}

// Of the sockets that share `first`'s address (SO_REUSEPORT), the one that what comes from a port
// goes to.
NetSocket* OneThatShares(NetSocket* first, uint16_t from) {
  if (!first->reuse_port) return first;
  const auto shares = [&](const NetSocket& socket) {
    return socket.state == first->state && socket.stream == first->stream && socket.bound &&
           socket.reuse_port && !socket.closed && !socket.has_peer &&
           SameAddress(socket.local, first->local);
  };
  int count = 0;
  for (const NetSocket& socket : NetTable()) count += shares(socket) ? 1 : 0;
  int left = from % count;
  for (NetSocket& socket : NetTable()) {
    if (shares(socket) && left-- == 0) return &socket;
  }
  return first;
}

}  // namespace

NetSocket* FindNetSocket(int descriptor) {
  const uint64_t file = FileOf(descriptor);
  if (file == 0) return nullptr;
  for (NetSocket& socket : NetTable()) {
    if (socket.state != NetState::kFree && socket.file == file) {
      socket.descriptor = descriptor;
      return &socket;
    }
  }
  return nullptr;
}

void ResetNetwork() { next_port = kFirstPort; }

bool IsNetworkEnd(int descriptor) {
  if (descriptor < kFirstHiddenDescriptor || network_ends == 0) return false;
  for (const NetSocket& socket : NetTable()) {
    if (socket.state != NetState::kFree && socket.network == descriptor) return true;
  }
  return false;
}

NetSocket* NewNetSocket(int family, bool stream) {
  if (net_sockets == kMaxNetSockets) FreeForgotten();
  for (NetSocket& socket : net_table) {
    if (socket.state != NetState::kFree) continue;
    socket = NetSocket{};
    socket.state = NetState::kOpen;
    socket.stream = stream;
    socket.family = family;
    socket.local = AnyAddress(family, 0);
    ++net_sockets;
    if (&socket == net_table + net_table_end) ++net_table_end;
    return &socket;
  }
  Fail(FailureKind::kLimit, "more than %u internet sockets", kMaxNetSockets);
}

void FreeNetSocket(NetSocket* socket) {
  KERNEL_CHECK(socket->state != NetState::kFree, "a socket is freed once");
  if (net_queued_errors != 0) ForgetErrors(socket);
  CloseNetworkEnd(socket);
  if (socket->other != nullptr) socket->other->other = nullptr;
  *socket = NetSocket{};
  --net_sockets;
}

int MakePair(NetSocket* socket) {
  const OwnDescriptorScope scope;
  int ends[2];
  // Messages keep their boundaries. (Both ends of SOCK_SEQPACKET see that the other is closed.)
  const int messages = PollsAsLinux() ? SOCK_DGRAM : SOCK_SEQPACKET;
  const int type = socket->stream ? SOCK_STREAM : messages;
  const long error =
      RawSyscall(SYS_socketpair, AF_UNIX, type | SOCK_CLOEXEC, 0, reinterpret_cast<long>(ends));
  if (error != 0) {
    errno = static_cast<int>(-error);
    return -1;
  }
  SetBuffers(ends[0]);
  SetBuffers(ends[1]);
  if (type == SOCK_DGRAM) NameProgramEnd(ends[0]);
  socket->file = FileOf(ends[0]);
  socket->network = Hide(ends[1]);
  const int end = Hide(ends[0]);
  if (socket->network >= 0) ++network_ends;
  if (end < 0 || socket->network < 0) return -1;
  return end;
}

int MakeUnconnected(NetSocket* socket) {
  const OwnDescriptorScope scope;
  const long made = RawSyscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) {
    errno = static_cast<int>(-made);
    return -1;
  }
  const auto end = static_cast<int>(made);
  SetBuffers(end);
  socket->file = FileOf(end);
  return Hide(end);
}

// By the name that the system gives to a socket that listens; nobody else knows it.
void ConnectToNetwork(NetSocket* socket, int descriptor) {
  if (socket->network >= 0) return;
  const OwnDescriptorScope scope;
  const long listener = RawSyscall(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  socklen_t length = sizeof name;
  const long address = reinterpret_cast<long>(&name);
  RawSyscall(SYS_bind, listener, address, sizeof name.sun_family);
  RawSyscall(SYS_getsockname, listener, address, reinterpret_cast<long>(&length));
  RawSyscall(SYS_listen, listener, 1);
  RawSyscall(SYS_connect, descriptor, address, length);
  const long accepted = RawSyscall(SYS_accept4, listener, 0, 0, SOCK_CLOEXEC);
  if (listener >= 0) RawSyscall(SYS_close, listener);
  socket->network = accepted >= 0 ? Hide(static_cast<int>(accepted)) : -1;
  if (socket->network < 0) Fail(FailureKind::kLimit, "no descriptors left for a connection");
  SetBuffers(socket->network);
  ++network_ends;
}

int HandOut(NetSocket* socket, int hidden, int flags) {
  // ThreadSanitizer learns of a socket of this number: all that goes through sockets is ordered.
  const int descriptor = REAL(socket)(AF_UNIX, SOCK_STREAM | (flags & SOCK_CLOEXEC), 0);
  if (descriptor >= 0) {
    RawSyscall(SYS_dup3, hidden, descriptor, (flags & SOCK_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    const long mode = (flags & SOCK_NONBLOCK) != 0 ? O_RDWR | O_NONBLOCK : O_RDWR;
    RawSyscall(SYS_fcntl, descriptor, F_SETFL, mode);
    socket->descriptor = descriptor;
    RawSyscall(SYS_close, hidden);
  }
  return descriptor;
}

int DescriptorOf(NetSocket* socket) {
  if (socket->descriptor >= 0 && FileOf(socket->descriptor) == socket->file) {
    return socket->descriptor;
  }
  // Most numbers stand for nothing; poll() tells which, of many at a time.
  constexpr int kAtOnce = 256;
  for (int first = 0, end = DescriptorLimit(); first < end; first += kAtOnce) {
    pollfd entries[kAtOnce];
    const int count = std::min(kAtOnce, end - first);
    for (int i = 0; i < count; ++i) entries[i] = {first + i, 0, 0};
    RawSyscall(SYS_poll, reinterpret_cast<long>(entries), count, 0);
    for (int i = 0; i < count; ++i) {
      if ((entries[i].revents & POLLNVAL) != 0 || FileOf(first + i) != socket->file) continue;
      socket->descriptor = first + i;
      return first + i;
    }
  }
  return -1;
}

void CloseNetworkEnd(NetSocket* socket) {
  if (socket->network < 0) return;
  RawSyscall(SYS_close, socket->network);
  socket->network = -1;
  KERNEL_CHECK(network_ends > 0, "the ends of the network are counted");
  --network_ends;
}

short EventsOf(int descriptor, short events) {
  pollfd entry = {descriptor, events, 0};
  RawSyscall(SYS_poll, reinterpret_cast<long>(&entry), 1, 0);
  return entry.revents;
}

bool AddressInUse(const NetSocket* socket, const NetAddress& address) {
  for (const NetSocket& other : NetTable()) {
    if (&other == socket || other.state == NetState::kFree || !other.bound || other.closed ||
        other.stream != socket->stream || other.local.port != address.port ||
        !Overlap(other, address, socket->ipv6_only)) {
      continue;
    }
    if (socket->reuse_port && other.reuse_port) continue;
    if (!socket->reuse || !other.reuse || other.state == NetState::kListening) return true;
  }
  return false;
}

int BindAnyPort(NetSocket* socket) {
  if (socket->local.port != 0) return 0;
  NetAddress address = socket->local;
  for (int i = 0; i <= kLastPort - kFirstPort; ++i) {
    address.port = next_port;
    next_port = next_port == kLastPort ? kFirstPort : static_cast<uint16_t>(next_port + 1);
    if (AddressInUse(socket, address)) continue;
    socket->local = address;
    socket->bound = true;
    return 0;
  }
  return EADDRINUSE;
}

NetSocket* FindListener(const NetAddress& address, const NetAddress& from) {
  NetSocket* best = nullptr;
  int best_fit = 0;
  for (NetSocket& socket : NetTable()) {
    if (socket.state != NetState::kListening) continue;
    const int fit = Fit(socket, address);
    if (fit > best_fit) {
      best = &socket;
      best_fit = fit;
    }
  }
  return best != nullptr ? OneThatShares(best, from.port) : nullptr;
}

NetSocket* FindReceiver(const NetAddress& address, const NetAddress& from) {
  NetSocket* best = nullptr;
  int best_fit = 0;
  for (NetSocket& socket : NetTable()) {
    if (socket.state == NetState::kFree || socket.stream || socket.closed) continue;
    int fit = Fit(socket, address);
    if (fit > 0 && socket.has_peer) fit = SameAddress(socket.peer, from) ? fit + 3 : 0;
    if (fit > best_fit) {
      best = &socket;
      best_fit = fit;
    }
  }
  return best != nullptr && !best->has_peer ? OneThatShares(best, from.port) : best;
}

void RefuseAddress(const char* operation, const NetAddress& address) {
  char text[kNetAddressText];
  Fail(FailureKind::kUnmodelled,
       "%s %s would leave the machine, and what comes from there cannot be replayed: let the other "
       "side be a thread of the program, at 127.0.0.1 or ::1",
       operation, AddressText(address, text));
}

}  // namespace heddle::sim::runtime

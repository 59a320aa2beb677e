// Making, naming and setting internet sockets: net.h.
//
// The real system judges options of TCP, IP and IPv6: each is set on a fresh real socket, which is
// closed again, and kept here.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "sim/runtime/core/report.h"
#include "sim/runtime/interpose/net.h"
#include "sim/runtime/interpose/net_errors.h"
#include "sim/runtime/interpose/net_table.h"

namespace heddle::sim::runtime {
namespace {

// A real socket of the kind, for questions; -1 where the machine has none.
class Probe {
 public:
  explicit Probe(const NetSocket& socket)
      : descriptor_(RawSyscall(SYS_socket, socket.family,
                               (socket.stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0)) {}
  ~Probe() {
    if (descriptor_ >= 0) RawSyscall(SYS_close, descriptor_);
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  long Get(int level, int name, void* value, socklen_t* length) const {
    return RawSyscall(SYS_getsockopt, descriptor_, level, name, reinterpret_cast<long>(value),
                      reinterpret_cast<long>(length));
  }
  long Set(int level, int name, const void* value, socklen_t length) const {
    return RawSyscall(SYS_setsockopt, descriptor_, level, name, reinterpret_cast<long>(value),
                      length);
  }

 private:
  long descriptor_;
};

NetOption* FindOption(NetSocket* socket, int level, int name) {
  for (int i = 0; i < socket->option_count; ++i) {
    if (socket->options[i].level == level && socket->options[i].name == name) {
      return &socket->options[i];
    }
  }
  return nullptr;
}

void Keep(NetSocket* socket, int level, int name, int value) {
  NetOption* option = FindOption(socket, level, name);
  if (option == nullptr) {
    if (socket->option_count == kMaxNetOptions) return;  // the rest is as it was
    option = &socket->options[socket->option_count++];
  }
  *option = {level, name, value};
}

// Why there is no internet socket of a kind and a protocol.
int WhyNot(int kind) {
  switch (kind) {
    case SOCK_RAW:
      return EPERM;
    case SOCK_STREAM:
    case SOCK_DGRAM:
      return EPROTONOSUPPORT;
    case SOCK_RDM:
    case SOCK_SEQPACKET:
    case SOCK_DCCP:
      return ESOCKTNOSUPPORT;
    default:
      return EINVAL;
  }
}

int GiveNumber(int number, void* value, socklen_t* length) {
  if (*length > sizeof number) *length = sizeof number;
  memcpy(value, &number, *length);
  return 0;
}

}  // namespace

bool IsInternet(int family) { return family == AF_INET || family == AF_INET6; }

int NetCreate(int family, int type, int protocol) {
  const int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC);
  const int kind = type & ~flags;
  const bool stream = kind == SOCK_STREAM && (protocol == 0 || protocol == IPPROTO_TCP);
  const bool datagram = kind == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP);
  if (!stream && !datagram) {
    errno = WhyNot(kind);
    return -1;
  }
  NetSocket* socket = NewNetSocket(family, stream);
  const int hidden = stream && PollsAsLinux() ? MakeUnconnected(socket) : MakePair(socket);
  const int descriptor = hidden < 0 ? -1 : HandOut(socket, hidden, flags);
  if (descriptor < 0) {
    const int error = errno;
    if (hidden >= 0) RawSyscall(SYS_close, hidden);
    FreeNetSocket(socket);
    errno = error;
  }
  return descriptor;
}

int NetBind(NetSocket* socket, const NetAddress& address) {
  if (socket->bound || socket->state != NetState::kOpen) return EINVAL;
  if (socket->ipv6_only && IsIpv4(address)) return EINVAL;
  if (!IsLocal(address)) return EADDRNOTAVAIL;
  if (address.port != 0 && AddressInUse(socket, address)) return EADDRINUSE;
  socket->local = address;
  if (address.port == 0) return BindAnyPort(socket);
  socket->bound = true;
  return 0;
}

int NetConnectDatagram(NetSocket* socket, const NetAddress& address) {
  if (!IsLocal(address)) RefuseAddress("connect to", address);
  const int family = IsIpv4(address) ? AF_INET : AF_INET6;
  if (socket->family == AF_INET6 && family == AF_INET && socket->ipv6_only) return ENETUNREACH;
  socket->peer = IsAny(address) ? LoopbackAddress(family, address.port) : address;
  if (IsAny(socket->local)) socket->local = LoopbackAddress(family, socket->local.port);
  socket->has_peer = true;
  return BindAnyPort(socket);
}

void InheritOptions(int listener, int connection) {
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO, SO_LINGER, SO_KEEPALIVE, SO_OOBINLINE}) {
    char value[16];
    socklen_t length = sizeof value;
    const long error = RawSyscall(SYS_getsockopt, listener, SOL_SOCKET, option,
                                  reinterpret_cast<long>(value), reinterpret_cast<long>(&length));
    if (error != 0) continue;
    RawSyscall(SYS_setsockopt, connection, SOL_SOCKET, option, reinterpret_cast<long>(value),
               static_cast<long>(length));
  }
}

int NetGetOption(NetSocket* socket, int level, int name, void* value, socklen_t* length) {
  if (value == nullptr || length == nullptr) return EFAULT;
  if (level == SOL_SOCKET) {
    switch (name) {
      case SO_ERROR:
        return GiveNumber(NetTakeError(socket), value, length);
      case SO_TYPE:
        return GiveNumber(socket->stream ? SOCK_STREAM : SOCK_DGRAM, value, length);
      case SO_DOMAIN:
        return GiveNumber(socket->family, value, length);
      case SO_PROTOCOL:
        return GiveNumber(socket->stream ? IPPROTO_TCP : IPPROTO_UDP, value, length);
      case SO_ACCEPTCONN:
        return GiveNumber(socket->state == NetState::kListening ? 1 : 0, value, length);
      default:
        break;
    }
  }
  if (const NetOption* option = FindOption(socket, level, name)) {
    return GiveNumber(option->value, value, length);
  }
  if (level == SOL_SOCKET) return kNetRealOption;
  const long error = Probe(*socket).Get(level, name, value, length);
  if (error == 0 && level == IPPROTO_TCP && name == TCP_INFO && *length > 0 &&
      socket->state == NetState::kConnected) {
    *static_cast<uint8_t*>(value) = TCP_ESTABLISHED;  // tcpi_state
  }
  return static_cast<int>(-error);
}

int NetSetOption(NetSocket* socket, int level, int name, const void* value, socklen_t length) {
  int number = 0;
  const bool is_number = value != nullptr && length >= sizeof number;
  if (is_number) memcpy(&number, value, sizeof number);
  const bool reuses = level == SOL_SOCKET && (name == SO_REUSEADDR || name == SO_REUSEPORT);
  if (level == SOL_SOCKET && !reuses && name != SO_BINDTODEVICE) return kNetRealOption;
  const Probe probe(*socket);
  const long error = probe.Set(level, name, value, length);
  if (error != 0) return static_cast<int>(-error);
  if (reuses) socket->reuse = number != 0;
  if (reuses && name == SO_REUSEPORT) socket->reuse_port = number != 0;
  if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
    if (socket->bound) return EINVAL;
    socket->ipv6_only = number != 0;
  }
  socklen_t size = sizeof number;
  if (is_number && probe.Get(level, name, &number, &size) == 0) Keep(socket, level, name, number);
  const bool errors =
      level == IPPROTO_IP ? name == IP_RECVERR : level == IPPROTO_IPV6 && name == IPV6_RECVERR;
  if (errors && number == 0) ForgetErrors(socket);
  return 0;
}

}  // namespace heddle::sim::runtime

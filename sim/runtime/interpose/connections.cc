// Making and naming sockets, connecting them: socket, bind, listen, connect, accept, accept4,
// shutdown, getsockname, getpeername, getsockopt, setsockopt (POSIX.1-2017, socket(7)).
//
// Internet sockets are the simulated network's (net.h). Those of UNIX domain are the system's: what
// needs no waiting goes straight through. Faults may deny an accept.
//
// An internet socket that was made before control began is the real network's: to connect it is
// refused.
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>

#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/identity.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(socket, int, int, int, int)
HEDDLE_REAL(bind, int, int, const sockaddr*, socklen_t)
HEDDLE_REAL(listen, int, int, int)
HEDDLE_REAL(accept, int, int, sockaddr*, socklen_t*)
HEDDLE_REAL(accept4, int, int, sockaddr*, socklen_t*, int)
HEDDLE_REAL(connect, int, int, const sockaddr*, socklen_t)
HEDDLE_REAL(shutdown, int, int, int)
HEDDLE_REAL(getsockname, int, int, sockaddr*, socklen_t*)
HEDDLE_REAL(getpeername, int, int, sockaddr*, socklen_t*)
HEDDLE_REAL(getsockopt, int, int, int, int, void*, socklen_t*)
HEDDLE_REAL(setsockopt, int, int, int, int, const void*, socklen_t)

namespace heddle::sim::runtime {
namespace {

// When a blocking connect gives up that gets no answer: six repetitions (tcp_syn_retries).
constexpr int64_t kConnectNs = 127 * kNsPerSecond;

int Result(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

// wait_data: the socket.
bool AttemptIsOver(Thread* self) {
  return static_cast<NetSocket*>(self->wait_data)->state != NetState::kConnecting;
}
bool CanAccept(Thread* self) {
  const auto* listener = static_cast<NetSocket*>(self->wait_data);
  return listener->state != NetState::kListening || listener->queue != nullptr;
}

// The end of a blocking connect.
int FinishConnect(Thread* self, NetSocket* socket, int descriptor) {
  if (socket->state == NetState::kConnecting) {
    IoChanged();
    const int64_t own = TimeoutOf(descriptor, POLLOUT);
    self->wait_data = socket;
    if (!WaitIo(self, OpKind::kIoWait, AttemptIsOver,
                own != kNever ? own : DeadlineAfter(kConnectNs))) {
      if (own != kNever) return EINPROGRESS;
      NetCancelAttempt(socket);
      return ETIMEDOUT;
    }
  }
  return socket->state == NetState::kConnected ? 0 : NetTakeError(socket);
}

int ConnectStream(Thread* self, NetSocket* socket, int descriptor, const NetAddress& address) {
  const bool at_once = NonBlocking(descriptor);
  const bool begun = socket->state == NetState::kConnecting || !socket->reported;
  if (begun && (at_once || socket->state != NetState::kConnecting)) return NetConnectAgain(socket);
  if (!begun) {
    const bool was_bound = socket->bound;
    const NetAddress local = socket->local;
    const int error = NetConnect(socket, descriptor, address);
    if (error == ECONNREFUSED && at_once) {
      NetFailAttempt(socket, error);
    } else if (error != 0) {
      socket->bound = was_bound;
      socket->local = local;
      return error;
    }
  }
  socket->reported = !at_once;
  return at_once ? EINPROGRESS : FinishConnect(self, socket, descriptor);
}

int ConnectInternet(Thread* self, NetSocket* socket, int descriptor, const sockaddr* address,
                    socklen_t length) {
  if (address == nullptr) return EFAULT;
  if (length >= sizeof address->sa_family && address->sa_family == AF_UNSPEC) {
    return NetDisconnect(socket);
  }
  NetAddress to;
  if (const int error = ReadAddress(socket->family, address, length, &to); error != 0) return error;
  return socket->stream ? ConnectStream(self, socket, descriptor, to)
                        : NetConnectDatagram(socket, to);
}

// The system lets a connect wait for room in the backlog; that is asked for again and again, as
// poll() does not tell.
int ConnectUnix(Thread* self, int descriptor, const sockaddr* address, socklen_t length) {
  const bool at_once = NonBlocking(descriptor);
  IoPoint(self);
  for (;;) {
    int result;
    {
      const NonBlockingScope scope(descriptor);
      result = CallReal([&] { return REAL(connect)(descriptor, address, length); });
    }
    if (result == 0 || errno != EAGAIN || at_once) {
      IoChanged();
      return result;
    }
    WaitForIoChange(self);
  }
}

int AcceptInternet(Thread* self, NetSocket* listener, int descriptor, sockaddr* address,
                   socklen_t* length, int flags) {
  if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) return Result(EINVAL);
  if (Denies(self, descriptor, POLLIN, false)) return -1;
  if (NonBlocking(descriptor)) {
    IoPoint(self);
  } else {
    self->wait_data = listener;
    if (!WaitIo(self, OpKind::kIoWait, CanAccept, TimeoutOf(descriptor, POLLIN))) {
      return Result(EAGAIN);
    }
  }
  if (!listener->stream) return Result(EOPNOTSUPP);
  if (listener->state != NetState::kListening) return Result(EINVAL);
  NetSocket* accepted = nullptr;
  const int result = CallReal([&] { return NetAccept(listener, descriptor, flags, &accepted); });
  IoChanged();
  if (result >= 0) WriteAddress(accepted->family, accepted->peer, address, length);
  return result;
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, socket, int family, int type, int protocol) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !IsInternet(family) || kernel.request.rules < 3) {
    return REAL(socket)(family, type, protocol);
  }
  IoPoint(self);
  return CallReal([&] { return NetCreate(family, type, protocol); });
}

INTERPOSE(int, bind, int descriptor, const sockaddr* address, socklen_t length) {
  Thread* self = HEDDLE_SELF;
  NetSocket* socket = self != nullptr ? NetOf(descriptor) : nullptr;
  if (socket == nullptr) return REAL(bind)(descriptor, address, length);
  IoPoint(self);
  NetAddress wanted;
  const int error = ReadAddress(socket->family, address, length, &wanted);
  return Result(error != 0 ? error : NetBind(socket, wanted));
}

INTERPOSE(int, listen, int descriptor, int backlog) {
  Thread* self = HEDDLE_SELF;
  NetSocket* socket = self != nullptr ? NetOf(descriptor) : nullptr;
  if (socket == nullptr) return REAL(listen)(descriptor, backlog);
  IoPoint(self);
  const int error = NetListen(socket, descriptor, backlog);
  IoChanged();
  return Result(error);
}

INTERPOSE(int, accept4, int descriptor, sockaddr* address, socklen_t* length, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(accept4)(descriptor, address, length, flags);
  if (NetSocket* listener = NetOf(descriptor)) {
    return AcceptInternet(self, listener, descriptor, address, length, flags);
  }
  return DoDeniableIo(self, descriptor, POLLIN, false,
                      [&] { return REAL(accept4)(descriptor, address, length, flags); });
}

INTERPOSE(int, accept, int descriptor, sockaddr* address, socklen_t* length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(accept)(descriptor, address, length);
  if (NetSocket* listener = NetOf(descriptor)) {
    return AcceptInternet(self, listener, descriptor, address, length, 0);
  }
  return DoDeniableIo(self, descriptor, POLLIN, false,
                      [&] { return REAL(accept)(descriptor, address, length); });
}

INTERPOSE(int, connect, int descriptor, const sockaddr* address, socklen_t length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(connect)(descriptor, address, length);
  if (NetSocket* socket = NetOf(descriptor)) {
    IoPoint(self);
    const int error = ConnectInternet(self, socket, descriptor, address, length);
    IoChanged();
    return Result(error);
  }
  if (address != nullptr && length >= sizeof address->sa_family && IsInternet(address->sa_family) &&
      Modelled(descriptor)) {
    Unmodelled("connect of an internet socket that was made before control began");
  }
  return ConnectUnix(self, descriptor, address, length);
}

INTERPOSE(int, shutdown, int descriptor, int how) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(shutdown)(descriptor, how);
  if (NetSocket* socket = NetOf(descriptor)) {
    IoPoint(self);
    const int error = NetShutdown(socket, descriptor, how);
    IoChanged();
    return Result(error);
  }
  return DoIo(self, descriptor, 0, true, [&] { return REAL(shutdown)(descriptor, how); });
}

INTERPOSE(int, getsockname, int descriptor, sockaddr* address, socklen_t* length) {
  Thread* self = HEDDLE_SELF;
  const NetSocket* socket = self != nullptr ? NetOf(descriptor) : nullptr;
  if (socket == nullptr) return REAL(getsockname)(descriptor, address, length);
  if (address == nullptr || length == nullptr) return Result(EFAULT);
  WriteAddress(socket->family, socket->local, address, length);
  return 0;
}

INTERPOSE(int, getpeername, int descriptor, sockaddr* address, socklen_t* length) {
  Thread* self = HEDDLE_SELF;
  const NetSocket* socket = self != nullptr ? NetOf(descriptor) : nullptr;
  if (socket == nullptr) return REAL(getpeername)(descriptor, address, length);
  if (!socket->has_peer && socket->state != NetState::kConnected) return Result(ENOTCONN);
  if (address == nullptr || length == nullptr) return Result(EFAULT);
  WriteAddress(socket->family, socket->peer, address, length);
  return 0;
}

INTERPOSE(int, getsockopt, int descriptor, int level, int name, void* value, socklen_t* length) {
  Thread* self = HEDDLE_SELF;
  NetSocket* socket = self != nullptr ? NetOf(descriptor) : nullptr;
  const int error =
      socket != nullptr ? NetGetOption(socket, level, name, value, length) : kNetRealOption;
  if (error != kNetRealOption) return Result(error);
  const int result = REAL(getsockopt)(descriptor, level, name, value, length);
  if (self != nullptr && result == 0 && level == SOL_SOCKET && name == SO_PEERCRED &&
      *length == sizeof(ucred)) {
    TranslateCredentials(static_cast<ucred*>(value));
  }
  return result;
}

INTERPOSE(int, setsockopt, int descriptor, int level, int name, const void* value,
          socklen_t length) {
  Thread* self = HEDDLE_SELF;
  NetSocket* socket = self != nullptr ? NetOf(descriptor) : nullptr;
  const int error =
      socket != nullptr ? NetSetOption(socket, level, name, value, length) : kNetRealOption;
  if (error != kNetRealOption) return Result(error);
  return REAL(setsockopt)(descriptor, level, name, value, length);
}

// Sockets: recv, send and their like, accept, connect, shutdown (POSIX.1-2017). See descriptors.h.
// Faults may interrupt, deny or cut short.
//
// Both ends are the program's own: a connection to a network address is refused, and what an
// address needs (getaddrinfo) too. A blocking operation ends at the socket's own timeout, in
// virtual time (SO_RCVTIMEO, SO_SNDTIMEO). Not modelled: MSG_WAITALL of recvmsg and with MSG_PEEK,
// recvmmsg and sendmmsg (refused.cc), a connect that waits for room in the backlog. socket,
// socketpair, bind, listen and socket options go straight through.
#include <sys/socket.h>

#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(recv, ssize_t, int, void*, size_t, int)
HEDDLE_REAL(send, ssize_t, int, const void*, size_t, int)
HEDDLE_REAL(recvfrom, ssize_t, int, void*, size_t, int, sockaddr*, socklen_t*)
HEDDLE_REAL(sendto, ssize_t, int, const void*, size_t, int, const sockaddr*, socklen_t)
HEDDLE_REAL(recvmsg, ssize_t, int, msghdr*, int)
HEDDLE_REAL(sendmsg, ssize_t, int, const msghdr*, int)
HEDDLE_REAL(accept, int, int, sockaddr*, socklen_t*)
HEDDLE_REAL(accept4, int, int, sockaddr*, socklen_t*, int)
HEDDLE_REAL(connect, int, int, const sockaddr*, socklen_t)
HEDDLE_REAL(shutdown, int, int, int)

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

namespace {

bool NeverBlocks(int flags) { return (flags & MSG_DONTWAIT) != 0; }
bool Blocks(int descriptor, int flags) { return !NeverBlocks(flags) && !NonBlocking(descriptor); }

// Whether a read is to wait until all of it has come.
bool WaitsForAll(int descriptor, int flags) {
  if ((flags & MSG_WAITALL) == 0 || !Blocks(descriptor, flags) || IsMessageSocket(descriptor)) {
    return false;
  }
  if ((flags & MSG_PEEK) != 0) Unmodelled("recv with MSG_WAITALL and MSG_PEEK");
  return true;
}

ssize_t ReadAll(Thread* self, int descriptor, void* buffer, size_t size, int flags) {
  if (Denies(self, descriptor, POLLIN, false)) return -1;
  return ReceiveAll(self, descriptor, buffer, size, flags);
}

}  // namespace

INTERPOSE(ssize_t, recv, int descriptor, void* buffer, size_t size, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(recv)(descriptor, buffer, size, flags);
  if (WaitsForAll(descriptor, flags)) return ReadAll(self, descriptor, buffer, size, flags);
  return DoRead(self, descriptor, NeverBlocks(flags), size,
                [&](size_t most) { return REAL(recv)(descriptor, buffer, most, flags); });
}

INTERPOSE(ssize_t, recvfrom, int descriptor, void* buffer, size_t size, int flags,
          sockaddr* address, socklen_t* length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(recvfrom)(descriptor, buffer, size, flags, address, length);
  if (WaitsForAll(descriptor, flags)) {
    if (length != nullptr) *length = 0;  // a stream tells no addresses
    return ReadAll(self, descriptor, buffer, size, flags);
  }
  return DoRead(self, descriptor, NeverBlocks(flags), size, [&](size_t most) {
    return REAL(recvfrom)(descriptor, buffer, most, flags, address, length);
  });
}

INTERPOSE(ssize_t, recvmsg, int descriptor, msghdr* message, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(recvmsg)(descriptor, message, flags);
  if (WaitsForAll(descriptor, flags)) Unmodelled("recvmsg with MSG_WAITALL");
  return DoDeniableIo(self, descriptor, POLLIN, NeverBlocks(flags),
                      [&] { return REAL(recvmsg)(descriptor, message, flags); });
}

INTERPOSE(ssize_t, send, int descriptor, const void* buffer, size_t size, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(send)(descriptor, buffer, size, flags);
  if (Denies(self, descriptor, POLLOUT, NeverBlocks(flags))) return -1;
  size = WriteSize(self, descriptor, size);
  if (Blocks(descriptor, flags)) return WriteAll(self, descriptor, buffer, size, flags);
  return DoIo(self, descriptor, POLLOUT, true,
              [&] { return REAL(send)(descriptor, buffer, size, flags); });
}

INTERPOSE(ssize_t, sendto, int descriptor, const void* buffer, size_t size, int flags,
          const sockaddr* address, socklen_t length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sendto)(descriptor, buffer, size, flags, address, length);
  if (Denies(self, descriptor, POLLOUT, NeverBlocks(flags))) return -1;
  size = WriteSize(self, descriptor, size);
  if (Blocks(descriptor, flags)) {
    iovec vector = {const_cast<void*>(buffer), size};
    msghdr message = {};
    message.msg_name = const_cast<sockaddr*>(address);
    message.msg_namelen = length;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    return SendAll(self, descriptor, message, flags);
  }
  return DoIo(self, descriptor, POLLOUT, true,
              [&] { return REAL(sendto)(descriptor, buffer, size, flags, address, length); });
}

INTERPOSE(ssize_t, sendmsg, int descriptor, const msghdr* message, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sendmsg)(descriptor, message, flags);
  if (Denies(self, descriptor, POLLOUT, NeverBlocks(flags))) return -1;
  if (Blocks(descriptor, flags)) return SendAll(self, descriptor, *message, flags);
  return DoIo(self, descriptor, POLLOUT, true,
              [&] { return REAL(sendmsg)(descriptor, message, flags); });
}

INTERPOSE(int, accept, int descriptor, sockaddr* address, socklen_t* length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(accept)(descriptor, address, length);
  return DoDeniableIo(self, descriptor, POLLIN, false,
                      [&] { return REAL(accept)(descriptor, address, length); });
}

INTERPOSE(int, accept4, int descriptor, sockaddr* address, socklen_t* length, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(accept4)(descriptor, address, length, flags);
  return DoDeniableIo(self, descriptor, POLLIN, false,
                      [&] { return REAL(accept4)(descriptor, address, length, flags); });
}

INTERPOSE(int, connect, int descriptor, const sockaddr* address, socklen_t length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(connect)(descriptor, address, length);
  if (address->sa_family != AF_UNIX) Unmodelled("connect to a network address");
  return DoIo(self, descriptor, POLLOUT, true,
              [&] { return REAL(connect)(descriptor, address, length); });
}

INTERPOSE(int, shutdown, int descriptor, int how) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(shutdown)(descriptor, how);
  return DoIo(self, descriptor, 0, true, [&] { return REAL(shutdown)(descriptor, how); });
}

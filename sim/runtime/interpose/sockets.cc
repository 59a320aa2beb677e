// What goes through sockets: recv, recvfrom, recvmsg, recvmmsg, send, sendto, sendmsg, sendmmsg
// (POSIX.1-2017, recvmmsg(2)). See descriptors.h, and net.h for internet sockets; connections.cc
// has connect and its like. Faults may interrupt, deny or cut short.
//
// Both ends are the program's own. A blocking operation ends at the socket's own timeout, in
// virtual time (SO_RCVTIMEO, SO_SNDTIMEO). Not modelled: urgent data of TCP.
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>

#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(recv, ssize_t, int, void*, size_t, int)
HEDDLE_REAL(send, ssize_t, int, const void*, size_t, int)
HEDDLE_REAL(recvfrom, ssize_t, int, void*, size_t, int, sockaddr*, socklen_t*)
HEDDLE_REAL(sendto, ssize_t, int, const void*, size_t, int, const sockaddr*, socklen_t)
HEDDLE_REAL(recvmsg, ssize_t, int, msghdr*, int)
HEDDLE_REAL(sendmsg, ssize_t, int, const msghdr*, int)
HEDDLE_REAL(recvmmsg, int, int, mmsghdr*, unsigned, int, timespec*)
HEDDLE_REAL(sendmmsg, int, int, mmsghdr*, unsigned, int)

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

namespace {

bool NeverBlocks(int flags) { return (flags & MSG_DONTWAIT) != 0; }
bool Blocks(int descriptor, int flags) { return !NeverBlocks(flags) && !NonBlocking(descriptor); }

// Whether a read is to wait until all of it has come.
bool WaitsForAll(int descriptor, int flags) {
  return (flags & MSG_WAITALL) != 0 && Blocks(descriptor, flags) && !IsMessageSocket(descriptor);
}

// wait_value: how many bytes, and the descriptor.
bool AllHasCome(Thread* self) {
  const auto descriptor = static_cast<int>(self->wait_value >> 32);
  int there = 0;
  RawSyscall(SYS_ioctl, descriptor, FIONREAD, reinterpret_cast<long>(&there));
  return static_cast<uint32_t>(there) >= (self->wait_value & 0xFFFFFFFF) ||
         PollNow(descriptor, POLLRDHUP);
}

// MSG_PEEK with MSG_WAITALL: until all of it can be seen.
void WaitToPeek(Thread* self, int descriptor, size_t size) {
  constexpr size_t kMost = 1 << 16;  // more than that may never fit
  self->wait_value =
      uint64_t{static_cast<uint32_t>(descriptor)} << 32 | (size < kMost ? size : kMost);
  WaitIo(self, OpKind::kIoWait, AllHasCome, TimeoutOf(descriptor, POLLIN));
}

ssize_t ReadAll(Thread* self, int descriptor, void* buffer, size_t size, int flags) {
  if (Denies(self, descriptor, POLLIN, false)) return -1;
  if ((flags & MSG_PEEK) == 0) return ReceiveAll(self, descriptor, buffer, size, flags);
  WaitToPeek(self, descriptor, size);
  return DoRead(self, descriptor, false, size, [&](size_t most) {
    return REAL(recv)(descriptor, buffer, most, (flags & ~MSG_WAITALL) | MSG_DONTWAIT);
  });
}

// recvmsg() with MSG_WAITALL: ancillary data comes with the first piece.
ssize_t ReadAllVectors(Thread* self, int descriptor, msghdr* message, int flags) {
  if ((flags & MSG_PEEK) != 0) {
    size_t size = 0;
    for (size_t i = 0; i < message->msg_iovlen; ++i) size += message->msg_iov[i].iov_len;
    WaitToPeek(self, descriptor, size);
  }
  const ssize_t first = DoDeniableIo(self, descriptor, POLLIN, false, [&] {
    return REAL(recvmsg)(descriptor, message, (flags & ~MSG_WAITALL) | MSG_DONTWAIT);
  });
  if (first <= 0 || (flags & MSG_PEEK) != 0) return first;
  auto done = static_cast<size_t>(first);
  size_t before = 0;  // bytes of the vectors so far
  for (size_t i = 0; i < message->msg_iovlen; ++i) {
    const iovec& vector = message->msg_iov[i];
    before += vector.iov_len;
    if (done >= before) continue;
    const size_t left = before - done;
    char* data = static_cast<char*>(vector.iov_base) + (vector.iov_len - left);
    const ssize_t more = ReceiveAll(self, descriptor, data, left, flags);
    if (more < 0) break;
    done += static_cast<size_t>(more);
    if (static_cast<size_t>(more) < left) break;
  }
  return static_cast<ssize_t>(done);
}

// One vector as a message; for datagrams.
struct OneVector {
  OneVector(void* buffer, size_t size, const sockaddr* address, socklen_t length)
      : vector{buffer, size} {
    message.msg_name = const_cast<sockaddr*>(address);
    message.msg_namelen = length;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
  }
  iovec vector;
  msghdr message = {};
};

// TCP does not look at the addresses that it is given, and gives none.
bool IgnoresAddress(int descriptor) { return NetOf(descriptor) != nullptr; }

void CheckUrgent(int descriptor, int flags) {
  if ((flags & MSG_OOB) != 0 && NetOf(descriptor) != nullptr) Unmodelled("urgent data (MSG_OOB)");
}

}  // namespace

INTERPOSE(ssize_t, recv, int descriptor, void* buffer, size_t size, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(recv)(descriptor, buffer, size, flags);
  CheckUrgent(descriptor, flags);
  if (NetDatagram(descriptor) != nullptr) {
    OneVector one(buffer, size, nullptr, 0);
    return ReceiveDatagram(self, descriptor, &one.message, flags);
  }
  if (WaitsForAll(descriptor, flags)) return ReadAll(self, descriptor, buffer, size, flags);
  return DoRead(self, descriptor, NeverBlocks(flags), size,
                [&](size_t most) { return REAL(recv)(descriptor, buffer, most, flags); });
}

INTERPOSE(ssize_t, recvfrom, int descriptor, void* buffer, size_t size, int flags,
          sockaddr* address, socklen_t* length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(recvfrom)(descriptor, buffer, size, flags, address, length);
  CheckUrgent(descriptor, flags);
  if (NetDatagram(descriptor) != nullptr) {
    OneVector one(buffer, size, address, length != nullptr ? *length : 0);
    const ssize_t result = ReceiveDatagram(self, descriptor, &one.message, flags);
    if (result >= 0 && length != nullptr) *length = one.message.msg_namelen;
    return result;
  }
  if (WaitsForAll(descriptor, flags)) {
    if (length != nullptr) *length = 0;  // a stream tells no addresses
    return ReadAll(self, descriptor, buffer, size, flags);
  }
  const bool nameless = IgnoresAddress(descriptor);
  const ssize_t result = DoRead(self, descriptor, NeverBlocks(flags), size, [&](size_t most) {
    return REAL(recvfrom)(descriptor, buffer, most, flags, nameless ? nullptr : address,
                          nameless ? nullptr : length);
  });
  if (nameless && result >= 0 && address != nullptr && length != nullptr) *length = 0;
  return result;
}

INTERPOSE(ssize_t, recvmsg, int descriptor, msghdr* message, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(recvmsg)(descriptor, message, flags);
  CheckUrgent(descriptor, flags);
  if (NetDatagram(descriptor) != nullptr) return ReceiveDatagram(self, descriptor, message, flags);
  const bool nameless = IgnoresAddress(descriptor);
  void* const name = message->msg_name;
  if (nameless) message->msg_name = nullptr;
  const ssize_t result = WaitsForAll(descriptor, flags)
                             ? ReadAllVectors(self, descriptor, message, flags)
                             : DoDeniableIo(self, descriptor, POLLIN, NeverBlocks(flags), [&] {
                                 return REAL(recvmsg)(descriptor, message, flags);
                               });
  if (nameless) message->msg_name = name;
  if (nameless && result >= 0) message->msg_namelen = 0;
  return result;
}

INTERPOSE(ssize_t, send, int descriptor, const void* buffer, size_t size, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(send)(descriptor, buffer, size, flags);
  CheckUrgent(descriptor, flags);
  if (NetDatagram(descriptor) != nullptr) {
    const OneVector one(const_cast<void*>(buffer), size, nullptr, 0);
    return SendDatagram(self, descriptor, one.message, flags);
  }
  if (Denies(self, descriptor, POLLOUT, NeverBlocks(flags))) return -1;
  size = WriteSize(self, descriptor, size);
  if (Blocks(descriptor, flags)) return WriteAll(self, descriptor, buffer, size, flags);
  return DoIo(
      self, descriptor, POLLOUT, true, [&] { return REAL(send)(descriptor, buffer, size, flags); },
      flags);
}

INTERPOSE(ssize_t, sendto, int descriptor, const void* buffer, size_t size, int flags,
          const sockaddr* address, socklen_t length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sendto)(descriptor, buffer, size, flags, address, length);
  CheckUrgent(descriptor, flags);
  if (NetDatagram(descriptor) != nullptr) {
    const OneVector one(const_cast<void*>(buffer), size, address, length);
    return SendDatagram(self, descriptor, one.message, flags);
  }
  if (Denies(self, descriptor, POLLOUT, NeverBlocks(flags))) return -1;
  if (IgnoresAddress(descriptor)) {
    address = nullptr;
    length = 0;
  }
  size = WriteSize(self, descriptor, size);
  if (Blocks(descriptor, flags)) {
    const OneVector one(const_cast<void*>(buffer), size, address, length);
    return SendAll(self, descriptor, one.message, flags);
  }
  return DoIo(
      self, descriptor, POLLOUT, true,
      [&] { return REAL(sendto)(descriptor, buffer, size, flags, address, length); }, flags);
}

INTERPOSE(ssize_t, sendmsg, int descriptor, const msghdr* message, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sendmsg)(descriptor, message, flags);
  CheckUrgent(descriptor, flags);
  if (NetDatagram(descriptor) != nullptr) return SendDatagram(self, descriptor, *message, flags);
  if (Denies(self, descriptor, POLLOUT, NeverBlocks(flags))) return -1;
  msghdr sent = *message;
  if (IgnoresAddress(descriptor)) {
    sent.msg_name = nullptr;
    sent.msg_namelen = 0;
  }
  if (Blocks(descriptor, flags)) return SendAll(self, descriptor, sent, flags);
  return DoIo(
      self, descriptor, POLLOUT, true, [&] { return REAL(sendmsg)(descriptor, &sent, flags); },
      flags);
}

// The system looks at the time only when a message has come (recvmmsg(2)).
INTERPOSE(int, recvmmsg, int descriptor, mmsghdr* messages, unsigned count, int flags,
          timespec* timeout) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(recvmmsg)(descriptor, messages, count, flags, timeout);
  if (timeout != nullptr && !ValidTime(timeout)) {
    errno = EINVAL;
    return -1;
  }
  const int64_t deadline = DeadlineAfterOptional(timeout);
  const bool for_one = (flags & MSG_WAITFORONE) != 0;
  flags &= ~MSG_WAITFORONE;
  unsigned done = 0;
  while (done < count) {
    const ssize_t got = recvmsg(descriptor, &messages[done].msg_hdr, flags);
    if (got < 0) break;
    messages[done++].msg_len = static_cast<unsigned>(got);
    if (for_one) flags |= MSG_DONTWAIT;
    if (deadline <= kernel.clock.now) break;
  }
  return done > 0 || count == 0 ? static_cast<int>(done) : -1;
}

INTERPOSE(int, sendmmsg, int descriptor, mmsghdr* messages, unsigned count, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sendmmsg)(descriptor, messages, count, flags);
  unsigned done = 0;
  while (done < count) {
    const ssize_t sent = sendmsg(descriptor, &messages[done].msg_hdr, flags);
    if (sent < 0) break;
    messages[done++].msg_len = static_cast<unsigned>(sent);
  }
  return done > 0 || count == 0 ? static_cast<int>(done) : -1;
}

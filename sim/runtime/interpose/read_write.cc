// Reading and writing descriptors: read, write, readv, writev, close, ioctl (FIONREAD),
// eventfd_read, eventfd_write (POSIX.1-2017, eventfd(2)). See descriptors.h. Faults may interrupt,
// deny or cut short.
//
// A blocking write of more than fits is done piece by piece, each a point, as the real kernel lets
// others read in between.
//
// Not modelled: pread and pwrite (regular files only), other requests of ioctl: they go straight
// through.
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/hidden_descriptors.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/signal_delivery.h"
#include "sim/runtime/interpose/timers.h"

HEDDLE_REAL(read, ssize_t, int, void*, size_t)
HEDDLE_REAL(write, ssize_t, int, const void*, size_t)
HEDDLE_REAL(readv, ssize_t, int, const iovec*, int)
HEDDLE_REAL(writev, ssize_t, int, const iovec*, int)
HEDDLE_REAL(close, int, int)
HEDDLE_REAL(ioctl, int, int, unsigned long, long)
HEDDLE_REAL(eventfd_read, int, int, eventfd_t*)
HEDDLE_REAL(eventfd_write, int, int, eventfd_t)

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

namespace {

msghdr MessageOf(const iovec* vectors, int count) {
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(vectors);
  message.msg_iovlen = static_cast<size_t>(count);
  return message;
}

}  // namespace

INTERPOSE(ssize_t, read, int descriptor, void* buffer, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && IsSignalDescriptor(descriptor)) {
    return ReadSignalDescriptor(self, descriptor, buffer, size);
  }
  if (self == nullptr || !Modelled(descriptor)) {
    if (self != nullptr) CheckOutside(descriptor);
    return REAL(read)(descriptor, buffer, size);
  }
  if (NetDatagram(descriptor) != nullptr) return recv(descriptor, buffer, size, 0);
  return DoRead(self, descriptor, false, size,
                [&](size_t most) { return REAL(read)(descriptor, buffer, most); });
}

INTERPOSE(ssize_t, readv, int descriptor, const iovec* vectors, int count) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !Modelled(descriptor)) return REAL(readv)(descriptor, vectors, count);
  if (NetDatagram(descriptor) != nullptr) {
    msghdr message = MessageOf(vectors, count);
    return ReceiveDatagram(self, descriptor, &message, 0);
  }
  if (Denies(self, descriptor, POLLIN, false)) return -1;
  if (!BeforeIo(self, descriptor, POLLIN, false)) return -1;
  iovec part;
  const bool shortened = Shorten(self, descriptor, vectors, count, /*writes=*/false, &part);
  return AfterIo(descriptor, POLLIN, CallReal([&] {
                   return shortened ? REAL(readv)(descriptor, &part, 1)
                                    : REAL(readv)(descriptor, vectors, count);
                 }));
}

INTERPOSE(ssize_t, write, int descriptor, const void* buffer, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !Modelled(descriptor)) return REAL(write)(descriptor, buffer, size);
  if (NetDatagram(descriptor) != nullptr) return send(descriptor, buffer, size, 0);
  if (Denies(self, descriptor, POLLOUT, false)) return -1;
  size = WriteSize(self, descriptor, size);
  // Up to 8 bytes (an eventfd's) never need a second piece.
  if (!NonBlocking(descriptor) && size > 8) return WriteAll(self, descriptor, buffer, size, 0);
  return DoIo(self, descriptor, POLLOUT, false,
              [&] { return REAL(write)(descriptor, buffer, size); });
}

INTERPOSE(ssize_t, writev, int descriptor, const iovec* vectors, int count) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !Modelled(descriptor)) return REAL(writev)(descriptor, vectors, count);
  if (NetDatagram(descriptor) != nullptr) {
    return SendDatagram(self, descriptor, MessageOf(vectors, count), 0);
  }
  if (Denies(self, descriptor, POLLOUT, false)) return -1;
  iovec part;
  if (Shorten(self, descriptor, vectors, count, /*writes=*/true, &part)) {
    vectors = &part;
    count = 1;
  }
  if (NonBlocking(descriptor)) {
    return DoIo(self, descriptor, POLLOUT, true,
                [&] { return REAL(writev)(descriptor, vectors, count); });
  }
  if (IsMessageSocket(descriptor)) {
    return SendAll(self, descriptor, MessageOf(vectors, count), 0);
  }
  ssize_t done = 0;
  for (int i = 0; i < count; ++i) {
    const ssize_t written = WriteAll(self, descriptor, vectors[i].iov_base, vectors[i].iov_len, 0);
    if (written < 0) return done > 0 ? done : -1;
    done += written;
    if (static_cast<size_t>(written) < vectors[i].iov_len) break;
  }
  return done;
}

INTERPOSE(int, close, int descriptor) {
  Thread* self = HEDDLE_SELF;
  if (IsHiddenDescriptor(descriptor)) {
    errno = EBADF;
    return -1;
  }
  if (self == nullptr) return REAL(close)(descriptor);
  if (!Modelled(descriptor)) {
    const int result = REAL(close)(descriptor);
    IoChanged();  // a lock on the file is gone
    return result;
  }
  IoPoint(self);
  TimerClosed(descriptor);
  NetSocket* socket = NetOf(descriptor);
  if (socket != nullptr) NetClosing(socket, descriptor);
  const int result = CallReal([&] { return REAL(close)(descriptor); });
  if (socket != nullptr) NetClosed(socket);
  IoChanged();
  return result;
}

// Its third argument is a number or a pointer, or is not there.
INTERPOSE(int, ioctl, int descriptor, unsigned long request, long argument) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && request == FIONREAD) {
    if (NetSocket* socket = NetDatagram(descriptor)) {
      *reinterpret_cast<int*>(argument) = NetWaitingBytes(socket, descriptor);
      return 0;
    }
  }
  if (self != nullptr && request == FIOASYNC && *reinterpret_cast<const int*>(argument) != 0) {
    Unmodelled("a descriptor's SIGIO (ioctl with FIOASYNC)");
  }
  return REAL(ioctl)(descriptor, request, argument);
}

INTERPOSE(int, eventfd_read, int descriptor, eventfd_t* value) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(eventfd_read)(descriptor, value);
  return heddle_read(descriptor, value, sizeof *value) == sizeof *value ? 0 : -1;
}

INTERPOSE(int, eventfd_write, int descriptor, eventfd_t value) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(eventfd_write)(descriptor, value);
  return heddle_write(descriptor, &value, sizeof value) == sizeof value ? 0 : -1;
}

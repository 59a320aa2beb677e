#include "sim/runtime/interpose/descriptors.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "sim/runtime/interpose/deadlines.h"

HEDDLE_REAL(write, ssize_t, int, const void*, size_t)
HEDDLE_REAL(send, ssize_t, int, const void*, size_t, int)
HEDDLE_REAL(sendmsg, ssize_t, int, const msghdr*, int)
HEDDLE_REAL(recv, ssize_t, int, void*, size_t, int)

namespace heddle::sim::runtime {
namespace {

bool Stat(int descriptor, struct stat* status) {
  return RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(status)) == 0;
}

// When a blocking operation on it gives up. (The system rounds the option up to its own ticks.)
int64_t TimeoutOf(int descriptor, short events) {
  timeval timeout = {};
  socklen_t length = sizeof timeout;
  const long error = RawSyscall(SYS_getsockopt, descriptor, SOL_SOCKET,
                                events == POLLOUT ? SO_SNDTIMEO : SO_RCVTIMEO,
                                reinterpret_cast<long>(&timeout), reinterpret_cast<long>(&length));
  if (error != 0 || (timeout.tv_sec == 0 && timeout.tv_usec == 0)) return kNever;
  return DeadlineAfter(ToNs({timeout.tv_sec, timeout.tv_usec * 1000}));
}

bool IsSocket(int descriptor) {
  struct stat status;
  return Stat(descriptor, &status) && S_ISSOCK(status.st_mode);
}

ssize_t ToResult(size_t done) { return static_cast<ssize_t>(done); }

// wait_value: descriptor and events.
bool DescriptorReady(Thread* self) {
  return PollNow(static_cast<int>(self->wait_value & 0xFFFFFFFF),
                 static_cast<short>(self->wait_value >> 32));
}

}  // namespace

bool Modelled(int descriptor) {
  struct stat status;
  if (descriptor <= 2 || !Stat(descriptor, &status)) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ||
         (status.st_mode & S_IFMT) == 0;  // anonymous inodes have no type
}

bool NonBlocking(int descriptor) {
  return (RawSyscall(SYS_fcntl, descriptor, F_GETFL) & O_NONBLOCK) != 0;
}

bool PollNow(int descriptor, short events) {
  pollfd entry = {descriptor, events, 0};
  return RawSyscall(SYS_poll, reinterpret_cast<long>(&entry), 1, 0) > 0;
}

void CheckOutside(int descriptor) {
  struct stat status;
  if (descriptor > 2 || PollNow(descriptor, POLLIN)) return;
  if (!Stat(descriptor, &status) || S_ISREG(status.st_mode)) return;
  Unmodelled("a blocking read from standard input");
}

bool BeforeIo(Thread* self, int descriptor, short events, bool never_blocks) {
  if (never_blocks || NonBlocking(descriptor)) {
    IoPoint(self);
    return true;
  }
  self->wait_value = static_cast<uint32_t>(descriptor) | uint64_t{static_cast<uint16_t>(events)}
                                                             << 32;
  self->wait_room = events == POLLOUT;
  if (WaitIo(self, OpKind::kIoWait, DescriptorReady, TimeoutOf(descriptor, events))) return true;
  errno = EAGAIN;
  return false;
}

bool IsMessageSocket(int descriptor) {
  int type = 0;
  socklen_t length = sizeof type;
  const long error = RawSyscall(SYS_getsockopt, descriptor, SOL_SOCKET, SO_TYPE,
                                reinterpret_cast<long>(&type), reinterpret_cast<long>(&length));
  return error == 0 && type != SOCK_STREAM;
}

ssize_t WriteAll(Thread* self, int descriptor, const void* data, size_t size, int flags) {
  const auto* bytes = static_cast<const char*>(data);
  // A pipe that polls writable takes PIPE_BUF bytes at least; a socket is asked not to wait.
  const bool socket = IsSocket(descriptor);
  size_t done = 0;
  do {
    if (!BeforeIo(self, descriptor, POLLOUT, false)) return done > 0 ? ToResult(done) : -1;
    const size_t chunk = !socket && size - done > PIPE_BUF ? PIPE_BUF : size - done;
    const ssize_t written = CallReal([&] {
      return socket ? REAL(send)(descriptor, bytes + done, chunk, flags | MSG_DONTWAIT)
                    : REAL(write)(descriptor, bytes + done, chunk);
    });
    IoChanged();
    if (written < 0 && errno == EAGAIN) continue;
    if (written < 0) return done > 0 ? ToResult(done) : -1;
    done += static_cast<size_t>(written);
  } while (done < size);
  return ToResult(done);
}

ssize_t SendAll(Thread* self, int descriptor, const msghdr& message, int flags) {
  ssize_t sent;
  do {
    if (!BeforeIo(self, descriptor, POLLOUT, false)) return -1;
    sent = CallReal([&] { return REAL(sendmsg)(descriptor, &message, flags | MSG_DONTWAIT); });
    IoChanged();
  } while (sent < 0 && errno == EAGAIN);
  if (sent < 0) return -1;
  auto done = static_cast<size_t>(sent);
  size_t before = 0;  // bytes of the vectors so far
  for (size_t i = 0; i < message.msg_iovlen; ++i) {
    const iovec& vector = message.msg_iov[i];
    before += vector.iov_len;
    if (done >= before) continue;
    const size_t left = before - done;
    const auto* data = static_cast<const char*>(vector.iov_base) + (vector.iov_len - left);
    const ssize_t more = WriteAll(self, descriptor, data, left, flags);
    if (more < 0) break;
    done += static_cast<size_t>(more);
    if (static_cast<size_t>(more) < left) break;
  }
  return ToResult(done);
}

ssize_t ReceiveAll(Thread* self, int descriptor, void* data, size_t size, int flags) {
  auto* bytes = static_cast<char*>(data);
  size_t done = 0;
  do {
    if (!BeforeIo(self, descriptor, POLLIN, false)) return done > 0 ? ToResult(done) : -1;
    const ssize_t got = CallReal([&] {
      return REAL(recv)(descriptor, bytes + done, size - done,
                        (flags & ~MSG_WAITALL) | MSG_DONTWAIT);
    });
    IoChanged();
    if (got < 0 && errno == EAGAIN) continue;
    if (got < 0) return done > 0 ? ToResult(done) : -1;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  } while (done < size);
  return ToResult(done);
}

}  // namespace heddle::sim::runtime

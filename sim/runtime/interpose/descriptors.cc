#include "sim/runtime/interpose/descriptors.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>

#include "sim/runtime/interpose/cancel.h"
#include "sim/runtime/interpose/deadlines.h"
#include "sim/runtime/interpose/net_errors.h"

HEDDLE_REAL(write, ssize_t, int, const void*, size_t)
HEDDLE_REAL(send, ssize_t, int, const void*, size_t, int)
HEDDLE_REAL(sendmsg, ssize_t, int, const msghdr*, int)
HEDDLE_REAL(recv, ssize_t, int, void*, size_t, int)

namespace heddle::sim::runtime {
namespace {

bool Stat(int descriptor, struct stat* status) {
  return RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(status)) == 0;
}

// The files behind descriptors 0 to 2 when the execution began.
struct Outside {
  dev_t device = 0;
  ino_t file = 0;
};
constinit Outside outside[3];

bool LeadsOutside(const struct stat& status) {
  for (const Outside& each : outside) {
    if (each.file != 0 && each.file == status.st_ino && each.device == status.st_dev) return true;
  }
  return false;
}

bool IsSocket(int descriptor) {
  struct stat status;
  return Stat(descriptor, &status) && S_ISSOCK(status.st_mode);
}

ssize_t ToResult(size_t done) { return static_cast<ssize_t>(done); }

// wait_value: descriptor and events.
bool DescriptorReady(Thread* self) {
  const auto descriptor = static_cast<int>(self->wait_value & 0xFFFFFFFF);
  const auto events = static_cast<short>(self->wait_value >> 32);
  if (PollNow(descriptor, events)) {
    return net_queued_errors == 0 || !OnlyErrorsWait(descriptor, events);
  }
  const NetSocket* socket = NetOf(descriptor);
  return socket != nullptr && NetFailsAtOnce(socket);
}

// wait_value: the epoch when it began to wait.
bool AnyIoChanged(Thread* self) { return kernel.threads.io_changes != self->wait_value; }

// An internet socket's state may forbid the operation.
bool Allowed(int descriptor, short events, int flags) {
  NetSocket* socket = events != 0 ? NetOf(descriptor) : nullptr;
  const int error = socket != nullptr ? NetRefuses(socket, events) : 0;
  if (error == 0) return true;
  if (error == EPIPE && (flags & MSG_NOSIGNAL) == 0) {
    const long process = RawSyscall(SYS_getpid);
    RawSyscall(SYS_tgkill, process, RawSyscall(SYS_gettid), SIGPIPE);
  }
  errno = error;
  return false;
}

}  // namespace

bool Modelled(int descriptor) {
  struct stat status;
  if (!Stat(descriptor, &status)) return false;
  if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) return !LeadsOutside(status);
  return descriptor > 2 && (status.st_mode & S_IFMT) == 0;  // anonymous inodes have no type
}

void TakeOutside() {
  for (int i = 0; i < 3; ++i) {
    struct stat status = {};
    outside[i] = Stat(i, &status) ? Outside{status.st_dev, status.st_ino} : Outside{};
  }
}

NonBlockingScope::NonBlockingScope(int descriptor)
    : descriptor_(descriptor), mode_(RawSyscall(SYS_fcntl, descriptor, F_GETFL)) {
  if (mode_ >= 0) RawSyscall(SYS_fcntl, descriptor_, F_SETFL, mode_ | O_NONBLOCK);
}

NonBlockingScope::~NonBlockingScope() {
  if (mode_ >= 0) RawSyscall(SYS_fcntl, descriptor_, F_SETFL, mode_);
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

// (The system rounds the option up to its own ticks.)
int64_t TimeoutOf(int descriptor, short events) {
  timeval timeout = {};
  socklen_t length = sizeof timeout;
  const long error = RawSyscall(SYS_getsockopt, descriptor, SOL_SOCKET,
                                events == POLLOUT ? SO_SNDTIMEO : SO_RCVTIMEO,
                                reinterpret_cast<long>(&timeout), reinterpret_cast<long>(&length));
  if (error != 0 || (timeout.tv_sec == 0 && timeout.tv_usec == 0)) return kNever;
  return DeadlineAfter(ToNs({timeout.tv_sec, timeout.tv_usec * 1000}));
}

bool WaitForIoChange(Thread* self, int64_t deadline) {
  self->wait_value = kernel.threads.io_changes;
  return WaitIo(self, OpKind::kIoWait, AnyIoChanged, deadline);
}

bool BeforeIo(Thread* self, int descriptor, short events, bool never_blocks, int flags) {
  if (never_blocks || NonBlocking(descriptor)) {
    IoPoint(self);
    CancellationPoint(self);
    return Allowed(descriptor, events, flags);
  }
  self->wait_value = static_cast<uint32_t>(descriptor) | uint64_t{static_cast<uint16_t>(events)}
                                                             << 32;
  self->wait_room = events == POLLOUT;
  if (WaitIo(self, OpKind::kIoWait, DescriptorReady, TimeoutOf(descriptor, events))) {
    return Allowed(descriptor, events, flags);
  }
  errno = self->interrupted ? EINTR : EAGAIN;
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
    if (!BeforeIo(self, descriptor, POLLOUT, false, flags)) return done > 0 ? ToResult(done) : -1;
    const size_t chunk = !socket && size - done > PIPE_BUF ? PIPE_BUF : size - done;
    const ssize_t real = CallReal([&] {
      return socket ? REAL(send)(descriptor, bytes + done, chunk, flags | MSG_DONTWAIT)
                    : REAL(write)(descriptor, bytes + done, chunk);
    });
    const ssize_t written = AfterIo(descriptor, POLLOUT, real);
    if (written < 0 && errno == EAGAIN) continue;
    if (written < 0) return done > 0 ? ToResult(done) : -1;
    done += static_cast<size_t>(written);
  } while (done < size);
  return ToResult(done);
}

ssize_t SendAll(Thread* self, int descriptor, const msghdr& message, int flags) {
  ssize_t sent;
  do {
    if (!BeforeIo(self, descriptor, POLLOUT, false, flags)) return -1;
    sent = CallReal([&] { return REAL(sendmsg)(descriptor, &message, flags | MSG_DONTWAIT); });
    sent = AfterIo(descriptor, POLLOUT, sent);
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
    const ssize_t real = CallReal([&] {
      return REAL(recv)(descriptor, bytes + done, size - done,
                        (flags & ~MSG_WAITALL) | MSG_DONTWAIT);
    });
    const ssize_t got = AfterIo(descriptor, POLLIN, real);
    if (got < 0 && errno == EAGAIN) continue;
    if (got < 0) return done > 0 ? ToResult(done) : -1;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  } while (done < size);
  return ToResult(done);
}

ssize_t SendDatagram(Thread* self, int descriptor, const msghdr& message, int flags) {
  IoPoint(self);
  NetSocket* socket = NetDatagram(descriptor);
  if (socket == nullptr) {  // closed meanwhile
    errno = EBADF;
    return -1;
  }
  const ssize_t sent = NetSend(socket, &message, flags);
  IoChanged();
  return sent;
}

ssize_t ReceiveDatagram(Thread* self, int descriptor, msghdr* message, int flags) {
  const bool at_once = (flags & (MSG_DONTWAIT | MSG_ERRQUEUE)) != 0;
  if (Denies(self, descriptor, POLLIN, at_once)) return -1;
  if (at_once || NonBlocking(descriptor)) flags |= MSG_DONTWAIT;
  for (;;) {
    if (!BeforeIo(self, descriptor, POLLIN, at_once)) return -1;
    NetSocket* socket = NetDatagram(descriptor);
    if (socket == nullptr) {
      errno = EBADF;
      return -1;
    }
    ssize_t result = -1;
    const bool done = NetReceive(socket, descriptor, message, flags, &result);
    IoChanged();
    if (done) return result;
  }
}

}  // namespace heddle::sim::runtime

#include "sim/runtime/interpose/descriptors.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

HEDDLE_REAL(write, ssize_t, int, const void*, size_t)
HEDDLE_REAL(send, ssize_t, int, const void*, size_t, int)

namespace heddle::sim::runtime {
namespace {

bool Stat(int descriptor, struct stat* status) {
  return RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(status)) == 0;
}

bool IsSocket(int descriptor) {
  struct stat status;
  return Stat(descriptor, &status) && S_ISSOCK(status.st_mode);
}

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

void BeforeIo(Thread* self, int descriptor, short events, bool never_blocks) {
  if (never_blocks || NonBlocking(descriptor)) {
    IoPoint(self);
    return;
  }
  self->wait_value = static_cast<uint32_t>(descriptor) | uint64_t{static_cast<uint16_t>(events)}
                                                             << 32;
  self->wait_room = events == POLLOUT;
  WaitIo(self, OpKind::kIoWait, DescriptorReady, kNever);
}

ssize_t WriteAll(Thread* self, int descriptor, const void* data, size_t size, int flags) {
  const auto* bytes = static_cast<const char*>(data);
  // A pipe that polls writable takes PIPE_BUF bytes at least; a socket is asked not to wait.
  const bool socket = IsSocket(descriptor);
  size_t done = 0;
  do {
    BeforeIo(self, descriptor, POLLOUT, false);
    const size_t chunk = !socket && size - done > PIPE_BUF ? PIPE_BUF : size - done;
    const ssize_t written = CallReal([&] {
      return socket ? REAL(send)(descriptor, bytes + done, chunk, flags | MSG_DONTWAIT)
                    : REAL(write)(descriptor, bytes + done, chunk);
    });
    IoChanged();
    if (written < 0 && errno == EAGAIN) continue;
    if (written < 0) return done > 0 ? static_cast<ssize_t>(done) : -1;
    done += static_cast<size_t>(written);
  } while (done < size);
  return static_cast<ssize_t>(done);
}

}  // namespace heddle::sim::runtime

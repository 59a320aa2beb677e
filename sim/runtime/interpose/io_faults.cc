#include "sim/runtime/interpose/io_faults.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <climits>

#include "sim/runtime/interpose/descriptors.h"

namespace heddle::sim::runtime {
namespace {

inline bool NoFaults() { return __builtin_expect(!kernel.faults.any, 1); }

// Descriptors that somebody watches for edges: who is told once reads until EAGAIN, or until a read
// comes short, and would wait for ever after one that is made up. The number of the file behind
// the descriptor (st_ino), so that another file under the same descriptor is not taken for it; 0:
// none.
constexpr int kMostDescriptors = 4096;  // further ones get no such faults
constinit uint64_t watched_for_edges[kMostDescriptors] = {};

// 0 when there is none.
uint64_t FileOf(int descriptor) {
  struct stat status;
  if (RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(&status)) != 0) return 0;
  return status.st_ino;
}

bool ForEdges(int descriptor) {
  if (descriptor < 0 || descriptor >= kMostDescriptors) return true;
  return watched_for_edges[descriptor] != 0 && watched_for_edges[descriptor] == FileOf(descriptor);
}

enum class Carries : uint8_t { kOther, kPipe, kStream, kMessages };
Carries KindOf(int descriptor) {
  struct stat status;
  if (RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(&status)) != 0) {
    return Carries::kOther;
  }
  if (S_ISFIFO(status.st_mode)) return Carries::kPipe;
  if (!S_ISSOCK(status.st_mode)) return Carries::kOther;
  int type = 0;
  socklen_t length = sizeof type;
  RawSyscall(SYS_getsockopt, descriptor, SOL_SOCKET, SO_TYPE, reinterpret_cast<long>(&type),
             reinterpret_cast<long>(&length));
  return type == SOCK_STREAM ? Carries::kStream : Carries::kMessages;
}

size_t Ask(int descriptor, unsigned long request) {
  int bytes = 0;
  const long error =
      RawSyscall(SYS_ioctl, descriptor, static_cast<long>(request), reinterpret_cast<long>(&bytes));
  return error == 0 && bytes > 0 ? static_cast<size_t>(bytes) : 0;
}

bool Ends(Thread* self, int error) {
  IoPoint(self);
  errno = error;
  return true;
}

}  // namespace

void NoteWatch(int operation, int descriptor, const epoll_event* event) {
  if (descriptor < 0 || descriptor >= kMostDescriptors) return;
  if (operation == EPOLL_CTL_DEL || event == nullptr) return;
  watched_for_edges[descriptor] = (event->events & EPOLLET) != 0 ? FileOf(descriptor) : 0;
}

bool Interrupts(Thread* self) {
  return FaultComes(self, FaultKind::kInterrupt) && Ends(self, EINTR);
}

bool Denies(Thread* self, int descriptor, short events, bool never_blocks) {
  if (NoFaults()) return false;
  const Carries carries = KindOf(descriptor);
  const bool writes = events == POLLOUT;
  const bool is_stream = carries == Carries::kStream || carries == Carries::kPipe;
  if (writes && !is_stream) return false;
  if (!never_blocks && !NonBlocking(descriptor)) {
    return Interrupts(self);
  }
  const bool occasion =
      writes
          ? Ask(descriptor, carries == Carries::kPipe ? FIONREAD : SIOCOUTQ) > 0
          : carries != Carries::kPipe && carries != Carries::kOther && PollNow(descriptor, POLLIN);
  return occasion && !ForEdges(descriptor) && FaultComes(self, FaultKind::kAgain) &&
         Ends(self, EAGAIN);
}

size_t ReadSize(Thread* self, int descriptor, size_t size) {
  if (NoFaults() || size < 2) return size;
  const Carries carries = KindOf(descriptor);
  const bool is_stream = carries == Carries::kStream || carries == Carries::kPipe;
  if (!is_stream || ForEdges(descriptor)) return size;
  const size_t there = Ask(descriptor, FIONREAD);
  const size_t most = there < size ? there : size;
  if (most < 2 || !FaultComes(self, FaultKind::kShortRead)) return size;
  return ShortenedSize(self, FaultKind::kShortRead, most);
}

size_t WriteSize(Thread* self, int descriptor, size_t size) {
  if (NoFaults() || size < 2 || ForEdges(descriptor)) return size;
  const Carries carries = KindOf(descriptor);
  // Up to PIPE_BUF bytes go into a pipe as a whole.
  const bool occasion =
      carries == Carries::kStream || (carries == Carries::kPipe && size > PIPE_BUF);
  if (!occasion || !FaultComes(self, FaultKind::kShortWrite)) return size;
  return ShortenedSize(self, FaultKind::kShortWrite, size);
}

bool Shorten(Thread* self, int descriptor, const iovec* vectors, int count, bool writes,
             iovec* part) {
  if (NoFaults()) return false;
  for (int i = 0; i < count; ++i) {
    if (vectors[i].iov_len == 0) continue;
    *part = vectors[i];
    part->iov_len = writes ? WriteSize(self, descriptor, part->iov_len)
                           : ReadSize(self, descriptor, part->iov_len);
    return part->iov_len < vectors[i].iov_len;
  }
  return false;
}

}  // namespace heddle::sim::runtime

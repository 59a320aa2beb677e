// Moving data between descriptors: sendfile, sendfile64, splice, tee, vmsplice (splice(2),
// sendfile(2)). See descriptors.h.
//
// What may block is done without waiting, and again when both sides are ready.
#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cerrno>

#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/interpose.h"

HEDDLE_REAL(sendfile, ssize_t, int, int, off_t*, size_t)
HEDDLE_REAL(sendfile64, ssize_t, int, int, off64_t*, size_t)
HEDDLE_REAL(splice, ssize_t, int, off64_t*, int, off64_t*, size_t, unsigned)
HEDDLE_REAL(tee, ssize_t, int, int, size_t, unsigned)
HEDDLE_REAL(vmsplice, ssize_t, int, const iovec*, size_t, unsigned)

namespace heddle::sim::runtime {
namespace {

void CheckNoDatagrams(int descriptor, const char* what) {
  if (NetDatagram(descriptor) != nullptr) Unmodelled(what);
}

// Sends all of it, waiting for room in between: `call(size)` is the real one.
template <typename Call>
ssize_t SendFile(Thread* self, int to, size_t size, Call call) {
  CheckNoDatagrams(to, "sendfile to a datagram socket");
  const bool at_once = NonBlocking(to);
  ssize_t done = 0;
  do {
    if (!BeforeIo(self, to, POLLOUT, at_once)) return done > 0 ? done : -1;
    ssize_t sent;
    {
      const NonBlockingScope scope(to);
      sent = CallReal([&] { return call(size - static_cast<size_t>(done)); });
    }
    sent = AfterIo(to, POLLOUT, sent);
    if (sent < 0 && errno == EAGAIN && !at_once) continue;
    if (sent < 0) return done > 0 ? done : -1;
    if (sent == 0) break;
    done += sent;
  } while (!at_once && static_cast<size_t>(done) < size);
  return done;
}

// The flag is for pipes; sockets have their own.
bool AtOnce(int descriptor, unsigned flags) {
  struct stat status = {};
  RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(&status));
  return NonBlocking(descriptor) || ((flags & SPLICE_F_NONBLOCK) != 0 && S_ISFIFO(status.st_mode));
}

template <typename Call>
ssize_t Move(Thread* self, int from, int to, unsigned flags, Call call) {
  CheckNoDatagrams(from, "splice from a datagram socket");
  CheckNoDatagrams(to, "splice to a datagram socket");
  const bool from_at_once = AtOnce(from, flags), to_at_once = AtOnce(to, flags);
  for (;;) {
    if (Modelled(from) && !BeforeIo(self, from, POLLIN, from_at_once)) return -1;
    if (Modelled(to) && !BeforeIo(self, to, POLLOUT, to_at_once)) return -1;
    ssize_t moved;
    {
      const NonBlockingScope first(from), second(to);
      moved = CallReal([&] { return call(flags | SPLICE_F_NONBLOCK); });
    }
    moved = AfterIo(from, POLLIN, moved);
    moved = AfterIo(to, POLLOUT, moved);
    if (moved >= 0 || errno != EAGAIN || from_at_once || to_at_once) return moved;
  }
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(ssize_t, sendfile, int to, int from, off_t* offset, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !Modelled(to)) return REAL(sendfile)(to, from, offset, size);
  return SendFile(self, to, size,
                  [&](size_t part) { return REAL(sendfile)(to, from, offset, part); });
}

INTERPOSE(ssize_t, sendfile64, int to, int from, off64_t* offset, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !Modelled(to)) return REAL(sendfile64)(to, from, offset, size);
  return SendFile(self, to, size,
                  [&](size_t part) { return REAL(sendfile64)(to, from, offset, part); });
}

INTERPOSE(ssize_t, splice, int from, off64_t* from_offset, int to, off64_t* to_offset, size_t size,
          unsigned flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(splice)(from, from_offset, to, to_offset, size, flags);
  return Move(self, from, to, flags, [&](unsigned with) {
    return REAL(splice)(from, from_offset, to, to_offset, size, with);
  });
}

INTERPOSE(ssize_t, tee, int from, int to, size_t size, unsigned flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(tee)(from, to, size, flags);
  return Move(self, from, to, flags,
              [&](unsigned with) { return REAL(tee)(from, to, size, with); });
}

// Into a pipe, or out of one: as the descriptor is open.
INTERPOSE(ssize_t, vmsplice, int pipe, const iovec* vectors, size_t count, unsigned flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(vmsplice)(pipe, vectors, count, flags);
  const bool writes = (RawSyscall(SYS_fcntl, pipe, F_GETFL) & O_ACCMODE) != O_RDONLY;
  const bool at_once = (flags & SPLICE_F_NONBLOCK) != 0;
  for (;;) {
    if (!BeforeIo(self, pipe, writes ? POLLOUT : POLLIN, at_once)) return -1;
    const ssize_t moved =
        CallReal([&] { return REAL(vmsplice)(pipe, vectors, count, flags | SPLICE_F_NONBLOCK); });
    IoChanged();
    if (moved >= 0 || errno != EAGAIN || at_once) return moved;
  }
}

// Files: pipes, sockets, eventfd, epoll, poll, select. Regular files go straight through.
//
// The kernel does not model what is in a pipe; the real kernel keeps it. A call that may block is
// offered only when poll() says it will not (asked again whenever any simulated thread has done
// something to a descriptor), and then done for real. Deadlines are virtual. Descriptors 0 to 2
// lead outside: writing there is no point, and a read that would block there is an error, because
// what comes from outside cannot be replayed.
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/timers.h"

HEDDLE_REAL(read, ssize_t, int, void*, size_t)
HEDDLE_REAL(write, ssize_t, int, const void*, size_t)
HEDDLE_REAL(readv, ssize_t, int, const iovec*, int)
HEDDLE_REAL(writev, ssize_t, int, const iovec*, int)
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
HEDDLE_REAL(close, int, int)
HEDDLE_REAL(epoll_ctl, int, int, int, int, epoll_event*)
HEDDLE_REAL(epoll_wait, int, int, epoll_event*, int, int)
HEDDLE_REAL(epoll_pwait, int, int, epoll_event*, int, int, const sigset_t*)
HEDDLE_REAL(epoll_pwait2, int, int, epoll_event*, int, const timespec*, const sigset_t*)
HEDDLE_REAL(poll, int, pollfd*, nfds_t, int)
HEDDLE_REAL(ppoll, int, pollfd*, nfds_t, const timespec*, const sigset_t*)
HEDDLE_REAL(select, int, int, fd_set*, fd_set*, fd_set*, timeval*)
HEDDLE_REAL(pselect, int, int, fd_set*, fd_set*, fd_set*, const timespec*, const sigset_t*)
HEDDLE_REAL(eventfd_read, int, int, eventfd_t*)
HEDDLE_REAL(eventfd_write, int, int, eventfd_t)

namespace heddle::sim::runtime {

namespace {

// Whether operations on it are points: a pipe, a socket, an eventfd, an epoll set.
bool Modelled(int descriptor) {
  if (descriptor <= 2) return false;
  struct stat status;
  if (RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(&status)) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ||
         (status.st_mode & S_IFMT) == 0;  // anonymous inodes have no type
}

bool IsSocket(int descriptor) {
  struct stat status;
  return RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(&status)) == 0 &&
         S_ISSOCK(status.st_mode);
}

bool NonBlocking(int descriptor) {
  return (RawSyscall(SYS_fcntl, descriptor, F_GETFL) & O_NONBLOCK) != 0;
}

bool PollNow(int descriptor, short events) {
  pollfd entry = {descriptor, events, 0};
  return RawSyscall(SYS_poll, reinterpret_cast<long>(&entry), 1, 0) > 0;
}

// wait_value: descriptor and events.
bool DescriptorReady(Thread* self) {
  return PollNow(static_cast<int>(self->wait_value & 0xFFFFFFFF),
                 static_cast<short>(self->wait_value >> 32));
}

// The point in front of an operation on one descriptor; returns when it will not block.
void Before(Thread* self, int descriptor, short events, bool never_blocks) {
  if (never_blocks || NonBlocking(descriptor)) {
    PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
    return;
  }
  self->wait_value = static_cast<uint32_t>(descriptor) | uint64_t{static_cast<uint16_t>(events)}
                                                             << 32;
  WaitIo(self, OpKind::kIoWait, DescriptorReady, kNever);
}

// --- Faults ---

// Descriptors that somebody watches for edges: who is told once reads until EAGAIN, or until a read
// comes short, and would wait for ever after one that is made up.
constexpr int kMostDescriptors = 4096;  // further ones get no such faults
constinit bool watched_for_edges[kMostDescriptors] = {};

bool ForEdges(int descriptor) {
  return descriptor >= kMostDescriptors || watched_for_edges[descriptor];
}

void NoteWatch(int operation, int descriptor, const epoll_event* event) {
  if (descriptor < 0 || descriptor >= kMostDescriptors) return;
  if (operation == EPOLL_CTL_DEL || event == nullptr) return;
  watched_for_edges[descriptor] = (event->events & EPOLLET) != 0;
}

enum class Carries : uint8_t { kOther, kPipe, kStream };
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
  return type == SOCK_STREAM ? Carries::kStream : Carries::kOther;
}

size_t Ask(int descriptor, unsigned long request) {
  int bytes = 0;
  const long error =
      RawSyscall(SYS_ioctl, descriptor, static_cast<long>(request), reinterpret_cast<long>(&bytes));
  return error == 0 && bytes > 0 ? static_cast<size_t>(bytes) : 0;
}

bool Ends(Thread* self, int error) {
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  errno = error;
  return true;
}

// A read (POLLIN) or write (POLLOUT) that ends before it has done anything: errno says why.
bool Denies(Thread* self, int descriptor, short events, bool never_blocks) {
  if (__builtin_expect(!kernel.faults.any, 1)) return false;
  const Carries carries = KindOf(descriptor);
  const bool writes = events == POLLOUT;
  if (writes && carries == Carries::kOther) return false;
  if (!never_blocks && !NonBlocking(descriptor)) {
    return FaultComes(self, FaultKind::kInterrupt) && Ends(self, EINTR);
  }
  const bool occasion = writes
                            ? Ask(descriptor, carries == Carries::kPipe ? FIONREAD : SIOCOUTQ) > 0
                            : PollNow(descriptor, POLLIN);
  return occasion && !ForEdges(descriptor) && FaultComes(self, FaultKind::kAgain) &&
         Ends(self, EAGAIN);
}

bool Interrupts(Thread* self) {
  return FaultComes(self, FaultKind::kInterrupt) && Ends(self, EINTR);
}

// How much of `size` bytes a read moves at most; asked when it will not block.
size_t ReadSize(Thread* self, int descriptor, size_t size) {
  if (__builtin_expect(!kernel.faults.any, 1) || size < 2) return size;
  if (KindOf(descriptor) == Carries::kOther || ForEdges(descriptor)) return size;
  const size_t there = Ask(descriptor, FIONREAD);
  const size_t most = there < size ? there : size;
  if (most < 2 || !FaultComes(self, FaultKind::kShortRead)) return size;
  return ShortenedSize(self, FaultKind::kShortRead, most);
}

// The same for a write, asked before its point.
size_t WriteSize(Thread* self, int descriptor, size_t size) {
  if (__builtin_expect(!kernel.faults.any, 1) || size < 2 || ForEdges(descriptor)) return size;
  const Carries carries = KindOf(descriptor);
  // Up to PIPE_BUF bytes go into a pipe as a whole.
  const bool occasion =
      carries == Carries::kStream || (carries == Carries::kPipe && size > PIPE_BUF);
  if (!occasion || !FaultComes(self, FaultKind::kShortWrite)) return size;
  return ShortenedSize(self, FaultKind::kShortWrite, size);
}

// The first of `vectors` that holds anything, cut to what a shortened operation moves. False: the
// operation is not to be shortened.
bool Shorten(Thread* self, int descriptor, const iovec* vectors, int count, bool writes,
             iovec* part) {
  if (__builtin_expect(!kernel.faults.any, 1)) return false;
  for (int i = 0; i < count; ++i) {
    if (vectors[i].iov_len == 0) continue;
    *part = vectors[i];
    part->iov_len = writes ? WriteSize(self, descriptor, part->iov_len)
                           : ReadSize(self, descriptor, part->iov_len);
    return part->iov_len < vectors[i].iov_len;
  }
  return false;
}

// A read from outside that would block.
void CheckOutside(int descriptor) {
  if (descriptor > 2 || PollNow(descriptor, POLLIN)) return;
  struct stat status;
  if (RawSyscall(SYS_fstat, descriptor, reinterpret_cast<long>(&status)) != 0) return;
  if (S_ISREG(status.st_mode)) return;
  Unmodelled("a blocking read from standard input");
}

int64_t MillisecondDeadline(int timeout) {
  return timeout < 0 ? kNever : DeadlineAfter(int64_t{timeout} * 1'000'000);
}

// --- Waiting on many ---

struct EpollWait {
  int descriptor;
};
bool EpollReady(Thread* self) {
  return PollNow(static_cast<EpollWait*>(self->wait_data)->descriptor, POLLIN);
}

int WaitEpoll(Thread* self, int descriptor, epoll_event* events, int count, int64_t deadline,
              bool wait) {
  EpollWait data = {descriptor};
  if (wait && Interrupts(self)) return -1;
  if (wait) {
    self->wait_data = &data;
    WaitIo(self, OpKind::kIoWait, EpollReady, deadline);
  } else {
    PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  }
  Uncontrolled scope;
  const int result = REAL(epoll_wait)(descriptor, events, count, 0);
  IoChanged();  // edge-triggered and one-shot entries were consumed
  return result;
}

struct PollWait {
  pollfd* entries;
  nfds_t count;
};
bool PollReady(Thread* self) {
  const auto* data = static_cast<PollWait*>(self->wait_data);
  return RawSyscall(SYS_poll, reinterpret_cast<long>(data->entries), static_cast<long>(data->count),
                    0) != 0;
}

int WaitPoll(Thread* self, pollfd* entries, nfds_t count, int64_t deadline, bool wait) {
  PollWait data = {entries, count};
  if (wait && Interrupts(self)) return -1;
  if (wait) {
    self->wait_data = &data;
    WaitIo(self, OpKind::kIoWait, PollReady, deadline);
  } else {
    PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  }
  Uncontrolled scope;
  return REAL(poll)(entries, count, 0);
}

struct SelectWait {
  int count;
  fd_set* sets[3];
};
bool SelectReady(Thread* self) {
  const auto* data = static_cast<SelectWait*>(self->wait_data);
  fd_set copies[3];
  long pointers[3];
  for (int i = 0; i < 3; ++i) {
    pointers[i] = 0;
    if (data->sets[i] == nullptr) continue;
    copies[i] = *data->sets[i];
    pointers[i] = reinterpret_cast<long>(&copies[i]);
  }
  timespec zero = {0, 0};
  return RawSyscall(SYS_pselect6, data->count, pointers[0], pointers[1], pointers[2],
                    reinterpret_cast<long>(&zero), 0) != 0;
}

int WaitSelect(Thread* self, int count, fd_set* reads, fd_set* writes, fd_set* excepts,
               int64_t deadline, bool wait) {
  SelectWait data = {count, {reads, writes, excepts}};
  if (wait && Interrupts(self)) return -1;
  if (wait) {
    self->wait_data = &data;
    WaitIo(self, OpKind::kIoWait, SelectReady, deadline);
  } else {
    PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  }
  Uncontrolled scope;
  timeval zero = {0, 0};
  return REAL(select)(count, reads, writes, excepts, &zero);
}

// Writes all of it, waiting for room in between, as a blocking write does. A pipe that polls
// writable takes PIPE_BUF bytes at least.
ssize_t WriteAll(Thread* self, int descriptor, const char* data, size_t size, int flags) {
  const bool socket = IsSocket(descriptor);
  size_t done = 0;
  do {
    Before(self, descriptor, POLLOUT, false);
    const size_t chunk = !socket && size - done > 4096 ? 4096 : size - done;
    ssize_t written;
    {
      Uncontrolled scope;
      written = socket ? REAL(send)(descriptor, data + done, chunk, flags | MSG_DONTWAIT)
                       : REAL(write)(descriptor, data + done, chunk);
    }
    IoChanged();
    if (written < 0 && errno == EAGAIN) continue;
    if (written < 0) return done > 0 ? static_cast<ssize_t>(done) : -1;
    done += static_cast<size_t>(written);
  } while (done < size);
  return static_cast<ssize_t>(done);
}

}  // namespace
}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

// The whole operation, done when it cannot block.
#define HEDDLE_IO(descriptor, events, never_blocks, call) \
  Before(self, descriptor, events, never_blocks);         \
  Uncontrolled scope;                                     \
  const auto result = call;                               \
  IoChanged();                                            \
  return result

// A read of at most `size` bytes; `call` takes `most`.
#define HEDDLE_READ(never_blocks, size, call)           \
  Before(self, descriptor, POLLIN, never_blocks);       \
  const size_t most = ReadSize(self, descriptor, size); \
  Uncontrolled scope;                                   \
  const auto result = call;                             \
  IoChanged();                                          \
  return result

INTERPOSE(ssize_t, read, int descriptor, void* buffer, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !Modelled(descriptor)) {
    if (self != nullptr) CheckOutside(descriptor);
    return REAL(read)(descriptor, buffer, size);
  }
  if (Denies(self, descriptor, POLLIN, false)) return -1;
  HEDDLE_READ(false, size, REAL(read)(descriptor, buffer, most));
}

INTERPOSE(ssize_t, readv, int descriptor, const iovec* vectors, int count) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !Modelled(descriptor)) return REAL(readv)(descriptor, vectors, count);
  if (Denies(self, descriptor, POLLIN, false)) return -1;
  Before(self, descriptor, POLLIN, false);
  iovec part;
  const bool shortened = Shorten(self, descriptor, vectors, count, /*writes=*/false, &part);
  Uncontrolled scope;
  const ssize_t result =
      shortened ? REAL(readv)(descriptor, &part, 1) : REAL(readv)(descriptor, vectors, count);
  IoChanged();
  return result;
}

INTERPOSE(ssize_t, write, int descriptor, const void* buffer, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !Modelled(descriptor)) return REAL(write)(descriptor, buffer, size);
  if (Denies(self, descriptor, POLLOUT, false)) return -1;
  size = WriteSize(self, descriptor, size);
  if (!NonBlocking(descriptor) && size > 8) {
    return WriteAll(self, descriptor, static_cast<const char*>(buffer), size, 0);
  }
  HEDDLE_IO(descriptor, POLLOUT, false, REAL(write)(descriptor, buffer, size));
}

INTERPOSE(ssize_t, writev, int descriptor, const iovec* vectors, int count) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !Modelled(descriptor)) return REAL(writev)(descriptor, vectors, count);
  if (Denies(self, descriptor, POLLOUT, false)) return -1;
  iovec part;
  if (Shorten(self, descriptor, vectors, count, /*writes=*/true, &part)) {
    vectors = &part;
    count = 1;
  }
  if (NonBlocking(descriptor)) {
    HEDDLE_IO(descriptor, POLLOUT, true, REAL(writev)(descriptor, vectors, count));
  }
  ssize_t done = 0;
  for (int i = 0; i < count; ++i) {
    const ssize_t written = WriteAll(
        self, descriptor, static_cast<const char*>(vectors[i].iov_base), vectors[i].iov_len, 0);
    if (written < 0) return done > 0 ? done : -1;
    done += written;
  }
  return done;
}

INTERPOSE(ssize_t, recv, int descriptor, void* buffer, size_t size, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(recv)(descriptor, buffer, size, flags);
  if ((flags & MSG_WAITALL) != 0) Unmodelled("recv with MSG_WAITALL");
  const bool never_blocks = (flags & MSG_DONTWAIT) != 0;
  if (Denies(self, descriptor, POLLIN, never_blocks)) return -1;
  HEDDLE_READ(never_blocks, size, REAL(recv)(descriptor, buffer, most, flags));
}

INTERPOSE(ssize_t, recvfrom, int descriptor, void* buffer, size_t size, int flags,
          sockaddr* address, socklen_t* length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(recvfrom)(descriptor, buffer, size, flags, address, length);
  const bool never_blocks = (flags & MSG_DONTWAIT) != 0;
  if (Denies(self, descriptor, POLLIN, never_blocks)) return -1;
  HEDDLE_READ(never_blocks, size, REAL(recvfrom)(descriptor, buffer, most, flags, address, length));
}

INTERPOSE(ssize_t, recvmsg, int descriptor, msghdr* message, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(recvmsg)(descriptor, message, flags);
  if (Denies(self, descriptor, POLLIN, (flags & MSG_DONTWAIT) != 0)) return -1;
  HEDDLE_IO(descriptor, POLLIN, (flags & MSG_DONTWAIT) != 0,
            REAL(recvmsg)(descriptor, message, flags));
}

INTERPOSE(ssize_t, send, int descriptor, const void* buffer, size_t size, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(send)(descriptor, buffer, size, flags);
  if (Denies(self, descriptor, POLLOUT, (flags & MSG_DONTWAIT) != 0)) return -1;
  size = WriteSize(self, descriptor, size);
  if ((flags & MSG_DONTWAIT) == 0 && !NonBlocking(descriptor)) {
    return WriteAll(self, descriptor, static_cast<const char*>(buffer), size, flags);
  }
  HEDDLE_IO(descriptor, POLLOUT, true, REAL(send)(descriptor, buffer, size, flags));
}

INTERPOSE(ssize_t, sendto, int descriptor, const void* buffer, size_t size, int flags,
          const sockaddr* address, socklen_t length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sendto)(descriptor, buffer, size, flags, address, length);
  if (Denies(self, descriptor, POLLOUT, (flags & MSG_DONTWAIT) != 0)) return -1;
  size = WriteSize(self, descriptor, size);
  HEDDLE_IO(descriptor, POLLOUT, (flags & MSG_DONTWAIT) != 0,
            REAL(sendto)(descriptor, buffer, size, flags, address, length));
}

INTERPOSE(ssize_t, sendmsg, int descriptor, const msghdr* message, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sendmsg)(descriptor, message, flags);
  if (Denies(self, descriptor, POLLOUT, (flags & MSG_DONTWAIT) != 0)) return -1;
  HEDDLE_IO(descriptor, POLLOUT, (flags & MSG_DONTWAIT) != 0,
            REAL(sendmsg)(descriptor, message, flags));
}

INTERPOSE(int, accept, int descriptor, sockaddr* address, socklen_t* length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(accept)(descriptor, address, length);
  if (Denies(self, descriptor, POLLIN, false)) return -1;
  HEDDLE_IO(descriptor, POLLIN, false, REAL(accept)(descriptor, address, length));
}

INTERPOSE(int, accept4, int descriptor, sockaddr* address, socklen_t* length, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(accept4)(descriptor, address, length, flags);
  if (Denies(self, descriptor, POLLIN, false)) return -1;
  HEDDLE_IO(descriptor, POLLIN, false, REAL(accept4)(descriptor, address, length, flags));
}

INTERPOSE(int, connect, int descriptor, const sockaddr* address, socklen_t length) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(connect)(descriptor, address, length);
  if (address->sa_family != AF_UNIX) Unmodelled("connect to a network address");
  HEDDLE_IO(descriptor, POLLOUT, true, REAL(connect)(descriptor, address, length));
}

INTERPOSE(int, shutdown, int descriptor, int how) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(shutdown)(descriptor, how);
  HEDDLE_IO(descriptor, 0, true, REAL(shutdown)(descriptor, how));
}

INTERPOSE(int, close, int descriptor) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr || !Modelled(descriptor)) return REAL(close)(descriptor);
  PointOn(self, OpKind::kIo, Access::kWrite, kIoObject);
  TimerClosed(descriptor);
  if (descriptor < kMostDescriptors) watched_for_edges[descriptor] = false;
  Uncontrolled scope;
  const int result = REAL(close)(descriptor);
  IoChanged();
  return result;
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

// --- epoll, poll, select ---

INTERPOSE(int, epoll_ctl, int epoll, int operation, int descriptor, epoll_event* event) {
  Thread* self = HEDDLE_SELF;
  NoteWatch(operation, descriptor, event);
  if (self == nullptr) return REAL(epoll_ctl)(epoll, operation, descriptor, event);
  HEDDLE_IO(epoll, 0, true, REAL(epoll_ctl)(epoll, operation, descriptor, event));
}

INTERPOSE(int, epoll_wait, int epoll, epoll_event* events, int count, int timeout) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(epoll_wait)(epoll, events, count, timeout);
  return WaitEpoll(self, epoll, events, count, MillisecondDeadline(timeout), timeout != 0);
}

INTERPOSE(int, epoll_pwait, int epoll, epoll_event* events, int count, int timeout,
          const sigset_t* mask) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(epoll_pwait)(epoll, events, count, timeout, mask);
  return WaitEpoll(self, epoll, events, count, MillisecondDeadline(timeout), timeout != 0);
}

INTERPOSE(int, epoll_pwait2, int epoll, epoll_event* events, int count, const timespec* timeout,
          const sigset_t* mask) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(epoll_pwait2)(epoll, events, count, timeout, mask);
  const bool wait = timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
  return WaitEpoll(self, epoll, events, count,
                   timeout == nullptr ? kNever : TimeoutDeadline(timeout), wait);
}

INTERPOSE(int, poll, pollfd* entries, nfds_t count, int timeout) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(poll)(entries, count, timeout);
  return WaitPoll(self, entries, count, MillisecondDeadline(timeout), timeout != 0);
}

INTERPOSE(int, ppoll, pollfd* entries, nfds_t count, const timespec* timeout,
          const sigset_t* mask) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(ppoll)(entries, count, timeout, mask);
  const bool wait = timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
  return WaitPoll(self, entries, count, timeout == nullptr ? kNever : TimeoutDeadline(timeout),
                  wait);
}

INTERPOSE(int, select, int count, fd_set* reads, fd_set* writes, fd_set* excepts,
          timeval* timeout) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(select)(count, reads, writes, excepts, timeout);
  const bool wait = timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_usec != 0;
  const int64_t deadline =
      timeout == nullptr
          ? kNever
          : DeadlineAfter((timeout->tv_sec * int64_t{1'000'000} + timeout->tv_usec) * 1000);
  return WaitSelect(self, count, reads, writes, excepts, deadline, wait);
}

INTERPOSE(int, pselect, int count, fd_set* reads, fd_set* writes, fd_set* excepts,
          const timespec* timeout, const sigset_t* mask) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(pselect)(count, reads, writes, excepts, timeout, mask);
  const bool wait = timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
  return WaitSelect(self, count, reads, writes, excepts,
                    timeout == nullptr ? kNever : TimeoutDeadline(timeout), wait);
}

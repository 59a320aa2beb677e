// Operations on descriptors: pipes, sockets, eventfds, epoll sets. Regular files go straight
// through.
//
// The kernel does not model what is in a pipe; the real kernel keeps it. A call that may block is
// offered only when poll() says it will not (asked again whenever any simulated thread has done
// something to a descriptor), and then done for real. All of them touch one object, kIoObject: what
// makes which descriptor ready is not tracked further.
//
// What descriptors 0 to 2 were when the execution began leads outside: writing there is no point,
// and a read that would block there is an error, because what comes from outside cannot be
// replayed.
//
// Called by the running thread `self`, outside Uncontrolled. None of them changes errno but where
// it says so.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_DESCRIPTORS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_DESCRIPTORS_H_

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/io_faults.h"
#include "sim/runtime/interpose/net.h"

namespace heddle::sim::runtime {

// Whether operations on it are points: not those on files of a file system, and not those on what
// leads outside.
bool Modelled(int descriptor);
// Before the first execution: what leads outside.
void TakeOutside();
bool NonBlocking(int descriptor);
// Makes a descriptor non-blocking while a real call is done that has no flag for it. Nobody sees
// it: the thread that has control keeps it.
class NonBlockingScope {
 public:
  explicit NonBlockingScope(int descriptor);
  ~NonBlockingScope();
  NonBlockingScope(const NonBlockingScope&) = delete;
  NonBlockingScope& operator=(const NonBlockingScope&) = delete;

 private:
  int descriptor_;
  long mode_;
};
// Whether poll() says one of `events` now.
bool PollNow(int descriptor, short events);

// A read from outside that would block ends in a finding.
void CheckOutside(int descriptor);

inline void IoPoint(Thread* self) { PointOn(self, OpKind::kIo, Access::kWrite, kIoObject); }
// The point in front of an operation on one descriptor. True when the operation will not block:
// when poll() says one of `events`, or at once on a non-blocking one. False when the socket's own
// timeout (SO_RCVTIMEO, SO_SNDTIMEO) came first: errno is EAGAIN.
// False also when an internet socket's state forbids it: errno says why. `flags` are send()'s.
bool BeforeIo(Thread* self, int descriptor, short events, bool never_blocks, int flags = 0);
// When a blocking operation on it gives up (SO_RCVTIMEO, SO_SNDTIMEO).
int64_t TimeoutOf(int descriptor, short events);
// Waits until any descriptor may have changed, for what poll() does not tell. False: the deadline
// came first, or a signal (Thread::interrupted).
bool WaitForIoChange(Thread* self, int64_t deadline = kNever);

// Behind the real call: what it did reaches the other end of an internet socket. The result that
// the program sees.
template <typename Result>
Result AfterIo(int descriptor, short events, Result result) {
  if (NetSocket* socket = NetOf(descriptor)) {
    result = static_cast<Result>(NetAfter(socket, events, static_cast<ssize_t>(result)));
  }
  IoChanged();
  return result;
}

// The whole operation: its point, then the real call.
template <typename Call>
auto DoIo(Thread* self, int descriptor, short events, bool never_blocks, Call call, int flags = 0) {
  using Result = decltype(call());
  if (!BeforeIo(self, descriptor, events, never_blocks, flags)) return Result{-1};
  return AfterIo(descriptor, events, static_cast<Result>(CallReal(call)));
}

// The same for one that a fault may end before it has done anything.
template <typename Call>
auto DoDeniableIo(Thread* self, int descriptor, short events, bool never_blocks, Call call) {
  using Result = decltype(call());
  if (Denies(self, descriptor, events, never_blocks)) return Result{-1};
  return DoIo(self, descriptor, events, never_blocks, call);
}

// A read of at most `size` bytes, which a fault may deny or cut short: call(most).
template <typename Call>
ssize_t DoRead(Thread* self, int descriptor, bool never_blocks, size_t size, Call call) {
  if (Denies(self, descriptor, POLLIN, never_blocks)) return -1;
  if (!BeforeIo(self, descriptor, POLLIN, never_blocks)) return -1;
  const size_t most = ReadSize(self, descriptor, size);
  return AfterIo(descriptor, POLLIN, CallReal([&] { return call(most); }));
}

// A socket whose messages have boundaries, as those of datagrams have.
bool IsMessageSocket(int descriptor);

// Blocking operations that the system does piece by piece: others may run between the pieces, so
// each is a point. All return what the system call would, errno included; `flags` are send()'s and
// recv()'s.

// Writes all of it, waiting for room in between.
ssize_t WriteAll(Thread* self, int descriptor, const void* data, size_t size, int flags);
// The same for a message on a socket: its first piece carries the ancillary data.
ssize_t SendAll(Thread* self, int descriptor, const msghdr& message, int flags);
// Reads all of it from a stream, or up to its end (MSG_WAITALL).
ssize_t ReceiveAll(Thread* self, int descriptor, void* data, size_t size, int flags);

// Of an internet socket for datagrams, blocking or not: `flags` are sendmsg()'s and recvmsg()'s.
ssize_t SendDatagram(Thread* self, int descriptor, const msghdr& message, int flags);
ssize_t ReceiveDatagram(Thread* self, int descriptor, msghdr* message, int flags);

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_DESCRIPTORS_H_

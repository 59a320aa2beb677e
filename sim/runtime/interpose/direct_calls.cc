#include "sim/runtime/interpose/direct_calls.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

#include "sim/runtime/core/context.h"
#include "sim/runtime/interpose/interpose.h"

// What a sanitizer's interceptor calls. Null where it has none.
#define HEDDLE_SANITIZERS(name, symbol)                                    \
  extern "C" __attribute__((weak)) void* heddle_sanitizers_##name __asm__( \
      "_ZN14__interception" symbol "E")
HEDDLE_SANITIZERS(read, "9real_read");
HEDDLE_SANITIZERS(write, "10real_write");
HEDDLE_SANITIZERS(readv, "10real_readv");
HEDDLE_SANITIZERS(writev, "11real_writev");
HEDDLE_SANITIZERS(close, "10real_close");
HEDDLE_SANITIZERS(poll, "9real_poll");
HEDDLE_SANITIZERS(epoll_wait, "15real_epoll_wait");

namespace heddle::sim::runtime {
namespace {

long Direct(long number, long a, long b = 0, long c = 0, long d = 0, long e = 0) {
  const long result = RawSyscall(number, a, b, c, d, e);
  if (!SystemCallFailed(result)) return result;
  errno = static_cast<int>(-result);
  return -1;
}

ssize_t Read(int descriptor, void* buffer, size_t size) {
  return Direct(SYS_read, descriptor, AsWord(buffer), static_cast<long>(size));
}
ssize_t Write(int descriptor, const void* buffer, size_t size) {
  return Direct(SYS_write, descriptor, AsWord(buffer), static_cast<long>(size));
}
ssize_t ReadParts(int descriptor, const iovec* parts, int count) {
  return Direct(SYS_readv, descriptor, AsWord(parts), count);
}
ssize_t WriteParts(int descriptor, const iovec* parts, int count) {
  return Direct(SYS_writev, descriptor, AsWord(parts), count);
}
int Close(int descriptor) { return static_cast<int>(Direct(SYS_close, descriptor)); }
int Poll(pollfd* entries, nfds_t count, int timeout) {
  return static_cast<int>(Direct(SYS_poll, AsWord(entries), static_cast<long>(count), timeout));
}
int EpollWait(int epoll, epoll_event* events, int count, int timeout) {
  return static_cast<int>(Direct(SYS_epoll_wait, epoll, AsWord(events), count, timeout));
}
// The system's call of this name is libc's: both write back the time that is left.
int Select(int count, fd_set* reads, fd_set* writes, fd_set* excepts, timeval* timeout) {
  return static_cast<int>(
      Direct(SYS_select, count, AsWord(reads), AsWord(writes), AsWord(excepts), AsWord(timeout)));
}

struct DirectCall {
  const char* name;
  void* function;
  void** sanitizers;
};

template <typename Function>
DirectCall To(const char* name, Function* function, void** sanitizers) {
  return {name, reinterpret_cast<void*>(function), sanitizers};
}

}  // namespace

void MakeCallsDirectly() {
  const DirectCall calls[] = {To("read", Read, &heddle_sanitizers_read),
                              To("write", Write, &heddle_sanitizers_write),
                              To("readv", ReadParts, &heddle_sanitizers_readv),
                              To("writev", WriteParts, &heddle_sanitizers_writev),
                              To("close", Close, &heddle_sanitizers_close),
                              To("poll", Poll, &heddle_sanitizers_poll),
                              To("epoll_wait", EpollWait, &heddle_sanitizers_epoll_wait),
                              To("select", Select, nullptr)};
  for (const DirectCall& call : calls) {
    ReplaceRealFunction(call.name, call.function);
    if (call.sanitizers != nullptr) *call.sanitizers = call.function;
  }
}

}  // namespace heddle::sim::runtime

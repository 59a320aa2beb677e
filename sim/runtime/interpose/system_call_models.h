// Modelled system calls that take or give something else than libc's functions do. Each is called
// by the running thread with the call's arguments, and answers as the system does.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALL_MODELS_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALL_MODELS_H_

#include <cerrno>
#include <type_traits>

#include "sim/runtime/core/thread.h"

namespace heddle::sim::runtime::system_calls {

using Arguments = const long[6];

// What a libc function that tells errors by -1 and errno has answered.
inline long ErrorOr(long result) { return result == -1 ? -errno : result; }

template <typename T>
T As(long word) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<T>(word);
  } else {
    return static_cast<T>(word);
  }
}

long Open(Thread* self, Arguments& a);
long Creat(Thread* self, Arguments& a);
long OpenAt(Thread* self, Arguments& a);
long Fcntl(Thread* self, Arguments& a);
long Ioctl(Thread* self, Arguments& a);
long Eventfd(Thread* self, Arguments& a);
long InotifyInit(Thread* self, Arguments& a);
long SigProcMask(Thread* self, Arguments& a);
long SigAction(Thread* self, Arguments& a);
long SigPending(Thread* self, Arguments& a);
long SigSuspend(Thread* self, Arguments& a);
long SigTimedWait(Thread* self, Arguments& a);
long SigQueue(Thread* self, Arguments& a);
long TKill(Thread* self, Arguments& a);
long TgKill(Thread* self, Arguments& a);
long TgSigQueue(Thread* self, Arguments& a);
long TimerCreate(Thread* self, Arguments& a);
long SignalFd(Thread* self, Arguments& a);
long SignalFd4(Thread* self, Arguments& a);
long PPoll(Thread* self, Arguments& a);
long PSelect(Thread* self, Arguments& a);
long EpollPWait(Thread* self, Arguments& a);
long EpollPWait2(Thread* self, Arguments& a);
long ClockNanosleep(Thread* self, Arguments& a);
long GetTimeOfDay(Thread* self, Arguments& a);
long GetAffinity(Thread* self, Arguments& a);
long GetCpu(Thread* self, Arguments& a);
long PrLimit(Thread* self, Arguments& a);
long Prctl(Thread* self, Arguments& a);
long CallFutex(Thread* self, Arguments& a);
long Membarrier(Thread* self, Arguments& a);
long Exit(Thread* self, Arguments& a);
long ExitGroup(Thread* self, Arguments& a);
long Clone(Thread* self, Arguments& a);
long WaitId(Thread* self, Arguments& a);

}  // namespace heddle::sim::runtime::system_calls

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_SYSTEM_CALL_MODELS_H_

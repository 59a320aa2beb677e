// Processes, identity and randomness: what must not leak in, and what the kernel refuses.
#include "sim/runtime/interpose/process.h"

#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/system_code.h"

HEDDLE_REAL(getpid, int)
HEDDLE_REAL(get_nprocs, int)
HEDDLE_REAL(sched_getcpu, int)
HEDDLE_REAL(sysconf, long, int)
HEDDLE_REAL(getppid, int)
HEDDLE_REAL(gettid, int)
HEDDLE_REAL(kill, int, int, int)
HEDDLE_REAL(getrandom, ssize_t, void*, size_t, unsigned)
HEDDLE_REAL(getentropy, int, void*, size_t)
HEDDLE_REAL(arc4random, uint32_t)
HEDDLE_REAL(arc4random_buf, void, void*, size_t)
HEDDLE_REAL(arc4random_uniform, uint32_t, uint32_t)
HEDDLE_REAL(open, int, const char*, int, mode_t)
HEDDLE_REAL(open64, int, const char*, int, mode_t)
HEDDLE_REAL(openat, int, int, const char*, int, mode_t)
HEDDLE_REAL(fopen, void*, const char*, const char*)
HEDDLE_REAL(fopen64, void*, const char*, const char*)
HEDDLE_REAL(_ZNSt13random_device9_M_getvalEv, unsigned, void*)
HEDDLE_REAL(__cxa_atexit, int, void (*)(void*), void*, void*)

extern "C" __attribute__((visibility("hidden"))) void* __dso_handle;

namespace heddle::sim::runtime {

namespace {
constexpr int kProcessNumber = 4242;
constexpr int kProcessors = 4;

bool IsRandomDevice(const char* path) {
  return strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0;
}

// A file of bytes from the schedule's stream stands in for the device. Whoever needs more than this
// in one execution reads an end of file, not other numbers.
int OpenRandom(Thread* self);

}  // namespace

// --- Which calls are the program's ---
namespace {

struct Range {
  uintptr_t begin, end;
};
constinit Range system_code[4] = {};
constinit int system_count = 0;

int FindSystem(dl_phdr_info* info, size_t, void*) {
  bool found = false;
  for (const char* name : {"/libc.so", "/ld-linux", "/libgcc_s.so"}) {
    found |= strstr(info->dlpi_name, name) != nullptr;
  }
  if (!found) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0 || system_count == 4) continue;
    const uintptr_t begin = info->dlpi_addr + header.p_vaddr;
    system_code[system_count++] = {begin, begin + header.p_memsz};
  }
  return 0;
}

}  // namespace

void InitSystemRanges() { dl_iterate_phdr(FindSystem, nullptr); }

bool FromSystem(const void* caller) {
  const auto address = reinterpret_cast<uintptr_t>(caller);
  for (int i = 0; i < system_count; ++i) {
    if (address - system_code[i].begin < system_code[i].end - system_code[i].begin) return true;
  }
  return false;
}

// --- Calls at exit ---
// libc calls them, in tsan the sanitizer in between: a handler that is `free` itself, or ends by
// jumping there, would be libc's call in one flavour and the program's in the other. So they are
// called from here.
namespace {

struct ExitCall {
  void (*function)(void*);
  void* argument;
};
constexpr uint32_t kMaxExitCalls = 4096;  // further ones are libc's as they are
constinit ExitCall exit_calls[kMaxExitCalls] = {};
constinit uint32_t exit_call_count = 0;

void RunExitCall(void* raw) {
  const ExitCall& call = *static_cast<ExitCall*>(raw);
  call.function(call.argument);
  asm volatile("");  // comes back to here
}

void RunPlainExitCall(void* raw) {
  reinterpret_cast<void (*)()>(static_cast<ExitCall*>(raw)->function)();
  asm volatile("");
}

// Null without a supervisor: then exit is not under control.
ExitCall* NewExitCall(void (*function)(void*), void* argument) {
  if (kernel.control == nullptr) return nullptr;
  const uint32_t index = __atomic_fetch_add(&exit_call_count, 1, __ATOMIC_RELAXED);
  if (index >= kMaxExitCalls) return nullptr;
  exit_calls[index] = {function, argument};
  return &exit_calls[index];
}

}  // namespace

int VirtualThreadId(Thread* self) { return kProcessNumber + static_cast<int>(self->number); }

void FillRandom(Thread* self, void* buffer, size_t size) {
  PointOn(self, OpKind::kRandom, Access::kWrite, kRandomObject);
  auto* bytes = static_cast<unsigned char*>(buffer);
  for (size_t i = 0; i < size; i += 8) {
    const uint64_t word = kernel.program_random.Next();
    memcpy(bytes + i, &word, size - i < 8 ? size - i : 8);
  }
}

namespace {
int OpenRandom(Thread* self) {
  unsigned char bytes[16384];
  FillRandom(self, bytes, sizeof bytes);
  const long descriptor = RawSyscall(SYS_memfd_create, reinterpret_cast<long>("heddle-random"), 0);
  if (descriptor < 0) Unmodelled("opening the random device without memfd");
  for (int i = 0; i < 16; ++i) {
    RawSyscall(SYS_write, descriptor, reinterpret_cast<long>(bytes), sizeof bytes);
  }
  RawSyscall(SYS_lseek, descriptor, 0, SEEK_SET);
  return static_cast<int>(descriptor);
}
}  // namespace

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

// The same machine everywhere: programs size their pools by it.
INTERPOSE(int, get_nprocs, ) { return tls_self != nullptr ? kProcessors : REAL(get_nprocs)(); }
INTERPOSE(long, sysconf, int name) {
  const bool processors = name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF;
  return tls_self != nullptr && processors ? kProcessors : REAL(sysconf)(name);
}
INTERPOSE(int, sched_getcpu, ) { return tls_self != nullptr ? 0 : REAL(sched_getcpu)(); }

INTERPOSE(int, getpid, ) { return tls_self != nullptr ? kProcessNumber : REAL(getpid)(); }
INTERPOSE(int, getppid, ) { return tls_self != nullptr ? kProcessNumber - 1 : REAL(getppid)(); }
INTERPOSE(int, gettid, ) {
  Thread* self = HEDDLE_SELF;
  return self != nullptr ? VirtualThreadId(self) : REAL(gettid)();
}

INTERPOSE(int, kill, int process, int signal) {
  if (tls_self == nullptr) return REAL(kill)(process, signal);
  if (process != kProcessNumber) Unmodelled("kill (a signal to another process)");
  Uncontrolled scope;
  return REAL(kill)(kernel.carrier.process, signal);
}

// (ThreadSanitizer's own loses the argument when there is no module; so the executable is named.)
INTERPOSE(int, __cxa_atexit, void (*function)(void*), void* argument, void* module) {
  ExitCall* call = NewExitCall(function, argument);
  if (call == nullptr) return REAL(__cxa_atexit)(function, argument, module);
  return REAL(__cxa_atexit)(RunExitCall, call, module != nullptr ? module : &__dso_handle);
}

INTERPOSE(int, atexit, void (*function)()) {
  auto* plain = reinterpret_cast<void (*)(void*)>(function);
  ExitCall* call = NewExitCall(plain, nullptr);
  if (call == nullptr) return REAL(__cxa_atexit)(plain, nullptr, nullptr);
  return REAL(__cxa_atexit)(RunPlainExitCall, call, &__dso_handle);
}

// --- Randomness ---

INTERPOSE(ssize_t, getrandom, void* buffer, size_t size, unsigned flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(getrandom)(buffer, size, flags);
  FillRandom(self, buffer, size);
  return static_cast<ssize_t>(size);
}

INTERPOSE(int, getentropy, void* buffer, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(getentropy)(buffer, size);
  FillRandom(self, buffer, size);
  return 0;
}

INTERPOSE(uint32_t, arc4random, ) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(arc4random)();
  uint32_t value;
  FillRandom(self, &value, sizeof value);
  return value;
}

INTERPOSE(void, arc4random_buf, void* buffer, size_t size) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(arc4random_buf)(buffer, size);
  FillRandom(self, buffer, size);
}

INTERPOSE(uint32_t, arc4random_uniform, uint32_t bound) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(arc4random_uniform)(bound);
  uint32_t value;
  FillRandom(self, &value, sizeof value);
  return bound == 0 ? 0 : static_cast<uint32_t>((uint64_t{value} * bound) >> 32);
}

// libstdc++ asks the processor (rdrand, rdseed): its own entry point is taken over instead.
INTERPOSE(unsigned, _ZNSt13random_device9_M_getvalEv, void* device) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(_ZNSt13random_device9_M_getvalEv)(device);
  unsigned value;
  FillRandom(self, &value, sizeof value);
  return value;
}

INTERPOSE(int, open, const char* path, int flags, mode_t mode) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && IsRandomDevice(path)) return OpenRandom(self);
  return REAL(open)(path, flags, mode);
}

INTERPOSE(int, open64, const char* path, int flags, mode_t mode) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && IsRandomDevice(path)) return OpenRandom(self);
  return REAL(open64)(path, flags, mode);
}

INTERPOSE(int, openat, int directory, const char* path, int flags, mode_t mode) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && IsRandomDevice(path)) return OpenRandom(self);
  return REAL(openat)(directory, path, flags, mode);
}

INTERPOSE(void*, fopen, const char* path, const char* mode) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && IsRandomDevice(path)) return fdopen(OpenRandom(self), mode);
  return REAL(fopen)(path, mode);
}

INTERPOSE(void*, fopen64, const char* path, const char* mode) {
  Thread* self = HEDDLE_SELF;
  if (self != nullptr && IsRandomDevice(path)) return fdopen(OpenRandom(self), mode);
  return REAL(fopen64)(path, mode);
}

// --- What is refused ---
// Each could block, or bring in what cannot be replayed. Uncontrolled calls go straight through;
// six words of arguments are enough for all of them.
#define HEDDLE_REFUSE(name)                                               \
  HEDDLE_REAL(name, long, long, long, long, long, long, long)             \
  INTERPOSE(long, name, long a, long b, long c, long d, long e, long f) { \
    if (tls_self != nullptr) Unmodelled(#name);                           \
    return REAL(name)(a, b, c, d, e, f);                                  \
  }
HEDDLE_REFUSE(fork)
HEDDLE_REFUSE(execve)
HEDDLE_REFUSE(execv)
HEDDLE_REFUSE(execvp)
HEDDLE_REFUSE(system)
HEDDLE_REFUSE(popen)
HEDDLE_REFUSE(posix_spawn)
HEDDLE_REFUSE(posix_spawnp)
HEDDLE_REFUSE(wait)
HEDDLE_REFUSE(waitpid)
HEDDLE_REFUSE(waitid)
HEDDLE_REFUSE(pause)
HEDDLE_REFUSE(sigsuspend)
HEDDLE_REFUSE(sigwait)
HEDDLE_REFUSE(sigwaitinfo)
HEDDLE_REFUSE(sigtimedwait)
HEDDLE_REFUSE(alarm)
HEDDLE_REFUSE(setitimer)
HEDDLE_REFUSE(timer_create)
HEDDLE_REFUSE(signalfd)
HEDDLE_REFUSE(flock)
HEDDLE_REFUSE(lockf)
HEDDLE_REFUSE(mq_receive)
HEDDLE_REFUSE(mq_send)
HEDDLE_REFUSE(mq_timedreceive)
HEDDLE_REFUSE(mq_timedsend)
HEDDLE_REFUSE(msgrcv)
HEDDLE_REFUSE(msgsnd)
HEDDLE_REFUSE(semop)
HEDDLE_REFUSE(semtimedop)
HEDDLE_REFUSE(recvmmsg)
HEDDLE_REFUSE(sendmmsg)
HEDDLE_REFUSE(splice)
HEDDLE_REFUSE(getaddrinfo)
HEDDLE_REFUSE(gethostbyname)
HEDDLE_REFUSE(pthread_mutex_setprioceiling)
HEDDLE_REFUSE(io_submit)
HEDDLE_REFUSE(aio_suspend)

// vfork cannot be wrapped (its frame would be gone when the parent comes back): a fork does the
// same.
INTERPOSE(long, vfork, ) { return heddle_fork(0, 0, 0, 0, 0, 0); }

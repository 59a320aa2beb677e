// The machine that programs see: the same everywhere. Processors, memory, load, host name, user and
// used CPU time do not depend on where an execution runs. (Clocks: time.cc. Identity of processes
// and threads: process.cc.)
//
// Every route to a value gives the same answer: the libc call, sysconf(), and the files below /proc
// and /sys.
#include "sim/runtime/interpose/machine.h"

#include <sched.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/thread_pool.h"

HEDDLE_REAL(getrusage, int, int, struct rusage*)
HEDDLE_REAL(times, clock_t, struct tms*)
HEDDLE_REAL(get_nprocs, int)
HEDDLE_REAL(get_nprocs_conf, int)
HEDDLE_REAL(sched_getcpu, int)
HEDDLE_REAL(sysconf, long, int)
HEDDLE_REAL(sysinfo, int, struct sysinfo*)
HEDDLE_REAL(getloadavg, int, double*, int)
HEDDLE_REAL(sched_getaffinity, int, pid_t, size_t, cpu_set_t*)
HEDDLE_REAL(sched_setaffinity, int, pid_t, size_t, const cpu_set_t*)
HEDDLE_REAL(pthread_getaffinity_np, int, pthread_t, size_t, cpu_set_t*)
HEDDLE_REAL(pthread_setaffinity_np, int, pthread_t, size_t, const cpu_set_t*)
HEDDLE_REAL(uname, int, struct utsname*)
HEDDLE_REAL(gethostname, int, char*, size_t)
HEDDLE_REAL(getuid, uid_t)
HEDDLE_REAL(geteuid, uid_t)
HEDDLE_REAL(getgid, gid_t)
HEDDLE_REAL(getegid, gid_t)
HEDDLE_REAL(getresuid, int, uid_t*, uid_t*, uid_t*)
HEDDLE_REAL(getresgid, int, gid_t*, gid_t*, gid_t*)

namespace heddle::sim::runtime {

namespace {

constexpr int kProcessors = 4;
constexpr uint32_t kAllProcessors = (1u << kProcessors) - 1;
constexpr uint64_t kMemoryBytes = uint64_t{8} << 30;
constexpr long kPage = 4096;
constexpr char kHostName[] = "heddle";

struct File {
  const char* path;
  const char* text;
};
// As long as programs read them for: which processors there are, and how busy they are.
constexpr File kFiles[] = {
    {"/sys/devices/system/cpu/online", "0-3\n"},
    {"/sys/devices/system/cpu/possible", "0-3\n"},
    {"/sys/devices/system/cpu/present", "0-3\n"},
    {"/proc/loadavg", "0.00 0.00 0.00 1/1 4242\n"},
    {"/proc/uptime", "1000.00 4000.00\n"},
    {"/proc/stat",
     "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n"
     "cpu2 0 0 0 0 0 0 0 0 0 0\ncpu3 0 0 0 0 0 0 0 0 0 0\nbtime 1699999000\n"},
    {"/proc/cpuinfo", "processor\t: 0\n\nprocessor\t: 1\n\nprocessor\t: 2\n\nprocessor\t: 3\n\n"},
    {"/proc/meminfo",
     "MemTotal:        8388608 kB\nMemFree:         4194304 kB\nMemAvailable:    4194304 kB\n"},
    {"/sys/fs/cgroup/cpu.max", "max 100000\n"},
    {"/sys/fs/cgroup/memory.max", "max\n"},
    {"/proc/sys/kernel/hostname", "heddle\n"},
};

timeval AsTimeval(int64_t ns) { return {ns / 1'000'000'000, ns % 1'000'000'000 / 1'000}; }

// As the system call: how many bytes of the mask were written, or -1.
int GetAffinity(const Thread* thread, size_t size, cpu_set_t* set) {
  if (size < sizeof(unsigned long)) {
    errno = EINVAL;
    return -1;
  }
  memset(set, 0, size);
  memcpy(set, &thread->own.processors, sizeof thread->own.processors);
  return 0;
}

int SetAffinity(Thread* thread, size_t size, const cpu_set_t* set) {
  uint32_t wanted = 0;
  memcpy(&wanted, set, size < sizeof wanted ? size : sizeof wanted);
  wanted &= kAllProcessors;
  if (wanted == 0) {
    errno = EINVAL;
    return -1;
  }
  thread->own.processors = wanted;
  return 0;
}

int HostName(char* name, size_t size) {
  if (size < sizeof kHostName) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(name, kHostName, sizeof kHostName);
  return 0;
}

}  // namespace

void FixRandomBytes() {
  constexpr int kBytes = 16;  // getauxval(3)
  auto* bytes = reinterpret_cast<unsigned char*>(getauxval(AT_RANDOM));
  if (bytes == nullptr) return;
  for (int i = 0; i < kBytes; ++i) bytes[i] = static_cast<unsigned char>(17 * i + 1);
}

int OpenMachineFile(const char* path) {
  if (path == nullptr || path[0] != '/') return -1;
  for (const File& file : kFiles) {
    if (strcmp(path, file.path) != 0) continue;
    const long descriptor = RawSyscall(SYS_memfd_create, reinterpret_cast<long>("heddle-file"), 0);
    if (descriptor < 0) Unmodelled("a file of the system without memfd");
    RawSyscall(SYS_write, descriptor, reinterpret_cast<long>(file.text),
               static_cast<long>(strlen(file.text)));
    RawSyscall(SYS_lseek, descriptor, 0, SEEK_SET);
    return static_cast<int>(descriptor);
  }
  return -1;
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, getrusage, int who, struct rusage* usage) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(getrusage)(who, usage);
  if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD) {
    errno = EINVAL;
    return -1;
  }
  memset(usage, 0, sizeof *usage);
  if (who != RUSAGE_CHILDREN) usage->ru_utime = AsTimeval(ReadClock(self));
  return 0;
}

INTERPOSE(clock_t, times, struct tms* buffer) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(times)(buffer);
  constexpr int64_t kNsPerTick = 10'000'000;  // sysconf(_SC_CLK_TCK) is 100
  const int64_t now = ReadClock(self);
  if (buffer != nullptr) {
    *buffer = {};
    buffer->tms_utime = now / kNsPerTick;
  }
  return (static_cast<int64_t>(kMonotonicStartNs) + now) / kNsPerTick;
}

INTERPOSE(int, get_nprocs, ) { return HEDDLE_SELF != nullptr ? kProcessors : REAL(get_nprocs)(); }
INTERPOSE(int, get_nprocs_conf, ) {
  return HEDDLE_SELF != nullptr ? kProcessors : REAL(get_nprocs_conf)();
}
INTERPOSE(int, sched_getcpu, ) { return HEDDLE_SELF != nullptr ? 0 : REAL(sched_getcpu)(); }

INTERPOSE(long, sysconf, int name) {
  if (HEDDLE_SELF == nullptr) return REAL(sysconf)(name);
  switch (name) {
    case _SC_NPROCESSORS_ONLN:
    case _SC_NPROCESSORS_CONF:
      return kProcessors;
    case _SC_PHYS_PAGES:
      return static_cast<long>(kMemoryBytes) / kPage;
    case _SC_AVPHYS_PAGES:
      return static_cast<long>(kMemoryBytes) / kPage / 2;
    default:
      return REAL(sysconf)(name);
  }
}

INTERPOSE(int, sysinfo, struct sysinfo* info) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(sysinfo)(info);
  *info = {};
  info->uptime = (static_cast<int64_t>(kMonotonicStartNs) + ReadClock(self)) / 1'000'000'000;
  info->totalram = kMemoryBytes;
  info->freeram = kMemoryBytes / 2;
  info->procs = 1;
  info->mem_unit = 1;
  return 0;
}

INTERPOSE(int, getloadavg, double* averages, int count) {
  if (HEDDLE_SELF == nullptr) return REAL(getloadavg)(averages, count);
  const int filled = count < 3 ? count : 3;
  for (int i = 0; i < filled; ++i) averages[i] = 0;
  return filled;
}

INTERPOSE(int, sched_getaffinity, pid_t process, size_t size, cpu_set_t* set) {
  Thread* self = HEDDLE_SELF;
  return self == nullptr ? REAL(sched_getaffinity)(process, size, set)
                         : GetAffinity(self, size, set);
}

INTERPOSE(int, sched_setaffinity, pid_t process, size_t size, const cpu_set_t* set) {
  Thread* self = HEDDLE_SELF;
  return self == nullptr ? REAL(sched_setaffinity)(process, size, set)
                         : SetAffinity(self, size, set);
}

INTERPOSE(int, pthread_getaffinity_np, pthread_t handle, size_t size, cpu_set_t* set) {
  Thread* self = HEDDLE_SELF;
  Thread* thread = self != nullptr ? FindThread(handle) : nullptr;
  if (thread == nullptr) return REAL(pthread_getaffinity_np)(handle, size, set);
  return GetAffinity(thread, size, set) == 0 ? 0 : errno;
}

INTERPOSE(int, pthread_setaffinity_np, pthread_t handle, size_t size, const cpu_set_t* set) {
  Thread* self = HEDDLE_SELF;
  Thread* thread = self != nullptr ? FindThread(handle) : nullptr;
  if (thread == nullptr) return REAL(pthread_setaffinity_np)(handle, size, set);
  return SetAffinity(thread, size, set) == 0 ? 0 : errno;
}

INTERPOSE(int, uname, struct utsname* name) {
  if (HEDDLE_SELF == nullptr) return REAL(uname)(name);
  *name = {};
  strcpy(name->sysname, "Linux");
  strcpy(name->nodename, kHostName);
  strcpy(name->release, "5.10.0");
  strcpy(name->version, "#1 SMP");
  strcpy(name->machine, "x86_64");
  strcpy(name->domainname, "(none)");
  return 0;
}

INTERPOSE(int, gethostname, char* name, size_t size) {
  return HEDDLE_SELF == nullptr ? REAL(gethostname)(name, size) : HostName(name, size);
}

INTERPOSE(uid_t, getuid, ) { return HEDDLE_SELF != nullptr ? kUser : REAL(getuid)(); }
INTERPOSE(uid_t, geteuid, ) { return HEDDLE_SELF != nullptr ? kUser : REAL(geteuid)(); }
INTERPOSE(gid_t, getgid, ) { return HEDDLE_SELF != nullptr ? kUser : REAL(getgid)(); }
INTERPOSE(gid_t, getegid, ) { return HEDDLE_SELF != nullptr ? kUser : REAL(getegid)(); }

INTERPOSE(int, getresuid, uid_t* user, uid_t* effective, uid_t* saved) {
  if (HEDDLE_SELF == nullptr) return REAL(getresuid)(user, effective, saved);
  *user = *effective = *saved = kUser;
  return 0;
}

INTERPOSE(int, getresgid, gid_t* group, gid_t* effective, gid_t* saved) {
  if (HEDDLE_SELF == nullptr) return REAL(getresgid)(group, effective, saved);
  *group = *effective = *saved = kUser;
  return 0;
}

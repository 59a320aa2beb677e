#include "sim/process/namespaces.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace heddle::sim {
namespace {

constexpr int kPrivate = CLONE_NEWNS | CLONE_NEWIPC;

bool WriteTo(const char* path, const char* text, size_t size) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = write(file, text, size) == static_cast<ssize_t>(size);
  close(file);
  return written;
}

// Appends the decimal digits of `number`. (snprintf is not async-signal-safe.)
char* AppendNumber(char* at, unsigned number) {
  char digits[16];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) *at++ = digits[--count];
  return at;
}

// The user (or group) `id` is itself in the new namespace.
bool MapToItself(const char* path, unsigned id) {
  char text[48];
  char* end = AppendNumber(text, id);
  *end++ = ' ';
  end = AppendNumber(end, id);
  *end++ = ' ';
  *end++ = '1';
  return WriteTo(path, text, static_cast<size_t>(end - text));
}

// A user other than root loses its capabilities when it executes a program, but for ambient ones.
// Overlays have a folder that nobody may enter without CAP_DAC_OVERRIDE.
bool KeepCapabilities() {
  constexpr int kKept[] = {CAP_SYS_ADMIN, CAP_DAC_OVERRIDE};
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2] = {};
  if (syscall(SYS_capget, &header, sets) != 0) return false;
  for (const int each : kKept) sets[0].inheritable |= 1u << each;
  if (syscall(SYS_capset, &header, sets) != 0) return false;
  for (const int each : kKept) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, each, 0, 0) != 0) return false;
  }
  return true;
}

// Mounts as the fork server does (sim/runtime/serve/private_state.cc).
bool CanMount() {
  if (mount("heddle", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") != 0) return false;
  if (mkdir("/dev/shm/upper", 0700) != 0 || mkdir("/dev/shm/work", 0700) != 0) return false;
  const char options[] = "lowerdir=/tmp,upperdir=/dev/shm/upper,workdir=/dev/shm/work";
  return mount("overlay", "/tmp", "overlay", 0, options) == 0;
}

}  // namespace

Namespaces EnterNamespaces() {
  if (unshare(kPrivate) != 0) {
    const unsigned user = geteuid(), group = getegid();
    // Root would lose its power over the files of others.
    if (user == 0) return Namespaces::kRefused;
    if (unshare(CLONE_NEWUSER | kPrivate) != 0) return Namespaces::kRefused;
    const char deny[] = {'d', 'e', 'n', 'y'};
    WriteTo("/proc/self/setgroups", deny, sizeof deny);  // older kernels have no such file
    if (!MapToItself("/proc/self/uid_map", user) || !MapToItself("/proc/self/gid_map", group)) {
      return Namespaces::kBroken;
    }
    if (!KeepCapabilities()) return Namespaces::kRefused;
  }
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return Namespaces::kRefused;
  return Namespaces::kEntered;
}

NamespaceProbe ProbeNamespaces() {
  NamespaceProbe probe;
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return {false, false, errno};
  const pid_t child = fork();
  if (child == 0) {
    probe.entered = EnterNamespaces() == Namespaces::kEntered;
    probe.overlays = probe.entered && CanMount();
    probe.error = probe.overlays ? 0 : errno;
    _exit(write(report[1], &probe, sizeof probe) == sizeof probe ? 0 : 1);
  }
  close(report[1]);
  const bool read_it = read(report[0], &probe, sizeof probe) == sizeof probe;
  close(report[0]);
  if (child > 0) {
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  return read_it ? probe : NamespaceProbe{false, false, EAGAIN};
}

}  // namespace heddle::sim

// Closing many descriptors: close_range, closefrom (close_range(2), closefrom(3)). Each of those
// that are open is closed as by close(); the runtime's own stay.
//
// Not modelled: CLOSE_RANGE_UNSHARE (threads share their descriptors as before).
#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>

#include "sim/runtime/core/child_control.h"
#include "sim/runtime/core/supervised.h"
#include "sim/runtime/interpose/errno_result.h"
#include "sim/runtime/interpose/hidden_descriptors.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/net.h"

HEDDLE_REAL(close_range, int, unsigned, unsigned, int)
HEDDLE_REAL(closefrom, void, int)

namespace heddle::sim::runtime {
namespace {

// Of one look; there may be more.
constexpr int kMostAtOnce = 1024;

// The open descriptors from `first` to `last`, in ascending order. How many.
int OpenDescriptors(unsigned first, unsigned last, int* found) {
  Uncontrolled scope;
  const long folder = RawSyscall(SYS_openat, AT_FDCWD, reinterpret_cast<long>("/proc/self/fd"),
                                 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  KERNEL_CHECK(folder >= 0, "/proc tells of this process");
  int count = 0;
  alignas(dirent64) char entries[4096];
  long size;
  while (count < kMostAtOnce &&
         (size = RawSyscall(SYS_getdents64, folder, reinterpret_cast<long>(entries),
                            sizeof entries)) > 0) {
    for (long at = 0; at < size && count < kMostAtOnce;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      if (entry->d_name[0] == '.') continue;
      const auto descriptor = static_cast<unsigned>(atoi(entry->d_name));
      if (descriptor < first || descriptor > last || descriptor == static_cast<unsigned>(folder) ||
          IsHiddenDescriptor(static_cast<int>(descriptor))) {
        continue;
      }
      found[count++] = static_cast<int>(descriptor);
    }
  }
  RawSyscall(SYS_close, folder);
  return count;
}

int CloseRange(unsigned first, unsigned last, int flags) {
  if (first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0) {
    return ErrnoResult(EINVAL);
  }
  int found[kMostAtOnce];
  int count;
  do {
    count = OpenDescriptors(first, last, found);
    for (int i = 0; i < count; ++i) {
      if ((flags & CLOSE_RANGE_CLOEXEC) != 0) {
        RawSyscall(SYS_fcntl, found[i], F_SETFD, FD_CLOEXEC);
      } else {
        close(found[i]);
      }
    }
    if (count > 0) first = static_cast<unsigned>(found[count - 1]) + 1;
  } while (count == kMostAtOnce);
  return 0;
}

}  // namespace

bool IsHiddenDescriptor(int descriptor) {
  if (descriptor < kControlDescriptor || !Supervised()) return false;
  return descriptor < kFirstHiddenDescriptor || IsChildDescriptor(descriptor) ||
         IsNetworkEnd(descriptor);
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim::runtime;  // NOLINT: the functions below are libc's names

INTERPOSE(int, close_range, unsigned first, unsigned last, int flags) {
  if (!Supervised()) return REAL(close_range)(first, last, flags);
  return CloseRange(first, last, flags);
}

INTERPOSE(void, closefrom, int first) {
  if (!Supervised()) return REAL(closefrom)(first);
  CloseRange(first < 0 ? 0 : static_cast<unsigned>(first), UINT_MAX, 0);
}

#include "sim/runtime/interpose/fifo.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

#include "sim/runtime/interpose/descriptors.h"

namespace heddle::sim::runtime {
namespace {

// An open() that waits for the other end. `met` stays true when that is closed again: who was woken
// goes on.
struct Opening {
  bool used = false;
  bool writes = false;
  bool met = false;
  dev_t device = 0;
  ino_t file = 0;
};
constinit Opening openings[kMaxLiveThreads];

// wait_data: the opening.
bool HasMet(Thread* self) { return static_cast<Opening*>(self->wait_data)->met; }

void WaitForOtherEnd(Thread* self, const struct stat& status, bool writes) {
  Opening* opening = openings;
  while (opening->used) ++opening;  // each thread has one at most
  *opening = {true, writes, false, status.st_dev, status.st_ino};
  self->wait_data = opening;
  WaitIo(self, OpKind::kIoWait, HasMet, kNever);
  opening->used = false;
}

// One end was opened: those who wait for it have met it.
void Meet(const struct stat& status, bool writes) {
  for (Opening& opening : openings) {
    const bool same = opening.file == status.st_ino && opening.device == status.st_dev;
    if (opening.used && same && opening.writes != writes) opening.met = true;
  }
  IoChanged();
}

// Whether the FIFO that is open for reading is open for writing, or was and holds something.
bool HasWriter(int descriptor) {
  int bytes = 0;
  RawSyscall(SYS_ioctl, descriptor, FIONREAD, reinterpret_cast<long>(&bytes));
  if (bytes > 0) return true;
  char byte;
  return RawSyscall(SYS_read, descriptor, reinterpret_cast<long>(&byte), 1) == -EAGAIN;
}

}  // namespace

bool OpenFifo(Thread* self, int directory, const char* path, int flags, int* descriptor) {
  struct stat status = {};
  const int mode = flags & O_ACCMODE;
  if (path == nullptr || mode == O_RDWR || (flags & O_PATH) != 0 ||
      RawSyscall(SYS_newfstatat, directory, reinterpret_cast<long>(path),
                 reinterpret_cast<long>(&status), 0) != 0 ||
      !S_ISFIFO(status.st_mode)) {
    return false;
  }
  const bool writes = mode == O_WRONLY, at_once = (flags & O_NONBLOCK) != 0;
  IoPoint(self);
  long opened;
  for (;;) {
    opened = RawSyscall(SYS_openat, directory, reinterpret_cast<long>(path), flags | O_NONBLOCK, 0);
    if (opened != -ENXIO || !writes || at_once) break;
    WaitForOtherEnd(self, status, writes);  // nobody reads
  }
  if (opened < 0) {
    errno = static_cast<int>(-opened);
    *descriptor = -1;
    return true;
  }
  *descriptor = static_cast<int>(opened);
  Meet(status, writes);
  if (at_once) return true;
  if (!writes && !HasWriter(*descriptor)) WaitForOtherEnd(self, status, writes);
  const long set = RawSyscall(SYS_fcntl, opened, F_GETFL);
  RawSyscall(SYS_fcntl, opened, F_SETFL, set & ~O_NONBLOCK);
  return true;
}

}  // namespace heddle::sim::runtime

// Signals behind descriptors: signalfd (signalfd(2)). Each is an eventfd, which holds something as
// long as a signal of its mask is pending; so polls and epoll work on it as they are. A read takes
// the signals (read_write.cc asks here first).
//
// Not modelled: a descriptor from before control began, or one that was handed on through a socket.
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "sim/runtime/interpose/descriptor_table.h"
#include "sim/runtime/interpose/descriptors.h"
#include "sim/runtime/interpose/interpose.h"
#include "sim/runtime/interpose/signal_delivery.h"

HEDDLE_REAL(signalfd, int, int, const sigset_t*, int)
HEDDLE_REAL(eventfd, int, unsigned, int)

namespace heddle::sim::runtime {
namespace {

constexpr int kMostSignalFiles = 64;  // at a time; programs have a few
struct SignalFile {
  bool used = false;
  SignalSet mask = 0;
};
constinit SignalFile signal_files[kMostSignalFiles] = {};

constinit DescriptorTable<SignalFile, 2 * kMostSignalFiles> signal_descriptors("signalfds");

// Makes the eventfd readable or not; a signal that is new is an edge for epoll.
void UpdateFile(const SignalFile& file, SignalSet pending, SignalSet sent) {
  const int descriptor = signal_descriptors.AnyOf(&file);
  uint64_t count = 1;
  const bool readable = PollNow(descriptor, POLLIN);
  if ((pending & file.mask) != 0) {
    if (readable && (sent & file.mask) == 0) return;
    RawSyscall(SYS_write, descriptor, reinterpret_cast<long>(&count), sizeof count);
  } else if (readable) {
    RawSyscall(SYS_read, descriptor, reinterpret_cast<long>(&count), sizeof count);
  }
}

SignalSet FileMask(const sigset_t* mask) {
  return SetOf(mask) & ~(SignalBit(SIGKILL) | SignalBit(SIGSTOP));
}

signalfd_siginfo Told(const siginfo_t& info) {
  signalfd_siginfo told = {};
  told.ssi_signo = static_cast<uint32_t>(info.si_signo);
  told.ssi_errno = info.si_errno;
  told.ssi_code = info.si_code;
  if (info.si_code == SI_TIMER) {
    told.ssi_tid = static_cast<uint32_t>(info.si_timerid);
    told.ssi_overrun = static_cast<uint32_t>(info.si_overrun);
  } else {
    told.ssi_pid = static_cast<uint32_t>(info.si_pid);
    told.ssi_uid = info.si_uid;
  }
  if (info.si_code == SI_QUEUE || info.si_code == SI_TIMER) {
    told.ssi_ptr = reinterpret_cast<uint64_t>(info.si_value.sival_ptr);
    told.ssi_int = info.si_value.sival_int;
  } else if (info.si_signo == SIGCHLD) {
    told.ssi_status = info.si_status;
  }
  return told;
}

// wait_data: the file.
bool SomethingToRead(Thread* self) {
  return (PendingFor(self) & static_cast<const SignalFile*>(self->wait_data)->mask) != 0;
}

}  // namespace

void UpdateSignalDescriptors(SignalSet sent) {
  if (signal_descriptors.empty()) return;
  const SignalSet pending = PendingForAny();
  for (const SignalFile& file : signal_files) {
    if (file.used) UpdateFile(file, pending, sent);
  }
}

bool IsSignalDescriptor(int descriptor) { return signal_descriptors.Find(descriptor) != nullptr; }

ssize_t ReadSignalDescriptor(Thread* self, int descriptor, void* buffer, size_t size) {
  SignalFile* file = signal_descriptors.Find(descriptor);
  if (size < sizeof(signalfd_siginfo)) {
    errno = EINVAL;
    return -1;
  }
  size_t done = 0;
  const auto take = [&] {
    siginfo_t info;
    while (size - done >= sizeof(signalfd_siginfo) && TakePending(self, file->mask, &info)) {
      const signalfd_siginfo told = Told(info);
      memcpy(static_cast<char*>(buffer) + done, &told, sizeof told);
      done += sizeof told;
    }
    return done != 0;
  };
  if (NonBlocking(descriptor)) {
    IoPoint(self);
    if (take()) return static_cast<ssize_t>(done);
    errno = EAGAIN;
    return -1;
  }
  do {
    self->wait_data = file;
    if (!WaitIo(self, OpKind::kIoWait, SomethingToRead, kNever)) {
      errno = EINTR;
      return -1;
    }
  } while (!take());
  return static_cast<ssize_t>(done);
}

void SignalDescriptorClosed(int descriptor) {
  if (SignalFile* last = signal_descriptors.Remove(descriptor)) *last = SignalFile{};
}

void SignalDescriptorDuplicated(int from, int to) {
  if (from == to) return;
  SignalDescriptorClosed(to);
  if (SignalFile* file = signal_descriptors.Find(from)) signal_descriptors.Add(to, file);
}

void ResetSignalDescriptors() {
  if (signal_descriptors.empty()) return;
  for (SignalFile& file : signal_files) file = SignalFile{};
  signal_descriptors.Clear();
}

}  // namespace heddle::sim::runtime

using namespace heddle::sim;           // NOLINT: the functions below are libc's names
using namespace heddle::sim::runtime;  // NOLINT

INTERPOSE(int, signalfd, int descriptor, const sigset_t* mask, int flags) {
  Thread* self = HEDDLE_SELF;
  if (self == nullptr) return REAL(signalfd)(descriptor, mask, flags);
  if (!SignalsAreModelled()) Unmodelled("signalfd");
  IoPoint(self);
  if (descriptor != -1) {
    SignalFile* file = signal_descriptors.Find(descriptor);
    if (file == nullptr) {
      errno = RawSyscall(SYS_fcntl, descriptor, 1 /* F_GETFD */) < 0 ? EBADF : EINVAL;
      return -1;
    }
    file->mask = FileMask(mask);
    UpdateSignalDescriptors(0);
    IoChanged();
    return descriptor;
  }
  if ((flags & ~(SFD_NONBLOCK | SFD_CLOEXEC)) != 0) {
    errno = EINVAL;
    return -1;
  }
  for (SignalFile& file : signal_files) {
    if (file.used) continue;
    const int made = CallReal([&] { return REAL(eventfd)(0, flags); });  // the flags are the same
    if (made < 0) return made;
    file = {true, FileMask(mask)};
    signal_descriptors.Add(made, &file);
    UpdateSignalDescriptors(0);
    return made;
  }
  Fail(FailureKind::kLimit, "more than %d signalfds", kMostSignalFiles);
}

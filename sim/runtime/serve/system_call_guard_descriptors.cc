// The guard's part for calls that open descriptors and use them.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <termios.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/serve/system_call_guard.h"

namespace heddle::sim::runtime {
namespace {

// Character devices that keep nothing of who reads them: null, zero, full, random, urandom.
bool IsHarmlessDevice(dev_t device) {
  constexpr unsigned kMemoryDevices = 1;
  const unsigned number = minor(device);
  return major(device) == kMemoryDevices &&
         (number == 3 || number == 5 || (number >= 7 && number <= 9));
}

// Control::result_inode.
bool IsResultFile(const struct stat& status) {
  const Control& control = *kernel.control;
  return control.result_inode != 0 && status.st_ino == control.result_inode &&
         status.st_dev == control.result_device;
}

bool FileStatusOf(long descriptor, struct stat* status) {
  return UnguardedSyscall(SYS_fstat, descriptor, AsWord(status)) == 0;
}

}  // namespace

long SystemCallGuard::Descriptor(long result) {
  if (SystemCallFailed(result)) return result;
  if (result >= kMaxDescriptors) {
    UnguardedSyscall(SYS_close, result);
    CannotUndo(SYS_open, "too many descriptors");
  }
  own_[result / 64] |= uint64_t{1} << result % 64;
  descriptor_end_ = std::max(descriptor_end_, static_cast<uint32_t>(result) + 1);
  return result;
}

long SystemCallGuard::OnOpen(long number, const long* a) {
  const long flags = number == SYS_open ? a[1] : a[2];
  constexpr long kChanges = O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
  struct stat status;
  const long folder = number == SYS_open ? AT_FDCWD : a[0];
  const long path = number == SYS_open ? a[0] : a[1];
  const bool exists = UnguardedSyscall(SYS_newfstatat, folder, path, AsWord(&status), 0) == 0;
  const bool appends = (flags & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND);
  if (exists && appends && IsResultFile(status)) return Descriptor(Pass(number, a));
  if ((flags & O_PATH) == 0) {
    if ((flags & O_ACCMODE) != O_RDONLY) {
      CannotUndo(number, (flags & O_ACCMODE) == O_WRONLY ? "O_WRONLY" : "O_RDWR");
    }
    if ((flags & kChanges) != 0) CannotUndo(number, "O_CREAT or O_TRUNC");
  }
  // What is not a file may notice that it is opened, or block.
  if (exists && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode) &&
      !(S_ISCHR(status.st_mode) && IsHarmlessDevice(status.st_rdev))) {
    CannotUndo(number, "not a file");
  }
  return Descriptor(Pass(number, a));
}

// A descriptor from before, if it is one, comes back with Undo(). The file that it stands for is
// open meanwhile, as it is in the server while a fork runs.
void SystemCallGuard::Keep(long number, long descriptor) {
  if (descriptor < 0 || Own(descriptor)) return;
  const long flags = UnguardedSyscall(SYS_fcntl, descriptor, F_GETFD);
  if (SystemCallFailed(flags)) return;  // there is none
  if (kept_count_ == kMaxKept) CannotUndo(number, "too many descriptors from before");
  const long copy =
      UnguardedSyscall(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, kFirstHiddenDescriptor);
  if (SystemCallFailed(copy)) CannotUndo(number, "a descriptor from before");
  kept_[kept_count_++] = {static_cast<int>(descriptor), static_cast<int>(copy),
                          (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0};
}

long SystemCallGuard::OnClose(long number, const long* a) {
  Keep(number, a[0]);
  if (Own(a[0])) own_[a[0] / 64] &= ~(uint64_t{1} << a[0] % 64);
  return Pass(number, a);
}

long SystemCallGuard::OnDuplicate(long number, const long* a) {
  if (!Own(a[0])) CannotUndo(number, "a descriptor from before");
  if (number == SYS_dup) return Descriptor(Pass(number, a));
  if (a[1] >= kMaxDescriptors) CannotUndo(number, "too many descriptors");
  if (a[0] != a[1]) Keep(number, a[1]);
  return Descriptor(Pass(number, a));
}

long SystemCallGuard::OnFcntl(long number, const long* a) {
  const auto command = static_cast<int>(a[1]);
  if (command == F_GETFD || command == F_GETFL) return Pass(number, a);
  if (Own(a[0])) {
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) return Descriptor(Pass(number, a));
    if (command == F_SETFD || command == F_SETFL || command == F_GETPIPE_SZ ||
        command == F_SETPIPE_SZ) {
      return Pass(number, a);
    }
  }
  CannotUndo(number, "");
}

long SystemCallGuard::OnIoctl(long number, const long* a) {
  const auto request = static_cast<unsigned long>(a[1]);
  const bool asks = request == TCGETS || request == TIOCGWINSZ || request == FIONREAD;
  if (asks || (request == FIONBIO && Own(a[0]))) return Pass(number, a);
  CannotUndo(number, "");
}

long SystemCallGuard::OnRead(long number, const long* a) {
  if (Own(a[0])) return Pass(number, a);
  struct stat status;
  if (!FileStatusOf(a[0], &status)) return Pass(number, a);  // EBADF
  if (number == SYS_pread64 && S_ISREG(status.st_mode)) return Pass(number, a);
  if (S_ISCHR(status.st_mode) && IsHarmlessDevice(status.st_rdev)) return Pass(number, a);
  CannotUndo(number, "a descriptor from before");
}

long SystemCallGuard::OnWrite(long number, const long* a) {
  if (Own(a[0])) return Pass(number, a);
  struct stat status;
  if (!FileStatusOf(a[0], &status)) return Pass(number, a);  // EBADF
  if (captures_ && (a[0] == 1 || a[0] == 2)) {
    wrote_ = true;
    return Pass(number, a);
  }
  if (IsResultFile(status)) return Pass(number, a);
  CannotUndo(number, "a descriptor from before");
}

long SystemCallGuard::OnSeek(long number, const long* a) {
  if (Own(a[0]) || (a[1] == 0 && a[2] == SEEK_CUR)) return Pass(number, a);
  CannotUndo(number, "a descriptor from before");
}

long SystemCallGuard::OnTruncate(long number, const long* a) {
  struct stat status;
  const bool found = number == SYS_ftruncate ? FileStatusOf(a[0], &status)
                                             : UnguardedSyscall(SYS_newfstatat, AT_FDCWD, a[0],
                                                                AsWord(&status), 0) == 0;
  if (!found || !IsResultFile(status)) CannotUndo(number, "");
  return Pass(number, a);
}

long SystemCallGuard::OnPipe(long number, const long* a) {
  const auto* two = reinterpret_cast<const int*>(number == SYS_socketpair ? a[3] : a[0]);
  const long result = Pass(number, a);
  if (SystemCallFailed(result)) return result;
  Descriptor(two[0]);
  Descriptor(two[1]);
  return result;
}

long SystemCallGuard::OnSocket(long number, const long* a) {
  // Of the Internet's the model keeps one to ask which options there are.
  if (a[0] != AF_UNIX && a[0] != AF_INET && a[0] != AF_INET6) CannotUndo(number, "of its domain");
  return Descriptor(Pass(number, a));
}

// A name of the kind that the system finds by itself: nobody else has it.
bool SystemCallGuard::HasAbstractName(uint32_t descriptor, sockaddr_un* name, socklen_t* length) {
  *length = sizeof *name;
  return Own(descriptor) &&
         UnguardedSyscall(SYS_getsockname, descriptor, AsWord(name), AsWord(length)) == 0 &&
         name->sun_family == AF_UNIX && *length > sizeof name->sun_family && name->sun_path[0] == 0;
}

// To the abstract name that the system has given to a socket of this execution's (as the model of
// the network does): nobody else knows it. Datagrams' sockets notice nothing: theirs may be closed.
long SystemCallGuard::OnConnect(long number, const long* a) {
  const auto* to = reinterpret_cast<const sockaddr_un*>(a[1]);
  if (!Own(a[0]) || a[2] < static_cast<long>(sizeof to->sun_family)) CannotUndo(number, "");
  if (to->sun_family == AF_UNSPEC) return Pass(number, a);
  constexpr long kLength = sizeof to->sun_family + 6;  // unix(7), "Autobind feature"
  if (a[2] != kLength || to->sun_family != AF_UNIX || to->sun_path[0] != 0) CannotUndo(number, "");
  int type = 0;
  socklen_t length = sizeof type;
  UnguardedSyscall(SYS_getsockopt, a[0], SOL_SOCKET, SO_TYPE, AsWord(&type), AsWord(&length));
  if (type == SOCK_DGRAM) return Pass(number, a);
  sockaddr_un name;
  for (uint32_t i = 0; i < descriptor_end_; ++i) {
    if (HasAbstractName(i, &name, &length) && memcmp(&name, to, kLength) == 0) {
      return Pass(number, a);
    }
  }
  CannotUndo(number, "");
}

long SystemCallGuard::OnListen(long number, const long* a) {
  sockaddr_un name;
  socklen_t length;
  return Asks(number, a, Own(a[0]) && HasAbstractName(static_cast<uint32_t>(a[0]), &name, &length));
}

// A call whose first argument is a descriptor: what it does is gone with that.
long SystemCallGuard::OnOwnDescriptor(long number, const long* a) {
  if (!Own(a[0])) CannotUndo(number, "a descriptor from before");
  // Others may arrive with a message.
  if (number == SYS_recvmsg && reinterpret_cast<const msghdr*>(a[1])->msg_controllen != 0) {
    CannotUndo(number, "control data");
  }
  if (number == SYS_sendto && a[4] != 0) CannotUndo(number, "to an address");
  if (number == SYS_sendmsg && reinterpret_cast<const msghdr*>(a[1])->msg_name != nullptr) {
    CannotUndo(number, "to an address");
  }
  return Pass(number, a);
}

}  // namespace heddle::sim::runtime

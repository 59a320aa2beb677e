#include "sim/runtime/serve/private_state.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>

#include "sim/protocol/control.h"
#include "sim/runtime/core/hand_over.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/serve/leftovers.h"

namespace heddle::sim::runtime {
namespace {

constexpr long kAtCwd = AT_FDCWD;

// The server's own: the program can write over the control block.
struct State {
  bool active = false;
  bool in_user_namespace = false;
  bool store_mounted = false;
  uint32_t count = 0;
  uint32_t store_at = 0;  // the folder where the store is mounted, under what it becomes
  PrivateFolder folders[kMaxPrivateFolders] = {};
  bool mounted[kMaxPrivateFolders] = {};
  // Of the store, when nothing has been written to it yet.
  uint64_t free_files = 0;
  uint64_t free_blocks = 0;
  char working_folder[kMaxFolderPath] = {};
};
constinit State state;

long Raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
  return RawSyscall(number, a, b, c, d, e);
}
long Word(const void* pointer) { return reinterpret_cast<long>(pointer); }

// ThreadSanitizer counts calls of libc's functions, and the server's count is part of the state
// that an execution starts from, while the folders differ between machines: so none of them here.
void Copy(void* to, const void* from, size_t size) {
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

// The name of a file, in place.
struct Path {
  char text[80] = {};
  size_t size = 0;

  Path& operator<<(const char* more) {
    while (*more != 0 && size + 1 < sizeof text) text[size++] = *more++;
    return *this;
  }
  Path& operator<<(unsigned number) {
    char digits[12];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    while (count > 0 && size + 1 < sizeof text) text[size++] = digits[--count];
    return *this;
  }
};

Path Descriptor(unsigned number) { return Path() << "/proc/self/fd/" << number; }
unsigned OriginalOf(uint32_t i) { return kPrivateFolderDescriptors + i; }

// Opens `path` as descriptor `number`.
bool OpenAs(const char* path, int number, int flags) {
  const long opened = Raw(SYS_openat, kAtCwd, Word(path), flags | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return false;
  const long moved = Raw(SYS_dup3, opened, number, O_CLOEXEC);
  Raw(SYS_close, opened);
  return moved == number;
}

bool Bind(const char* from, const char* to) {
  return Raw(SYS_mount, Word(from), Word(to), 0, MS_BIND | MS_REC) == 0;
}

// A folder of the store, with the mode and the owner that the original has.
bool MakeInStore(const Path& name, uint32_t original) {
  struct stat status;
  if (Raw(SYS_newfstatat, OriginalOf(original), Word(""), Word(&status), AT_EMPTY_PATH) != 0 ||
      Raw(SYS_mkdirat, kPrivateStoreDescriptor, Word(name.text), 0700) != 0) {
    return false;
  }
  Raw(SYS_fchownat, kPrivateStoreDescriptor, Word(name.text), status.st_uid, status.st_gid);
  return Raw(SYS_fchmodat, kPrivateStoreDescriptor, Word(name.text), status.st_mode & 07777) == 0;
}

bool MountCopy(uint32_t i, const char* path) {
  const Path upper = Path() << "upper" << i, work = Path() << "work" << i;
  if (!MakeInStore(upper, i) || !MakeInStore(work, i)) return false;
  char options[320];
  size_t size = 0;
  const auto add = [&](const char* text) {
    while (*text != 0) options[size++] = *text++;
  };
  const Path store = Descriptor(kPrivateStoreDescriptor);
  add("lowerdir="), add(Descriptor(OriginalOf(i)).text);
  add(",upperdir="), add(store.text), add("/"), add(upper.text);
  add(",workdir="), add(store.text), add("/"), add(work.text);
  const size_t without = size;
  if (state.in_user_namespace) add(",userxattr");
  options[size] = 0;
  const auto mounts = [&] {
    return Raw(SYS_mount, Word("heddle"), Word(path), Word("overlay"), MS_NODEV, Word(options)) ==
           0;
  };
  if (mounts()) return true;
  options[without] = 0;  // older systems do not know it, or have no such attributes in memory
  return state.in_user_namespace && mounts();
}

bool MountEmpty(uint32_t i, const char* path) {
  const Path name = Path() << "empty" << i;
  if (!MakeInStore(name, i)) return false;
  Path from = Descriptor(kPrivateStoreDescriptor);
  from << "/" << name.text;
  return Bind(from.text, path);
}

// The path exists outside, and may be below a folder that is empty here.
void MakeFolders(const char* path) {
  char part[kMaxFolderPath];
  for (size_t i = 0; path[i] != 0; ++i) {
    if (path[i] == '/' && i > 0) {
      part[i] = 0;
      Raw(SYS_mkdirat, kAtCwd, Word(part), 0755);
    }
    part[i] = path[i];
    part[i + 1] = 0;
  }
  Raw(SYS_mkdirat, kAtCwd, Word(path), 0755);
}

bool IsBelowEmpty(const char* path) {
  for (uint32_t i = 0; i < state.count; ++i) {
    if (state.folders[i].kind != FolderKind::kEmpty) continue;
    const char* above = state.folders[i].path.c_str();
    size_t length = 0;
    while (above[length] != 0 && above[length] == path[length]) ++length;
    if (above[length] == 0 && path[length] == '/') return true;
  }
  return false;
}

void MountFolder(uint32_t i) {
  const PrivateFolder& folder = state.folders[i];
  const char* path = folder.path.c_str();
  if (folder.kind != FolderKind::kEmpty && IsBelowEmpty(path)) MakeFolders(path);
  switch (folder.kind) {
    case FolderKind::kCopied:
      state.mounted[i] = MountCopy(i, path);
      break;
    case FolderKind::kEmpty:
      state.mounted[i] = MountEmpty(i, path);
      break;
    case FolderKind::kShared:
      state.mounted[i] = Bind(Descriptor(OriginalOf(i)).text, path);
      break;
  }
}

bool CountFree(uint64_t* files, uint64_t* blocks) {
  struct statfs counts;
  if (Raw(SYS_fstatfs, kPrivateStoreDescriptor, Word(&counts)) != 0) return false;
  *files = counts.f_ffree;
  *blocks = counts.f_bfree;
  return true;
}

void Unmount();

// Mounts the store, and the folders.
void Mount() {
  const char* first = state.folders[state.store_at].path.c_str();
  state.store_mounted = Raw(SYS_mount, Word("heddle"), Word(first), Word("tmpfs"),
                            MS_NOSUID | MS_NODEV, Word("mode=0711")) == 0;
  if (!state.store_mounted) return;
  if (OpenAs(first, kPrivateStoreDescriptor, O_RDONLY)) {
    for (uint32_t i = 0; i < state.count; ++i) MountFolder(i);
  }
  // The store itself must not be seen.
  if (!state.mounted[state.store_at]) return Unmount();
  CountFree(&state.free_files, &state.free_blocks);
  if (state.working_folder[0] == '/') Raw(SYS_chdir, Word(state.working_folder));
}

// Lazily: processes that an execution left may still have files open there.
void Unmount() {
  if (!state.store_mounted) return;
  for (uint32_t i = state.count; i-- > 0;) {
    if (state.mounted[i]) Raw(SYS_umount2, Word(state.folders[i].path.c_str()), MNT_DETACH);
    state.mounted[i] = false;
  }
  Raw(SYS_umount2, Word(state.folders[state.store_at].path.c_str()), MNT_DETACH);
  state.store_mounted = false;
}

// Removes what is new in the copy `i`. False when something of the real folder was changed.
bool RemoveNew(uint32_t i, int copy) {
  const Path upper = Path() << "upper" << i;
  const long written = Raw(SYS_openat, kPrivateStoreDescriptor, Word(upper.text),
                           O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (written < 0) return false;
  alignas(dirent64) char entries[2048];
  bool only_new = true;
  for (long size;
       only_new && (size = Raw(SYS_getdents64, written, Word(entries), sizeof entries)) > 0;) {
    for (long at = 0; only_new && at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      struct stat status;
      if (IsDots(entry->d_name)) continue;
      only_new = Raw(SYS_newfstatat, OriginalOf(i), Word(entry->d_name), Word(&status),
                     AT_SYMLINK_NOFOLLOW) != 0 &&
                 RemoveEntry(copy, entry->d_name, entry->d_type == DT_DIR);
    }
  }
  Raw(SYS_close, written);
  return only_new;
}

bool IsUntouched() {
  uint64_t files, blocks;
  return CountFree(&files, &blocks) && files == state.free_files && blocks == state.free_blocks;
}

// False when the folders are not as they were at first.
bool RemoveWritten() {
  for (uint32_t i = 0; i < state.count; ++i) {
    if (!state.mounted[i] || state.folders[i].kind == FolderKind::kShared) continue;
    const long folder = Raw(SYS_openat, kAtCwd, Word(state.folders[i].path.c_str()),
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return false;
    bool removed = true;
    if (state.folders[i].kind == FolderKind::kEmpty) {
      EmptyFolder(static_cast<int>(folder));
    } else {
      removed = RemoveNew(i, static_cast<int>(folder));
    }
    Raw(SYS_close, folder);
    if (!removed) return false;
  }
  return IsUntouched();
}

uint64_t NumberOf(const char* name_space) {
  struct stat status;
  const long failed = Raw(SYS_newfstatat, kAtCwd, Word(name_space), Word(&status), 0);
  return failed == 0 ? status.st_ino : 0;
}

// Nothing may be mounted where others would see it.
bool IsPrivateProcess() {
  const NamespaceNumbers& outside = kernel.control->outside;
  const uint64_t mounts = NumberOf("/proc/self/ns/mnt");
  state.in_user_namespace = NumberOf("/proc/self/ns/user") != outside.users;
  return outside.mounts != 0 && mounts != 0 && mounts != outside.mounts;
}

}  // namespace

bool BecomePrivate() {
  return Raw(SYS_unshare, CLONE_NEWNS | CLONE_NEWIPC) == 0 &&
         Raw(SYS_mount, 0, Word("/"), 0, MS_REC | MS_PRIVATE) == 0;
}

void BeginPrivateState() {
  if (!IsPrivateProcess()) return;
  state.active = true;
  Raw(SYS_getcwd, Word(state.working_folder), sizeof state.working_folder);
  const Control& control = *kernel.control;
  state.count =
      control.private_folder_count <= kMaxPrivateFolders ? control.private_folder_count : 0;
  for (uint32_t i = 0; i < state.count; ++i) {
    Copy(&state.folders[i], &control.private_folders[i], sizeof(PrivateFolder));
    if (!OpenAs(state.folders[i].path.c_str(), static_cast<int>(OriginalOf(i)), O_PATH)) {
      state.count = 0;
    }
  }
  // An empty folder can be had wherever there is a store, a copy only where overlays are.
  for (uint32_t i = 0; i < state.count; ++i) {
    if (state.folders[i].kind == FolderKind::kEmpty) state.store_at = i;
  }
  if (state.count > 0) Mount();
}

bool RenewPrivateState() {
  if (!state.active) return false;
  Control* control = kernel.control;
  if (control->used_ipc != 0) {
    control->used_ipc = 0;
    Raw(SYS_unshare, CLONE_NEWIPC);
  }
  if (!state.store_mounted || IsUntouched() || RemoveWritten()) return false;
  Unmount();
  Mount();
  return true;
}

bool RenewIfOutsideChanged() {
  if (!state.active || state.count == 0 || kernel.control->renew_always == 0) return false;
  Unmount();
  Mount();
  return true;
}

void LeaveServersState() {
  if (!state.active) return;
  Raw(SYS_close, kPrivateStoreDescriptor);
  for (uint32_t i = 0; i < state.count; ++i) Raw(SYS_close, OriginalOf(i));
  // Root keeps what it has everywhere; another user has nothing outside.
  if (!state.in_user_namespace || Raw(SYS_geteuid) == 0) return;
  Raw(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  Raw(SYS_capset, Word(&header), Word(none));
}

}  // namespace heddle::sim::runtime

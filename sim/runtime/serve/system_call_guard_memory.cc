// The guard's part for calls that map memory.
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>

#include "sim/runtime/serve/mappings.h"
#include "sim/runtime/serve/snapshot.h"
#include "sim/runtime/serve/system_call_guard.h"

namespace heddle::sim::runtime {
namespace {

uintptr_t RoundUp(uintptr_t value) { return (value + kPageSize - 1) & ~(kPageSize - 1); }

}  // namespace

// Mappings without access, such as the heap's range, parts of which are mapped anew to be used.
void SystemCallGuard::ReadReservations() {
  ForEachMapping([&](const Mapping& mapping) {
    if (!mapping.Reserved() || reservation_count_ == kMaxMappings) return;
    reservations_[reservation_count_++] = {mapping.begin, mapping.end, true};
  });
}

bool SystemCallGuard::Mapped(long address, long size) const {
  const auto begin = static_cast<uintptr_t>(address);
  const uintptr_t end = RoundUp(begin + static_cast<uintptr_t>(size));
  for (uint32_t i = 0; i < mapping_count_; ++i) {
    if (begin >= mappings_[i].begin && end <= mappings_[i].end && begin < end) return true;
  }
  return false;
}

bool SystemCallGuard::Reserved(uintptr_t begin, uintptr_t end) const {
  for (uint32_t i = 0; i < reservation_count_; ++i) {
    if (begin >= reservations_[i].begin && end <= reservations_[i].end) return true;
  }
  return false;
}

void SystemCallGuard::Remember(uintptr_t begin, uintptr_t end, bool reserved) {
  for (uint32_t i = 0; i < mapping_count_; ++i) {
    Made& known = mappings_[i];
    if (known.reserved != reserved) continue;
    if (begin >= known.begin && end <= known.end) return;
    if (begin == known.end || end == known.begin) {
      known.begin = std::min(known.begin, begin);
      known.end = std::max(known.end, end);
      return;
    }
  }
  if (mapping_count_ == kMaxMappings) CannotUndo(SYS_mmap, "too many mappings");
  mappings_[mapping_count_++] = {begin, end, reserved};
}

// Memory from before becomes zeros by being written, which the snapshot sees. So the sanitizers
// clear large parts of their shadow. False: it is not the execution's to clear.
bool SystemCallGuard::Clear(uintptr_t begin, uintptr_t end) {
  return snapshot_->IsOwnMemory(begin, end) && snapshot_->Clear(begin, end);
}

long SystemCallGuard::OnMap(long number, const long* a) {
  const auto flags = static_cast<int>(a[3]);
  const auto begin = static_cast<uintptr_t>(a[0]);
  const uintptr_t size = RoundUp(static_cast<uintptr_t>(a[1]));
  const bool anonymous = (flags & MAP_ANONYMOUS) != 0;
  // What is shared is the execution's own too: its files are open for reading only.
  if (!anonymous && !Own(a[4])) CannotUndo(number, "a descriptor from before");
  // MAP_FIXED_NOREPLACE takes nobody's place: the runtime maps its own memory so.
  if ((flags & MAP_FIXED) == 0) {
    const long result = Pass(number, a);
    if (!SystemCallFailed(result)) {
      Remember(static_cast<uintptr_t>(result), static_cast<uintptr_t>(result) + size, false);
    }
    return result;
  }
  if (Mapped(a[0], a[1])) return Pass(number, a);
  constexpr int kReadWrite = PROT_READ | PROT_WRITE;
  if (anonymous && (flags & (MAP_SHARED | MAP_FIXED)) == MAP_FIXED && a[2] == kReadWrite &&
      Clear(begin, begin + size)) {
    return a[0];
  }
  if (!anonymous || !Reserved(begin, begin + size)) CannotUndo(number, "MAP_FIXED");
  Remember(begin, begin + size, true);
  return Pass(number, a);
}

// munmap, mprotect, madvise.
long SystemCallGuard::OnRemap(long number, const long* a) {
  if (number == SYS_madvise && !Mapped(a[0], a[1])) {
    const auto begin = static_cast<uintptr_t>(a[0]);
    const uintptr_t end = RoundUp(begin + static_cast<uintptr_t>(a[1]));
    const bool hint = a[2] == MADV_NOHUGEPAGE || a[2] == MADV_HUGEPAGE || a[2] == MADV_DONTDUMP;
    if (hint && snapshot_->IsOwnMemory(begin, end)) return 0;  // it shows in nothing
    if (a[2] == MADV_DONTNEED && Clear(begin, end)) return 0;
  }
  if (!Mapped(a[0], a[1])) CannotUndo(number, "memory from before");
  return Pass(number, a);
}

long SystemCallGuard::OnBreak(long number, const long* a) {
  if (a[0] != 0 && static_cast<uintptr_t>(a[0]) < break_) CannotUndo(number, "memory from before");
  set_break_ = set_break_ || a[0] != 0;
  return Pass(number, a);
}

void SystemCallGuard::UndoMappings() {
  while (mapping_count_ > 0) {
    const Made& mapping = mappings_[--mapping_count_];
    const auto begin = static_cast<long>(mapping.begin);
    const auto size = static_cast<long>(mapping.end - mapping.begin);
    if (mapping.reserved) {
      UnguardedSyscall(SYS_mmap, begin, size, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    } else {
      UnguardedSyscall(SYS_munmap, begin, size);
    }
  }
  if (set_break_) UnguardedSyscall(SYS_brk, static_cast<long>(break_));
  set_break_ = false;
}

}  // namespace heddle::sim::runtime

// The guard's part for calls that map memory.
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>

#include "sim/runtime/core/flavour.h"
#include "sim/runtime/serve/mappings.h"
#include "sim/runtime/serve/snapshot.h"
#include "sim/runtime/serve/system_call_guard.h"

namespace heddle::sim::runtime {
namespace {

// Between the program's lowest and its other memory lies ThreadSanitizer's shadow
// (tsan_platform.h), parts of which it unmaps and maps anew at once, to clear them.
bool InTsanShadow(uintptr_t begin, uintptr_t end) {
  constexpr uintptr_t kShadow = uintptr_t{0x0100} << 32, kPrograms = uintptr_t{0x5500} << 32;
  return kIsTsan && begin >= kShadow && end <= kPrograms;
}

uintptr_t RoundUp(uintptr_t value) { return (value + kPageSize - 1) & ~(kPageSize - 1); }

}  // namespace

void UsedReservations::Add(uintptr_t begin, uintptr_t end) {
  for (uint32_t i = 0; i < count; ++i) {
    if (begin > parts[i].end || end < parts[i].begin) continue;
    parts[i].begin = parts[i].used_end = std::min(parts[i].begin, begin);
    parts[i].end = std::max(parts[i].end, end);
    return;
  }
  if (count < kMost) parts[count++] = {begin, end, begin};
}

void UsedReservations::MapAll() {
  for (uint32_t i = 0; i < count; ++i) {
    UnguardedSyscall(SYS_mmap, static_cast<long>(parts[i].begin),
                     static_cast<long>(parts[i].end - parts[i].begin), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  }
}

bool UsedReservations::Use(uintptr_t begin, uintptr_t end) {
  for (uint32_t i = 0; i < count; ++i) {
    if (begin < parts[i].used_end || end > parts[i].end) continue;
    parts[i].used_end = end;
    return true;
  }
  return false;
}

// Mappings without access, such as the heap's range, parts of which are mapped anew to be used.
void SystemCallGuard::ReadReservations() {
  ForEachMapping([&](const Mapping& mapping) {
    if (!mapping.Reserved() || reservation_count_ == kMaxMappings) return;
    reservations_[reservation_count_++] = {mapping.begin, mapping.end, Change::kUsed};
  });
}

bool SystemCallGuard::Mapped(long address, long size) const {
  const auto begin = static_cast<uintptr_t>(address);
  const uintptr_t end = RoundUp(begin + static_cast<uintptr_t>(size));
  for (uint32_t i = 0; i < mapping_count_; ++i) {
    const Changed& made = mappings_[i];
    if (made.change == Change::kUnmapped) continue;
    if (begin >= made.begin && end <= made.end && begin < end) return true;
  }
  return false;
}

bool SystemCallGuard::Reserved(uintptr_t begin, uintptr_t end) const {
  for (uint32_t i = 0; i < reservation_count_; ++i) {
    if (begin >= reservations_[i].begin && end <= reservations_[i].end) return true;
  }
  return false;
}

void SystemCallGuard::Remember(uintptr_t begin, uintptr_t end, Change change) {
  for (uint32_t i = 0; i < mapping_count_; ++i) {
    Changed& known = mappings_[i];
    if (known.change != change) continue;
    if (begin >= known.begin && end <= known.end) return;
    if (begin == known.end || end == known.begin) {
      known.begin = std::min(known.begin, begin);
      known.end = std::max(known.end, end);
      return;
    }
  }
  if (mapping_count_ == kMaxMappings) CannotUndo(SYS_mmap, "too many mappings");
  mappings_[mapping_count_++] = {begin, end, change};
}

// Memory from before becomes zeros by being written, which the snapshot sees. So the sanitizers
// clear large parts of their shadow. False: it is not the execution's to clear.
bool SystemCallGuard::Clear(uintptr_t begin, uintptr_t end) {
  for (uint32_t i = 0; i < mapping_count_; ++i) {
    const Changed& made = mappings_[i];
    if (made.change == Change::kUnmapped && begin < made.end && made.begin < end) return false;
  }
  return snapshot_->IsOwnMemory(begin, end) && snapshot_->Clear(begin, end);
}

// Memory from before that the execution gives back. False: it is not the execution's to give.
bool SystemCallGuard::Close(uintptr_t begin, uintptr_t end) {
  if (!Clear(begin, end)) return false;
  Remember(begin, end, Change::kUnmapped);
  UnguardedSyscall(SYS_mprotect, static_cast<long>(begin), static_cast<long>(end - begin),
                   PROT_NONE);
  return true;
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
      Remember(static_cast<uintptr_t>(result), static_cast<uintptr_t>(result) + size,
               Change::kMapped);
    }
    return result;
  }
  if (Mapped(a[0], a[1])) return Pass(number, a);
  constexpr int kReadWrite = PROT_READ | PROT_WRITE;
  if (anonymous && a[2] == PROT_NONE && Close(begin, begin + size)) return a[0];
  if (anonymous && a[2] == kReadWrite && ready_->Use(begin, begin + size)) return a[0];
  if (anonymous && (flags & (MAP_SHARED | MAP_FIXED)) == MAP_FIXED && a[2] == kReadWrite &&
      Clear(begin, begin + size)) {
    return a[0];
  }
  if (!anonymous || !Reserved(begin, begin + size)) CannotUndo(number, "MAP_FIXED");
  Remember(begin, begin + size, Change::kUsed);
  return Pass(number, a);
}

// munmap, mprotect, madvise.
long SystemCallGuard::OnRemap(long number, const long* a) {
  const auto begin = static_cast<uintptr_t>(a[0]);
  const uintptr_t end = RoundUp(begin + static_cast<uintptr_t>(a[1]));
  if (number == SYS_munmap && InTsanShadow(begin, end) && Clear(begin, end)) return 0;
  if (number == SYS_madvise && !Mapped(a[0], a[1])) {
    const bool hint = a[2] == MADV_NOHUGEPAGE || a[2] == MADV_HUGEPAGE || a[2] == MADV_DONTDUMP;
    if (hint && snapshot_->IsOwnMemory(begin, end)) return 0;  // it shows in nothing
    if (a[2] == MADV_DONTNEED && Clear(begin, end)) return 0;
  }
  if (Mapped(a[0], a[1])) return Pass(number, a);
  if (number != SYS_munmap || !Close(begin, end)) CannotUndo(number, "memory from before");
  return 0;
}

long SystemCallGuard::OnBreak(long number, const long* a) {
  if (a[0] != 0 && static_cast<uintptr_t>(a[0]) < break_) CannotUndo(number, "memory from before");
  set_break_ = set_break_ || a[0] != 0;
  return Pass(number, a);
}

void SystemCallGuard::UndoMappings() {
  while (mapping_count_ > 0) {
    const Changed& made = mappings_[--mapping_count_];
    const auto begin = static_cast<long>(made.begin);
    const auto size = static_cast<long>(made.end - made.begin);
    switch (made.change) {
      case Change::kMapped:
        UnguardedSyscall(SYS_munmap, begin, size);
        break;
      case Change::kUsed:
        used_.Add(made.begin, made.end);
        UnguardedSyscall(SYS_mmap, begin, size, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        break;
      case Change::kUnmapped:
        UnguardedSyscall(SYS_mprotect, begin, size, PROT_READ | PROT_WRITE);
        break;
    }
  }
  for (uint32_t i = 0; i < ready_->count; ++i) ready_->parts[i].used_end = ready_->parts[i].begin;
  if (set_break_) UnguardedSyscall(SYS_brk, static_cast<long>(break_));
  set_break_ = false;
}

}  // namespace heddle::sim::runtime

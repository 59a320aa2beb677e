#include "sim/runtime/serve/snapshot.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cstring>

#include "sim/runtime/core/context.h"

namespace heddle::sim::runtime {
namespace {

// linux/fs.h and linux/userfaultfd.h of Linux 6.7; older headers do not have them.
struct ScanArgument {
  uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted,
      category_mask, category_anyof_mask, return_mask;
};
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArgument);
constexpr uint64_t kWritten = 1 << 1, kOfFile = 1 << 2, kPresent = 1 << 3, kSwapped = 1 << 4;
constexpr uint64_t kProtectUnpopulated = 1 << 13, kProtectAsync = 1 << 15;
constexpr int kUserModeOnly = 1;  // UFFD_USER_MODE_ONLY: no privilege is needed

// Descriptors of the program's own are lower.
constexpr long kFirstOwnDescriptor = 930;
// How far apart ranges may lie that are scanned at once: a scan passes over a page table of 2 MiB
// in less time than a system call takes.
constexpr uintptr_t kMaxGap = size_t{2} << 20;
// The first thread's stack grows; all of it is covered.
constexpr uintptr_t kMaxStack = size_t{8} << 20;

// Not libc's functions: nothing of it is to be called while memory is put back.
inline void CopyPage(void* to, const void* from) {
  size_t size = kPageSize;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}
inline void ZeroPage(void* to) {
  size_t size = kPageSize;
  asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(0) : "memory");
}

int PutAway(long descriptor) {
  if (descriptor < 0) return -1;
  const long high = UnguardedSyscall(SYS_fcntl, descriptor, F_DUPFD_CLOEXEC, kFirstOwnDescriptor);
  UnguardedSyscall(SYS_close, descriptor);
  return static_cast<int>(high);
}

int OpenPagemap() {
  return PutAway(
      UnguardedSyscall(SYS_openat, AT_FDCWD, AsWord("/proc/self/pagemap"), O_RDONLY | O_CLOEXEC));
}

}  // namespace

int Snapshot::OpenUffd() {
  const int uffd =
      PutAway(UnguardedSyscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | kUserModeOnly));
  if (uffd < 0) return -1;
  uffdio_api api = {};
  api.api = UFFD_API;
  api.features = kProtectAsync | kProtectUnpopulated;
  if (UnguardedSyscall(SYS_ioctl, uffd, static_cast<long>(UFFDIO_API), AsWord(&api)) != 0) {
    UnguardedSyscall(SYS_close, uffd);
    return -1;
  }
  return uffd;
}

const char* Snapshot::Missing() {
  const int uffd = OpenUffd();
  if (uffd < 0) return "userfaultfd with asynchronous write protection (Linux 6.7)";
  UnguardedSyscall(SYS_close, uffd);
  const int pagemap = OpenPagemap();
  ScanArgument argument = {};
  argument.size = sizeof argument;
  const bool scans =
      pagemap >= 0 &&
      UnguardedSyscall(SYS_ioctl, pagemap, static_cast<long>(kPagemapScan), AsWord(&argument)) >= 0;
  UnguardedSyscall(SYS_close, pagemap);
  return scans ? nullptr : "PAGEMAP_SCAN (Linux 6.7)";
}

// Null when there is no room for its number.
Snapshot::Chunk* Snapshot::ChunkOf(uintptr_t address) {
  const uintptr_t number = address >> 21;
  const auto home = static_cast<uint32_t>(number * kGoldenRatio >> 40);
  for (uint32_t i = 0; i < kChunks; ++i) {
    Chunk& chunk = chunks_[(home + i) % kChunks];
    if (chunk.number == number) return &chunk;
    if (chunk.number != 0) continue;
    chunk.number = number;
    return &chunk;
  }
  return nullptr;
}

// Pages with all categories of `mask` and one of `any_of`, into regions_; how many regions.
long Snapshot::Scan(uintptr_t begin, uintptr_t end, uint64_t mask, uint64_t any_of,
                    uintptr_t* walked) {
  ScanArgument argument = {};
  argument.size = sizeof argument;
  argument.start = begin;
  argument.end = end;
  argument.vec = reinterpret_cast<uint64_t>(regions_);
  argument.vec_len = kMaxRegions;
  argument.category_mask = mask;
  argument.category_anyof_mask = any_of;
  if (mask != 0) {
    // A page of a file has the process's own content only once it is a copy.
    argument.category_mask |= kOfFile;
    argument.category_inverted = kOfFile;
  }
  argument.return_mask = mask | any_of;
  const long count =
      UnguardedSyscall(SYS_ioctl, pagemap_, static_cast<long>(kPagemapScan), AsWord(&argument));
  *walked = argument.walk_end;
  return count;
}

bool Snapshot::WriteProtect(uintptr_t begin, uintptr_t end) const {
  uffdio_writeprotect argument = {};
  argument.range.start = begin;
  argument.range.len = end - begin;
  argument.mode = UFFDIO_WRITEPROTECT_MODE_WP;
  return UnguardedSyscall(SYS_ioctl, uffd_, static_cast<long>(UFFDIO_WRITEPROTECT),
                          AsWord(&argument)) == 0;
}

const char* Snapshot::AddMapping(const Mapping& mapping) {
  if (!mapping.Writable() || mapping.Shared()) return nullptr;
  if (range_count_ == kMaxRanges) return "it has too many mappings";
  Range range = {mapping.begin, mapping.end, mapping.of_file};
  if (mapping.name[0] == '[' && mapping.name[1] == 's' && mapping.name[2] == 't' &&
      range.end - range.begin < kMaxStack) {
    range.begin = range.end - kMaxStack;
  }
  ranges_[range_count_++] = range;
  if (!mapping.of_file) return nullptr;
  // So that each page is there to be protected.
  for (uintptr_t at = range.begin; at < range.end; at += kPageSize) {
    (void)*reinterpret_cast<const volatile char*>(at);
  }
  return nullptr;
}

const char* Snapshot::Begin(char* memory, size_t size) {
  copies_ = free_ = memory;
  end_ = memory + size;
  uffd_ = OpenUffd();
  pagemap_ = OpenPagemap();
  if (uffd_ < 0 || pagemap_ < 0) return "userfaultfd or PAGEMAP_SCAN is missing";
  const char* why = nullptr;
  const bool read = ForEachMapping([&](const Mapping& mapping) {
    if (why == nullptr) why = AddMapping(mapping);
  });
  return read ? why : "/proc/self/maps cannot be read";
}

const char* Snapshot::Copy(const Range& range) {
  for (uintptr_t at = range.begin; at < range.end;) {
    uintptr_t walked = 0;
    const long count = Scan(at, range.end, 0, kPresent | kSwapped, &walked);
    if (count < 0) return "PAGEMAP_SCAN failed";
    for (long i = 0; i < count; ++i) {
      for (uintptr_t page = regions_[i].begin; page < regions_[i].end; page += kPageSize) {
        Chunk* chunk = ChunkOf(page);
        if (chunk == nullptr || free_ + kPageSize > end_) return "it has too much memory in use";
        CopyPage(free_, reinterpret_cast<const void*>(page));
        chunk->index[page >> 12 & 511] = static_cast<uint32_t>((free_ - copies_) >> 12) + 1;
        free_ += kPageSize;
      }
    }
    if (walked <= at) break;
    at = walked;
  }
  return nullptr;
}

// What is not there yet is seen to be written by being there.
const char* Snapshot::Protect(const Range& range) {
  for (uintptr_t at = range.begin; at < range.end;) {
    uintptr_t walked = 0;
    const long count = Scan(at, range.end, 0, kPresent | kSwapped, &walked);
    if (count < 0) return "PAGEMAP_SCAN failed";
    for (long i = 0; i < count; ++i) {
      for (uintptr_t begin = regions_[i].begin; begin < regions_[i].end;) {
        uintptr_t end = begin;
        const auto copied = [&](uintptr_t page) {
          return ChunkOf(page)->index[page >> 12 & 511] != 0;
        };
        while (end < regions_[i].end && copied(end)) end += kPageSize;
        if (end == begin) {
          begin += kPageSize;
          continue;
        }
        if (!WriteProtect(begin, end)) return "its memory cannot be write-protected";
        begin = end;
      }
    }
    if (walked <= at) break;
    at = walked;
  }
  return nullptr;
}

void Snapshot::MakeGroups() {
  for (uint32_t i = 0; i < range_count_; ++i) {
    const Range& range = ranges_[i];
    if (group_count_ > 0 && range.begin - groups_[group_count_ - 1].end <= kMaxGap) {
      groups_[group_count_ - 1].end = range.end;
    } else {
      groups_[group_count_++] = {range.begin, range.end, i};
    }
  }
}

const char* Snapshot::Take() {
  MakeGroups();
  for (uint32_t i = 0; i < range_count_; ++i) {
    uffdio_register argument = {};
    argument.range.start = ranges_[i].begin;
    argument.range.len = ranges_[i].end - ranges_[i].begin;
    argument.mode = UFFDIO_REGISTER_MODE_WP;
    if (UnguardedSyscall(SYS_ioctl, uffd_, static_cast<long>(UFFDIO_REGISTER), AsWord(&argument)) !=
        0) {
      return "a mapping of its own cannot be watched";
    }
  }
  for (uint32_t i = 0; i < range_count_; ++i) {
    if (const char* why = Copy(ranges_[i]); why != nullptr) return why;
  }
  for (uint32_t i = 0; i < range_count_; ++i) {
    if (const char* why = Protect(ranges_[i]); why != nullptr) return why;
  }
  return nullptr;
}

bool Snapshot::IsOwnMemory(uintptr_t begin, uintptr_t end) const {
  if (begin % kPageSize != 0 || begin >= end) return false;
  for (uint32_t i = 0; i < range_count_ && ranges_[i].begin <= begin; ++i) {
    if (begin >= ranges_[i].end || ranges_[i].of_file) continue;
    begin = ranges_[i].end;  // it may go on in the next one
    if (begin >= end) return true;
  }
  return false;
}

bool Snapshot::Clear(uintptr_t begin, uintptr_t end) {
  ClearedRange& cleared = ClearedAt(begin, end);
  if (relies_ && cleared.begin == begin && cleared.end == end && cleared.hot_count == hot_count_) {
    for (uint32_t i = 0; i < cleared.count; ++i) {
      ZeroPage(reinterpret_cast<void*>(cleared.pages[i]));
    }
    return true;
  }
  cleared.begin = begin;
  cleared.end = 0;  // of no range, until all of it is known
  cleared.hot_count = hot_count_;
  cleared.count = 0;
  bool fits = true;
  for (uintptr_t at = begin; at < end;) {
    uintptr_t walked = 0;
    const long count = Scan(at, end, 0, kPresent | kSwapped, &walked);
    if (count < 0) return false;
    for (long i = 0; i < count; ++i) {
      for (uintptr_t page = regions_[i].begin; page < regions_[i].end; page += kPageSize) {
        ZeroPage(reinterpret_cast<void*>(page));
        fits = fits && cleared.count < ClearedRange::kMost;
        if (fits) cleared.pages[cleared.count++] = page;
      }
    }
    if (walked <= at) break;
    at = walked;
  }
  if (fits) cleared.end = end;
  return true;
}

void Snapshot::PutBackPage(const WrittenPage& page) const {
  if (reinterpret_cast<uintptr_t>(page.page) == left_out_) return;
  if (page.content != nullptr) {
    CopyPage(page.page, page.content);
  } else {
    ZeroPage(page.page);
  }
}

void Snapshot::ScanGroup(const Group& group) {
  uint32_t r = group.first;
  for (uintptr_t at = group.begin; at < group.end;) {
    uintptr_t walked = 0;
    const long count = Scan(at, group.end, kWritten, kPresent | kSwapped, &walked);
    if (count < 0) {
      failed_ = true;
      return;
    }
    for (long i = 0; i < count; ++i) {
      for (uintptr_t page = regions_[i].begin; page < regions_[i].end; page += kPageSize) {
        while (r < range_count_ && page >= ranges_[r].end) ++r;
        if (r == range_count_ || page < ranges_[r].begin) continue;  // another's
        Chunk* chunk = ChunkOf(page);
        const size_t number = page >> 12 & 511;
        if (chunk != nullptr && chunk->hot[number]) continue;
        if (chunk == nullptr || hot_count_ == kMaxHot) {
          failed_ = true;
          return;
        }
        chunk->hot[number] = true;
        const uint32_t index = chunk->index[number];
        WrittenPage& hot = hot_[hot_count_++];
        hot = {reinterpret_cast<char*>(page),
               index == 0 ? nullptr : copies_ + (size_t{index} - 1) * kPageSize};
        PutBackPage(hot);
      }
    }
    if (walked <= at) break;
    at = walked;
  }
}

uint32_t Snapshot::PutBack(bool scan) {
  const uint32_t before = hot_count_;
  for (uint32_t i = 0; i < before; ++i) PutBackPage(hot_[i]);
  if (!scan) return 0;
  for (uint32_t i = 0; i < group_count_; ++i) ScanGroup(groups_[i]);
  return hot_count_ - before;
}

}  // namespace heddle::sim::runtime

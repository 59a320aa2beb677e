// The memory of this process as it was at one moment, and the way back to it (Linux 6.7).
//
//   if (char* why = snapshot.Take(...)) ...       once; null: it is taken
//   snapshot.PutBack(scan)                        as often as wanted, on a stack outside
//
// It covers every private writable mapping. Each page that is there is copied; userfaultfd write
// protection, in its asynchronous mode, and PAGEMAP_SCAN (ioctl(2)) tell which were written since.
// A page that was written once is "hot" and put back each time. Others are found by a scan, which
// costs more than a short execution: who puts back without one must be ready to hear, at the next
// scan, that there were more pages than the hot ones, and that all since the last scan began from
// wrong memory.
//
// Not covered: memory that is shared, mappings that come and go, what the system keeps. The guard
// (system_call_guard.h) sees to these.
//
// The object itself, the copies and the stack lie in shared memory, so that they stay. Used by the
// carrier alone; the other kernel threads sleep.
#ifndef HEDDLE_SIM_RUNTIME_SERVE_SNAPSHOT_H_
#define HEDDLE_SIM_RUNTIME_SERVE_SNAPSHOT_H_

#include <cstddef>
#include <cstdint>

#include "sim/protocol/hash.h"
#include "sim/runtime/serve/mappings.h"

namespace heddle::sim::runtime {

struct WrittenPage {
  char* page;
  const char* content;  // null: zeros
};

class Snapshot {
 public:
  // Descriptors for the two interfaces; null, or what the machine does not have.
  static const char* Missing();

  // Notes the mappings. `memory` (zeroed, shared) takes the copies. Null, or why it cannot be done.
  const char* Begin(char* memory, size_t size);
  // Copies and protects: what is written from here on comes back. Null, or why not.
  const char* Take();
  // Everything as it was at Take(), as far as it is known to be written; with `scan`, all of it.
  // The number of pages that were not known. Calls nothing, not even libc.
  uint32_t PutBack(bool scan);

  // Whether all of it is private memory without a file behind it, that may be written.
  bool IsOwnMemory(uintptr_t begin, uintptr_t end) const;
  // Zeros, in an execution. False: it cannot be told which pages there are.
  bool Clear(uintptr_t begin, uintptr_t end);
  // Until it is said otherwise Clear() may rely on what it found before in the same range. An
  // execution that has touched another page there is not the one that it would be: it must not
  // count if PutBack(true) says that pages were not known.
  void RelyOnKnownPages(bool rely) { relies_ = rely; }

  // Of a failure of PutBack(): the system did not tell which pages were written.
  bool failed() const { return failed_; }
  // For tests: this page is not put back.
  void LeaveOut(uint64_t page) { left_out_ = page & ~uint64_t{kPageSize - 1}; }
  // Of a file descriptor of the snapshot's own.
  bool Owns(int descriptor) const { return descriptor == uffd_ || descriptor == pagemap_; }

 private:
  struct Region {  // struct page_region of linux/fs.h
    uint64_t begin, end, categories;
  };
  struct Range {
    uintptr_t begin, end;
    bool of_file;
  };
  struct Group {  // of ranges that are scanned at once
    uintptr_t begin, end;
    uint32_t first;
  };
  // 2 MiB of addresses.
  struct Chunk {
    uintptr_t number;     // 0: free
    uint32_t index[512];  // of the page's copy, + 1; 0: it was not there
    bool hot[512];
  };
  // The pages that were there when a range was cleared.
  struct ClearedRange {
    static constexpr uint32_t kMost = 62;
    uintptr_t begin, end;
    uint32_t hot_count;  // hot_count_ then
    uint32_t count;
    uintptr_t pages[kMost];
  };
  static constexpr uint32_t kClearedBits = 10;
  // Programs have some dozens of mappings, and touch some dozens of pages.
  static constexpr uint32_t kMaxRanges = 1024, kMaxRegions = 64;
  static constexpr uint32_t kMaxHot = 8192;  // 32 MiB: to copy them takes longer than a fork
  static constexpr uint32_t kChunks = 1 << 13;

  static int OpenUffd();
  const char* AddMapping(const Mapping& mapping);
  long Scan(uintptr_t begin, uintptr_t end, uint64_t mask, uint64_t any_of, uintptr_t* walked);
  bool WriteProtect(uintptr_t begin, uintptr_t end) const;
  const char* Copy(const Range& range);
  const char* Protect(const Range& range);
  void MakeGroups();
  Chunk* ChunkOf(uintptr_t address);
  void ScanGroup(const Group& group);
  void PutBackPage(const WrittenPage& page) const;
  ClearedRange& ClearedAt(uintptr_t begin, uintptr_t end) {
    return cleared_[(begin + end * 3) * kGoldenRatio >> (64 - kClearedBits)];
  }

  int uffd_ = -1, pagemap_ = -1;
  bool failed_ = false, relies_ = false;
  uint64_t left_out_ = 0;
  char* copies_ = nullptr;
  char* free_ = nullptr;
  char* end_ = nullptr;
  uint32_t range_count_ = 0, group_count_ = 0, hot_count_ = 0;
  Range ranges_[kMaxRanges];
  Group groups_[kMaxRanges];
  Region regions_[kMaxRegions];
  WrittenPage hot_[kMaxHot];
  ClearedRange cleared_[1 << kClearedBits];
  Chunk chunks_[kChunks];
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_SERVE_SNAPSHOT_H_

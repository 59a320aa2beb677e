// Which descriptors belong to a file of the kernel's own (a timerfd, a signalfd). Duplicates belong
// to the same file.
#ifndef HEDDLE_SIM_RUNTIME_INTERPOSE_DESCRIPTOR_TABLE_H_
#define HEDDLE_SIM_RUNTIME_INTERPOSE_DESCRIPTOR_TABLE_H_

#include "sim/protocol/failure.h"
#include "sim/runtime/core/report.h"

namespace heddle::sim::runtime {

// At most kMost descriptors at a time; one more is the failure `limit`, which says `kind`
// ("timerfds"). Called by the thread that has control.
template <typename File, int kMost>
class DescriptorTable {
 public:
  constexpr explicit DescriptorTable(const char* kind) : kind_(kind) {}

  bool empty() const { return used_ == 0; }

  void Add(int descriptor, File* file) {
    for (Entry& entry : entries_) {
      if (entry.file != nullptr) continue;
      entry = {descriptor, file};
      ++used_;
      return;
    }
    Fail(FailureKind::kLimit, "more than %d descriptors of %s", kMost, kind_);
  }

  // Null: of none.
  File* Find(int descriptor) {
    Entry* const entry = EntryOf(descriptor);
    return entry != nullptr ? entry->file : nullptr;
  }

  // Any of the file's descriptors; -1 when all are closed.
  int AnyOf(const File* file) const {
    for (const Entry& entry : entries_) {
      if (entry.file == file) return entry.descriptor;
    }
    return -1;
  }

  // The descriptor is closed. The file, when that was its last one; otherwise null.
  File* Remove(int descriptor) {
    Entry* const entry = EntryOf(descriptor);
    if (entry == nullptr) return nullptr;
    File* const file = entry->file;
    *entry = Entry{};
    --used_;
    return AnyOf(file) < 0 ? file : nullptr;
  }

  void Clear() {
    for (Entry& entry : entries_) entry = Entry{};
    used_ = 0;
  }

 private:
  struct Entry {
    int descriptor = -1;
    File* file = nullptr;  // null: free
  };

  Entry* EntryOf(int descriptor) {
    if (used_ == 0) return nullptr;
    for (Entry& entry : entries_) {
      if (entry.file != nullptr && entry.descriptor == descriptor) return &entry;
    }
    return nullptr;
  }

  const char* kind_;
  Entry entries_[kMost] = {};
  int used_ = 0;
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_INTERPOSE_DESCRIPTOR_TABLE_H_

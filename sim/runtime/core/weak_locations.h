// The locations of atomics under a weak memory model, and the stores that loads may still read
// (weak_memory.h).
#ifndef HEDDLE_SIM_RUNTIME_CORE_WEAK_LOCATIONS_H_
#define HEDDLE_SIM_RUNTIME_CORE_WEAK_LOCATIONS_H_

#include <cstdint>

#include "sim/protocol/hash.h"
#include "sim/protocol/step.h"
#include "sim/runtime/core/weak_views.h"

namespace heddle::sim::runtime {

// Stores kept of a location: the newest is what memory holds, so a load can be seven behind. Bugs
// that are known need one or two. A load that could have read an older one counts as bounded.
inline constexpr uint32_t kStoresKept = 8;
static_assert(kStoresKept < kMaxReadable, "one more: a compare-exchange that fails by itself");

struct Store {
  uint64_t value = 0;
  uint64_t step = 0;     // that stored it; kNoStep: not an atomic store under control
  uint32_t event = 0;    // of its thread; 0: before everything
  uint32_t sc = 0;       // its number among the seq_cst operations; 0: it is none
  uint32_t message = 0;  // View: what a reader that acquires learns; 0: nothing
  uint32_t readers = 0;  // View: by slot, the first event that read it; 0: nobody
  uint8_t slot = 0;
  bool glued = false;  // a read-modify-write: nothing comes between it and the store it read
  bool known = false;  // its thread knows all that the message says
};

// Whether the view covers the store.
inline bool Covers(const View& view, const Store& store) {
  return store.event <= view.At(store.slot);
}

// Up to 8 bytes at an address. Its stores, newest first in modification order, are Back(0),
// Back(1)...
struct alignas(64) Location {
  uintptr_t address = 0;
  uint32_t next = 0;       // in its bucket
  uint32_t next_free = 0;  // Pool's
  uint8_t size = 0;
  // The 8 bytes are used in several sizes: they are sequentially consistent, and every access
  // synchronises. It keeps one store, without a value.
  bool whole = false;
  bool unknown = false;  // written plainly since: memory has the value
  bool forgot = false;   // stores that a load may have read were dropped for want of room
  uint8_t count = 0;
  uint8_t newest = 0;
  // By slot: loads in a row that did not read the newest.
  uint8_t stale[kMaxWeakThreads] = {};
  Store stores[kStoresKept];

  Store& Back(uint32_t i) { return stores[(newest + kStoresKept - i) % kStoresKept]; }
  // Whether the newest store is known to be what memory holds.
  bool IsAsStored(uint64_t memory) { return !whole && !unknown && Back(0).value == memory; }
  // Back(1) to Back(count) become the newest stores, over Back(0): Back(count) is to be set anew.
  void MoveUp(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) Back(i) = Back(i + 1);
  }
  // Where a store of a thread that may read `readable` stores may go: never between a
  // read-modify-write and what it read. Returns how many of `places` there are.
  uint32_t Places(uint32_t readable, uint32_t* places) {
    uint32_t found = 1;
    places[0] = 0;
    for (uint32_t i = 1; i < readable; ++i) {
      if (!Back(i - 1).glued) places[found++] = i;
    }
    return found;
  }
  // Pool's. LocationTable drops the stores first.
  void Start() { *this = {}; }
  void Clear() {}
};

class LocationTable {
 public:
  // None; an execution begins.
  void Reset();
  // Whether an access may need more than there is.
  bool Full() const { return locations_.Full() || views_.Full(); }

  // The location of just these bytes; null when there is none.
  Location* FindExact(uintptr_t address, uint32_t size) {
    uint32_t i = Head(address);
    while (i != 0 && (locations_[i].address != address || locations_[i].size != size)) {
      i = locations_[i].next;
    }
    return i != 0 ? &locations_[i] : nullptr;
  }
  // New, with one store of `value` that is before everything.
  Location& Add(uintptr_t address, uint32_t size, uint64_t value);
  // The location that covers the 8-byte granule of `address` whole, or is just these bytes, or
  // overlaps them; null when there is none.
  Location* Find(uintptr_t address, uint32_t size) {
    for (uint32_t i = Head(address); i != 0; i = locations_[i].next) {
      Location& location = locations_[i];
      if (location.whole && (location.address ^ address) < 8) return &location;
      if (location.address < address + size && address < location.address + location.size) {
        return &location;
      }
    }
    return nullptr;
  }
  // Instead of all that lies in the granule of `address`: one location, whole, that hands on what
  // they handed on.
  Location& MakeWhole(uintptr_t address);

  // For one more store, Back(0), which the caller sets whole: the location's others come before it,
  // the oldest is dropped where there is no room.
  Store& MakeRoom(Location& location) {
    location.newest = (location.newest + 1) % kStoresKept;
    Store& store = location.Back(0);
    if (location.count < kStoresKept) {
      ++location.count;
      return store;
    }
    if (store.message != 0) DropView(store.message);
    if (store.readers != 0) DropView(store.readers);
    location.forgot = true;
    return store;
  }
  void DropStores(Location& location);

  // Bytes that were written plainly: their locations' histories end, memory has the values.
  // `objects_end`: the locations end too, for the bytes may be another object from then on, of
  // another size (a variable on the stack).
  void WrittenPlainly(uintptr_t begin, uint64_t size, bool objects_end);
  // Bytes that are no objects any more.
  void Forget(uintptr_t begin, uint64_t size);

  View& view(uint32_t number) { return views_[number]; }
  uint32_t NewView() { return views_.New(); }
  void DropView(uint32_t number) { views_.Delete(number); }

 private:
  struct Bucket {
    uint32_t execution = 0;  // what is of another one is empty
    uint32_t head = 0;
  };
  static constexpr uint32_t kBuckets = 1 << 14;
  static constexpr uint32_t kMostLocations = 1 << 18;  // 200 MB of address space
  static constexpr uint32_t kMostViews = 1 << 20;      // two a store at most

  uint32_t& Head(uintptr_t address) {
    Bucket& bucket = buckets_[(address >> 3) * kGoldenRatio >> 50];  // 14 bits: kBuckets
    if (bucket.execution != execution_) bucket = {execution_, 0};
    return bucket.head;
  }
  // Takes those of a bucket, or of the granules of bytes, out for which match(location).
  template <typename Match>
  void Remove(uint32_t& head, Match match);
  template <typename Match>
  void RemoveIn(uintptr_t begin, uint64_t size, Match match);

  Pool<View, kMostViews> views_;
  Pool<Location, kMostLocations> locations_;
  Bucket buckets_[kBuckets] = {};
  uint32_t execution_ = 0;
};

}  // namespace heddle::sim::runtime

#endif  // HEDDLE_SIM_RUNTIME_CORE_WEAK_LOCATIONS_H_

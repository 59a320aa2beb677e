#include "sim/runtime/core/weak_locations.h"

#include "sim/runtime/core/check.h"

namespace heddle::sim::runtime {
namespace {

uintptr_t Granule(uintptr_t address) { return address & ~uintptr_t{7}; }

}  // namespace

void LocationTable::Reset() {
  views_.Reset();
  locations_.Reset();
  ++execution_;
}

template <typename Match>
void LocationTable::Remove(uint32_t& head, Match match) {
  for (uint32_t* link = &head; *link != 0;) {
    Location& location = locations_[*link];
    if (!match(location)) {
      link = &location.next;
      continue;
    }
    DropStores(location);
    const uint32_t index = *link;
    *link = location.next;
    location.size = 0;  // not in use
    locations_.Delete(index);
  }
}

Location& LocationTable::Add(uintptr_t address, uint32_t size, uint64_t value) {
  const uint32_t index = locations_.New();
  Location& location = locations_[index];
  location.address = address;
  location.size = static_cast<uint8_t>(size);
  uint32_t& head = Head(address);
  location.next = head;
  head = index;
  MakeRoom(location) = {.value = value, .step = kNoStep};
  return location;
}

Location& LocationTable::MakeWhole(uintptr_t address) {
  const uint32_t message = NewView();
  Remove(Head(address), [&](Location& location) {
    if (Granule(location.address) != Granule(address)) return false;
    if (const uint32_t before = location.Back(0).message) {
      views_[message].Join(views_[before]);
      views_[message].tokens.Add(views_[before].tokens);
    }
    return true;
  });
  Location& location = Add(Granule(address), 8, 0);
  location.whole = true;
  location.Back(0).message = message;
  return location;
}

void LocationTable::DropStores(Location& location) {
  for (uint32_t i = 0; i < location.count; ++i) {
    DropView(location.Back(i).message);
    DropView(location.Back(i).readers);
  }
  location.count = 0;
  location.forgot = false;
}

void LocationTable::WrittenPlainly(uintptr_t begin, uint64_t size, bool objects_end) {
  const auto is_written = [&](const Location& location) {
    return location.size != 0 && !location.whole && location.address < begin + size &&
           begin < location.address + location.size;
  };
  if (objects_end) return RemoveIn(begin, size, is_written);
  const auto drop = [&](Location& location) {
    if (!is_written(location)) return;
    DropStores(location);
    MakeRoom(location) = {.step = kNoStep};
    location.unknown = true;
  };
  // Whatever is shorter: all granules, or all locations.
  if (size / 8 > locations_.end()) {
    for (uint32_t i = 1; i < locations_.end(); ++i) drop(locations_[i]);
    return;
  }
  for (uintptr_t granule = Granule(begin); granule < begin + size; granule += 8) {
    for (uint32_t i = Head(granule); i != 0; i = locations_[i].next) drop(locations_[i]);
  }
}

template <typename Match>
void LocationTable::RemoveIn(uintptr_t begin, uint64_t size, Match match) {
  if (size / 8 > kBuckets) {
    for (Bucket& bucket : buckets_) {
      if (bucket.execution == execution_) Remove(bucket.head, match);
    }
    return;
  }
  for (uintptr_t granule = Granule(begin); granule < begin + size; granule += 8) {
    Remove(Head(granule), match);
  }
}

void LocationTable::Forget(uintptr_t begin, uint64_t size) {
  RemoveIn(begin, size, [&](const Location& location) { return location.address - begin < size; });
}

}  // namespace heddle::sim::runtime

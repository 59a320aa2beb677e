#include "sim/runtime/core/weak_memory.h"

#include <new>

#include "sim/protocol/step.h"
#include "sim/runtime/core/arena.h"
#include "sim/runtime/core/check.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/report.h"
#include "sim/runtime/core/weak_machine.h"

// On the way of an operation that has one store to choose from.
#define HEDDLE_FAST __attribute__((always_inline)) inline

namespace heddle::sim::runtime {
namespace {

constinit WeakMachine machine;

bool Acquires(int order) { return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE; }
bool Releases(int order) { return order >= __ATOMIC_RELEASE; }
bool IsSc(int order) { return order == __ATOMIC_SEQ_CST; }
bool IsTso() { return machine.model == MemoryModel::kTso; }
uintptr_t Number(const volatile void* address) { return reinterpret_cast<uintptr_t>(address); }

// Tells the strategy what the operation does with the order that all threads share.
void TouchesOrder(Thread* self, Access access) {
  Access& order = self->pending.shared_order;
  if (order < access) order = access;
}

// kTso: what the thread has stored becomes visible. (Where others have seen to that, it depends on
// them that there is nothing to do.)
__attribute__((noinline)) void DrainBuffer(Thread* self, ThreadViews& thread) {
  if (thread.stored != 0) {
    const bool changes = thread.stored > machine.total.At(self->view);
    TouchesOrder(self, changes ? Access::kWrite : Access::kRead);
    thread.stored = 0;
  }
  machine.total.Join(thread.known);
  machine.total.Join(thread.released);
}
HEDDLE_FAST void Drain(Thread* self, ThreadViews& thread) {
  if (IsTso()) DrainBuffer(self, thread);
}

// The thread's next operation.
HEDDLE_FAST ThreadViews& Step(Thread* self) {
  KERNEL_CHECK(self->view < machine.threads.count(), "a thread has views from its start on");
  ThreadViews& thread = machine.threads[self->view];
  thread.known.Set(self->view, thread.known.At(self->view) + 1);
  return thread;
}

// Whether the view covers somebody's read of the store.
bool CoversRead(const View& view, const Store& store) {
  if (store.readers == 0) return false;
  const View& readers = machine.locations.view(store.readers);
  for (uint32_t i = 0; i < readers.width; ++i) {
    if (readers.at[i] != 0 && readers.at[i] <= view.At(i)) return true;
  }
  return false;
}

__attribute__((noinline)) uint32_t CountReadable(uint32_t slot, Location& location,
                                                 const View& known, int order) {
  for (uint32_t i = 0; i < location.count; ++i) {
    const Store& store = location.Back(i);
    if (Covers(known, store) || CoversRead(known, store)) return i + 1;
    if (IsTso()) {
      if (store.slot == slot || Covers(machine.total, store)) return i + 1;
      continue;
    }
    if (store.sc != 0 && (IsSc(order) || store.sc <= known.fence)) return i + 1;
    if (IsSc(order) && Covers(machine.total, store)) return i + 1;
  }
  if (location.forgot) kernel.strategy->StoresLeftOut();
  return location.count;
}

// How many of the newest stores the thread may read.
HEDDLE_FAST uint32_t Readable(Thread* self, Location& location, const ThreadViews& thread,
                              int order) {
  if (location.whole) return 1;
  if (IsTso() || IsSc(order)) TouchesOrder(self, Access::kRead);
  if (Covers(thread.known, location.Back(0))) return 1;
  return CountReadable(self->view, location, thread.known, order);
}

__attribute__((noinline)) uint32_t Choose(Thread* self, Location& location, uint32_t count,
                                          bool last_fails) {
  uint8_t& stale = location.stale[self->view];
  if (stale == kMaxStaleReads) {
    kernel.strategy->StoresLeftOut();
    count = 1;
  }
  uint32_t index = 0;
  if (count > 1 && !kernel.execution.abandoned) {
    const StoreChoice choice = {self->number, &self->pending, count, stale, last_fails};
    UseArena arena;
    index = kernel.strategy->ChooseStore(choice);
  }
  KERNEL_CHECK(index < count, "a strategy picks one of the stores");
  if (index == 0) {
    stale = 0;
    return 0;
  }
  ++stale;
  ScheduleLog& log = kernel.log;
  KERNEL_CHECK(StepStore(log.steps[log.points - 1]) == 0, "an operation picks once");
  log.steps[log.points - 1] |= index << kStepStoreShift;
  log.hash = HashStore(log.hash, index);
  return index;
}

// Asks the strategy which of `count` possibilities it is to be, the first of which is the newest.
HEDDLE_FAST uint32_t Pick(Thread* self, Location& location, uint32_t count,
                          bool last_fails = false) {
  if (count > 1) return Choose(self, location, count, last_fails);
  location.stale[self->view] = 0;
  return 0;
}

// For those who show the execution.
void NoteRead(uint64_t from) {
  const uint64_t step = kernel.log.points - 1;
  if (step < kernel.log.detail_capacity) kernel.log.details[step].read_from = from;
}

__attribute__((noinline)) void Learn(Thread* self, ThreadViews& thread, Location& location,
                                     uint32_t place, int order) {
  LocationTable& locations = machine.locations;
  Store& store = location.Back(place);
  const uint32_t slot = self->view;
  if (place != 0) NoteRead(store.step);
  if (IsTso() && store.slot != slot) {
    const bool changes = store.event > machine.total.At(store.slot);
    TouchesOrder(self, changes ? Access::kWrite : Access::kRead);
    if (store.message != 0) machine.total.Join(locations.view(store.message));
    order = __ATOMIC_ACQUIRE;
  }
  if (store.message != 0) {
    const View& message = locations.view(store.message);
    if (Acquires(order)) {
      thread.known.Join(message);
      message.tokens.Acquire();
    } else {
      thread.pending.Join(message);
      thread.pending.tokens.Add(message.tokens);
      thread.has_pending = true;
    }
  }
  // Whoever knows of this read may not read older stores. There are none behind the oldest; and who
  // knows what the thread knows from now on knows of the store, if the thread does.
  if (place + 1 < location.count && !Covers(thread.known, store)) {
    if (store.readers == 0) store.readers = locations.NewView();
    View& readers = locations.view(store.readers);
    if (readers.At(slot) == 0) readers.Set(slot, thread.known.At(slot));
  }
}

HEDDLE_FAST void Read(Thread* self, ThreadViews& thread, Location& location, uint32_t place,
                      int order) {
  if (place != 0 || machine.IsNews(thread, location.Back(place), self->view)) {
    Learn(self, thread, location, place, order);
  }
}

// What a store of `order` hands to its readers; 0: nothing. `before` is the message of the store
// that it follows in a release sequence; 0: none. `read`: the thread has read that one.
__attribute__((noinline)) uint32_t MakeMessage(ThreadViews& thread, int order, uint32_t before,
                                               bool read) {
  LocationTable& locations = machine.locations;
  const uint32_t message = locations.NewView();
  View& view = locations.view(message);
  if (Releases(order) || IsTso()) {
    view.Assign(thread.known);
    view.tokens.Renew();
  } else if (thread.has_released) {
    view.Assign(thread.released);
  }
  if (before != 0) {
    // One that has acquired what was handed on releases it with its own.
    const bool both = Releases(order) && Acquires(order);
    if (!both || !read) view.Join(locations.view(before));
    if (!both) view.tokens.Add(locations.view(before).tokens);
  }
  if (IsTso()) {
    view.Join(thread.released);
    thread.released.Assign(view);
  }
  return message;
}

// Whether a store of `order` hands anything to its readers that they may not know. Who comes when
// the thread is alone knows all that it does.
HEDDLE_FAST bool Tells(const ThreadViews& thread, int order, uint32_t before) {
  if (before != 0) return true;
  return (Releases(order) || IsTso() || thread.has_released) && !machine.threads.OnlyOne();
}

// `place`: so many newer stores stay newer. `continues`: it is the second half of a
// read-modify-write, in the release sequence of what that read, which is Back(place).
HEDDLE_FAST void Write(Thread* self, ThreadViews& thread, Location& location, uint64_t value,
                       int order, bool continues, uint32_t place) {
  const bool sequence = continues || IsTso() || location.whole;
  const uint32_t before = sequence ? location.Back(place).message : 0;
  const uint32_t message =
      Tells(thread, order, before) ? MakeMessage(thread, order, before, continues) : 0;
  if (location.whole) machine.locations.DropStores(location);
  machine.locations.MakeRoom(location);
  if (place != 0) location.MoveUp(place);
  const uint32_t event = thread.known.At(self->view);
  location.Back(place) = {
      .value = value,
      .step = kernel.log.points - 1,
      .event = event,
      .sc = IsSc(order) ? ++machine.last_sc : 0,
      .message = message,
      .slot = static_cast<uint8_t>(self->view),
      .glued = continues,
      .known = !IsTso() && (before == 0 || (continues && Releases(order) && Acquires(order)))};
  thread.stored = event;
  if (IsSc(order)) TouchesOrder(self, Access::kRead);
  if (IsSc(order) || continues) Drain(self, thread);
}

HEDDLE_FAST uint32_t PickPlace(Thread* self, const ThreadViews& thread, Location& location,
                               int order) {
  if (IsTso() || location.whole) return 0;
  const uint32_t readable = Readable(self, location, thread, order);
  if (readable == 1) return Pick(self, location, 1);
  uint32_t places[kStoresKept];
  return places[Pick(self, location, location.Places(readable, places))];
}

__attribute__((noinline)) uint64_t LoadNews(Thread* self, Location& location, uint64_t memory,
                                            int order) {
  ThreadViews& thread = Step(self);
  const uint32_t place = Pick(self, location, Readable(self, location, thread, order));
  Read(self, thread, location, place, order);
  return location.whole ? memory : location.Back(place).value;
}

}  // namespace

void ResetWeakMemory(MemoryModel model) {
  if (machine.model != model) machine.model = model;  // far from what else is written (hot.h)
  if (model == MemoryModel::kSc) return;
  ResetTokens();
  machine.locations.Reset();
  machine.handovers.Reset();
  machine.threads.Reset();
  new (&machine.total) View;
  machine.last_sc = 0;
}

uint64_t WeakLoad(Thread* self, const volatile void* address, uint32_t size, uint64_t memory,
                  int order) {
  Location& location = machine.LocationAt(address, size, memory);
  const uint32_t slot = self->view;
  if (!machine.LeavesNothing(slot, location)) return LoadNews(self, location, memory, order);
  if (IsTso() || IsSc(order)) TouchesOrder(self, Access::kRead);
  location.stale[slot] = 0;
  return memory;
}

bool WeakStore(Thread* self, const volatile void* address, uint32_t size, uint64_t memory,
               uint64_t value, int order) {
  ThreadViews& thread = Step(self);
  Location& location = machine.LocationAt(address, size, memory);
  const uint32_t place = PickPlace(self, thread, location, order);
  Write(self, thread, location, value, order, false, place);
  return place == 0;
}

WeakPlace PlaceUpdate(Thread* self, const volatile void* address, uint32_t size, uint64_t memory,
                      int order) {
  ThreadViews& thread = Step(self);
  Location& location = machine.LocationAt(address, size, memory);
  machine.updating = &location;
  const uint32_t place = PickPlace(self, thread, location, order);
  return {location.whole ? memory : location.Back(place).value, place};
}

void WeakUpdate(Thread* self, uint64_t value, int order, uint32_t place) {
  KERNEL_CHECK(machine.updating != nullptr, "a read-modify-write has a place first");
  ThreadViews& thread = machine.threads[self->view];
  Location& location = *machine.updating;
  machine.updating = nullptr;
  Read(self, thread, location, place, order);
  Write(self, thread, location, value, order, true, place);
}

WeakPlace PlaceCompareExchange(Thread* self, const volatile void* address, uint32_t size,
                               uint64_t memory, uint64_t expected, bool may_fail, int order,
                               int failure_order) {
  ThreadViews& thread = Step(self);
  Location& location = machine.LocationAt(address, size, memory);
  machine.updating = &location;
  if (location.whole) {
    const bool fails = memory != expected;
    if (fails) Read(self, thread, location, 0, failure_order);
    return {memory, 0, fails};
  }
  uint32_t index = 0;
  bool fails_on_expected = false;
  // Locked instructions look at memory itself.
  if (!IsTso()) {
    // It may fail on any store that differs, and succeed where its own may go.
    const uint32_t fails = Readable(self, location, thread, failure_order);
    const uint32_t succeeds = Readable(self, location, thread, order);
    uint32_t found[kStoresKept + 1] = {0};
    uint32_t count = 1;
    for (uint32_t i = 1; i < location.count; ++i) {
      const bool possible = location.Back(i).value != expected
                                ? i < fails
                                : i < succeeds && !location.Back(i - 1).glued;
      if (possible) found[count++] = i;
    }
    const uint32_t stores = count;
    if (may_fail && location.Back(0).value == expected &&
        location.stale[self->view] < kMaxFailuresByItself) {
      found[count++] = 0;
    }
    const uint32_t picked = Pick(self, location, count, count > stores);
    index = found[picked];
    fails_on_expected = picked == stores;
  }
  const uint64_t value = location.Back(index).value;
  if (value == expected && !fails_on_expected) return {value, index, false};
  if (fails_on_expected) NoteRead(kernel.log.points - 1);
  Read(self, thread, location, index, failure_order);
  Drain(self, thread);
  return {value, index, true};
}

void WeakFence(Thread* self, int order) {
  ThreadViews& thread = Step(self);
  if (Acquires(order) && thread.has_pending) {
    thread.known.Join(thread.pending);
    thread.pending.tokens.Acquire();
    thread.pending.Clear();
    thread.has_pending = false;
  }
  if (IsSc(order)) {
    TouchesOrder(self, Access::kWrite);
    thread.known.fence = ++machine.last_sc;
    if (!IsTso()) thread.known.Join(machine.total);
    machine.total.Join(thread.known);
    Drain(self, thread);
  }
  if (Releases(order) && !IsTso()) {
    thread.released.Assign(thread.known);
    thread.released.tokens.Renew();
    thread.has_released = true;
  }
}

void WeakBarrier(Thread* self) {
  WeakFence(self, __ATOMIC_SEQ_CST);
  self->pending.sees_all = true;
  for (uint32_t i = 0; i < machine.threads.count(); ++i) {
    if (i != self->view) machine.threads[i].PassFence(machine.last_sc, IsTso(), &machine.total);
  }
  WeakFence(self, __ATOMIC_SEQ_CST);
}

void WeakWhole(Thread* self, const volatile void* address, uint64_t size) {
  ThreadViews& thread = Step(self);
  const uintptr_t end = Number(address) + size;
  for (uintptr_t granule = Number(address) & ~uintptr_t{7}; granule < end; granule += 8) {
    machine.NeedRoom();
    Location* location = machine.locations.Find(granule, 8);
    if (location == nullptr || !location->whole) location = &machine.locations.MakeWhole(granule);
    Read(self, thread, *location, 0, __ATOMIC_SEQ_CST);
    Write(self, thread, *location, 0, __ATOMIC_SEQ_CST, true, 0);
  }
}

void WeakPlainWrite(const void* address, uint64_t size) {
  if (size == 0) return;
  machine.locations.WrittenPlainly(Number(address), size, kernel.request.rules >= 7);
}

void WeakForget(const void* address, uint64_t size) {
  if (size != 0) machine.locations.Forget(Number(address), size);
}

void WeakPublish(Thread* self, const void* address) {
  ThreadViews& thread = Step(self);
  machine.NeedRoom();
  machine.locations.Forget(Number(address), 1);
  Location& location = machine.locations.Add(Number(address), 1, 0);
  Write(self, thread, location, *static_cast<const uint8_t*>(address), __ATOMIC_RELEASE, false, 0);
}

void WeakGive(Thread* self, const void* object) {
  ThreadViews& thread = Step(self);
  uint32_t& view = machine.handovers.Add(Number(object));
  if (view == 0) {
    machine.NeedRoom();
    view = machine.locations.NewView();
  }
  machine.locations.view(view).Join(thread.known);
  Drain(self, thread);
}

void WeakTake(Thread* self, const void* object) {
  ThreadViews& thread = Step(self);
  if (const uint32_t view = machine.handovers.Find(Number(object)); view != 0) {
    thread.known.Join(machine.locations.view(view));
  }
  Drain(self, thread);  // a lock is taken by a locked instruction
}

void WeakSystem(Thread* self) {
  ThreadViews& thread = Step(self);
  self->pending.sees_all = true;
  for (uint32_t i = 0; i < machine.threads.count(); ++i)
    thread.known.Join(machine.threads[i].known);
  Drain(self, thread);
}

void WeakFutex(Thread* self, const uint32_t* word) {
  WeakFence(self, __ATOMIC_SEQ_CST);
  ThreadViews& thread = Step(self);
  Location& location =
      machine.LocationAt(word, sizeof *word, __atomic_load_n(word, __ATOMIC_SEQ_CST));
  Read(self, thread, location, 0, __ATOMIC_RELAXED);
}

void WeakStart(Thread* child, Thread* parent) {
  ThreadViews& from = Step(parent);
  Drain(parent, from);
  child->view = machine.threads.Begin(from.known, &parent->pending.follows_exit);
}

void WeakEnd(Thread* self) { machine.threads.End(self->view); }

}  // namespace heddle::sim::runtime

#include "sim/runtime/core/lost_signals.h"

#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/wait_queue.h"

namespace heddle::sim::runtime {
namespace {

// By address. Programs signal to nobody all the time: it must cost next to nothing.
constexpr uint32_t kEntryBits = 8;
struct SignalTable {
  LostSignal entries[1 << kEntryBits];
};
constinit SignalTable lost = {}, contended = {};
// Most executions send few signals in vain, or none: those are cleared one by one. To clear the
// tables would touch seven pages in each.
constexpr uint32_t kRemembered = 16;
constinit LostSignal* used[kRemembered] = {};
constinit uint32_t used_count = 0;  // more than kRemembered: both tables have to be cleared

LostSignal& EntryOf(SignalTable& table, const void* address) {
  // Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4.
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;
  return table.entries[reinterpret_cast<uint64_t>(address) * kGolden >> (64 - kEntryBits)];
}

uint64_t KeyOf(const void* address) { return ~reinterpret_cast<uint64_t>(address); }

LostSignal* Find(SignalTable& table, const void* address) {
  LostSignal& entry = EntryOf(table, address);
  return address != nullptr && entry.key == KeyOf(address) ? &entry : nullptr;
}

void Note(SignalTable& table, const void* address) {
  const Thread* self = kernel.threads.current;
  LostSignal& entry = EntryOf(table, address);
  if (entry.key == 0 && used_count <= kRemembered) {
    if (used_count < kRemembered) used[used_count] = &entry;
    ++used_count;
  }
  entry = {.key = KeyOf(address),
           .kind = self->pending.kind,
           .thread = self->number,
           .point = kernel.log.points == 0 ? 0 : kernel.log.points - 1,
           .caller = self->caller};
}

}  // namespace

void NoteLostSignal(const void* address) { Note(lost, address); }

void NoteContendedSignal(const void* address) { Note(contended, address); }

void NoteWoken(const void* address, const Thread* thread) {
  LostSignal* signal = Find(contended, address);
  if (signal == nullptr) return;
  signal->woken = thread->number;
  signal->woken_caller = thread->caller;
}

const LostSignal* LastSignalNotFor(const Thread* thread) {
  if (thread->waiter == nullptr) return nullptr;
  // One that came while the thread waited is later than any that reached nobody.
  const LostSignal* signal = Find(contended, thread->wait_address);
  const bool came_meanwhile =
      signal != nullptr && signal->woken != kNoThread && signal->point >= thread->waiter->since;
  return came_meanwhile ? signal : Find(lost, thread->wait_address);
}

void ForgetLostSignals() {
  if (used_count <= kRemembered) {
    for (uint32_t i = 0; i < used_count; ++i) *used[i] = {};
    used_count = 0;
    return;
  }
  used_count = 0;
  for (SignalTable* table : {&lost, &contended}) {
    for (LostSignal& entry : table->entries) entry = {};
  }
}

}  // namespace heddle::sim::runtime

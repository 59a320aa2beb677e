#include "sim/runtime/core/lost_signals.h"

#include "sim/protocol/hash.h"
#include "sim/runtime/core/hot.h"
#include "sim/runtime/core/kernel.h"
#include "sim/runtime/core/wait_queue.h"

namespace heddle::sim::runtime {
namespace {

// By address. Programs signal to nobody all the time: it must cost next to nothing. Entries are
// used in order, so that most executions touch few pages.
constexpr uint32_t kEntryBits = 8, kTableSize = 1 << kEntryBits;
constinit LostSignal entries[2 * kTableSize] = {};
HEDDLE_HOT constinit uint32_t entry_count = 0;
struct SignalTable {
  uint16_t entries[kTableSize];  // the entry's number, + 1; 0: none
};
HEDDLE_HOT constinit SignalTable lost = {}, contended = {};

uint16_t& NumberIn(SignalTable& table, const void* address) {
  // Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4.
  return table.entries[reinterpret_cast<uint64_t>(address) * kGoldenRatio >> (64 - kEntryBits)];
}

uint64_t KeyOf(const void* address) { return ~reinterpret_cast<uint64_t>(address); }

LostSignal* Find(SignalTable& table, const void* address) {
  const uint16_t number = NumberIn(table, address);
  if (address == nullptr || number == 0) return nullptr;
  LostSignal& entry = entries[number - 1];
  return entry.key == KeyOf(address) ? &entry : nullptr;
}

void Note(SignalTable& table, const void* address) {
  const Thread* self = kernel.threads.current;
  uint16_t& number = NumberIn(table, address);
  if (number == 0) number = static_cast<uint16_t>(++entry_count);
  LostSignal& entry = entries[number - 1];
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
  if (entry_count == 0) return;
  lost = contended = {};
  entry_count = 0;
}

}  // namespace heddle::sim::runtime

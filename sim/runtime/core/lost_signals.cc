#include "sim/runtime/core/lost_signals.h"

#include "sim/runtime/core/kernel.h"

namespace heddle::sim::runtime {
namespace {

// By address. Programs signal to nobody all the time: it must cost next to nothing.
constexpr uint32_t kEntryBits = 8;
constinit LostSignal entries[1 << kEntryBits] = {};

LostSignal& EntryOf(const void* address) {
  // Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4.
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;
  return entries[reinterpret_cast<uint64_t>(address) * kGolden >> (64 - kEntryBits)];
}

uint64_t KeyOf(const void* address) { return ~reinterpret_cast<uint64_t>(address); }

}  // namespace

void NoteLostSignal(const void* address) {
  const Thread* self = kernel.threads.current;
  EntryOf(address) = {KeyOf(address), self->pending.kind, self->number,
                      kernel.log.points == 0 ? 0 : kernel.log.points - 1, self->caller};
}

const LostSignal* LastLostSignal(const void* address) {
  const LostSignal& entry = EntryOf(address);
  return address != nullptr && entry.key == KeyOf(address) ? &entry : nullptr;
}

void ForgetLostSignals() {
  for (LostSignal& entry : entries) entry = {};
}

}  // namespace heddle::sim::runtime

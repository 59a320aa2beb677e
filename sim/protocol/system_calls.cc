#include "sim/protocol/system_calls.h"

#include "sim/protocol/system_call_table.h"

namespace heddle::sim {
namespace {

using system_call_table::kSystemCalls;

// Where each number is in the table; -1: nowhere.
struct Positions {
  int16_t of[kSystemCallNumbers];
};

constexpr Positions MakePositions() {
  Positions positions = {};
  for (int16_t& position : positions.of) position = -1;
  int16_t next = 0;
  for (const SystemCallEntry& entry : kSystemCalls) positions.of[entry.number] = next++;
  return positions;
}

constexpr Positions kPositions = MakePositions();

}  // namespace

std::span<const SystemCallEntry> SystemCalls() { return kSystemCalls; }

const SystemCallEntry* FindSystemCall(long number) {
  if (number < 0 || number >= kSystemCallNumbers || kPositions.of[number] < 0) return nullptr;
  return &kSystemCalls[kPositions.of[number]];
}

}  // namespace heddle::sim

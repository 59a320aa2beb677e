// Where two chains first part, in words. Never a dump: one field, what was expected, what came.
#ifndef HEDDLE_HARNESS_ORACLES_DIFFERENCE_H_
#define HEDDLE_HARNESS_ORACLES_DIFFERENCE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "harness/host/result_reader.h"
#include "sim/trace/trace.h"

namespace heddle::harness {

struct Difference {
  std::string field;  // "outcome", "block_weights[3].weight"
  std::string expected;
  std::string got;

  // "outcome is pending, expected accepted"
  std::string Text() const;
  // `field` without indices: the same for the same kind of difference.
  std::string Kind() const;
};

// The first difference in the order of the fields, if any.
std::optional<Difference> FirstDifference(const Snapshot& expected, const Snapshot& got);
std::optional<Difference> FirstDifference(const trace::ObservedEvent& expected,
                                          const trace::ObservedEvent& got);
std::optional<Difference> FirstDifference(const trace::ObservedEnd& expected,
                                          const trace::ObservedEnd& got);

// Only what two hosts that were fed in different orders must agree on: head, justified, finalized.
std::optional<Difference> FirstDifferenceOnceQuiet(const Snapshot& expected, const Snapshot& got);

// "event 812 (trace line 814: block, slot 47)"; `events` holds events by their index.
std::string EventLabel(const trace::Trace& trace, uint64_t index);

// "the tick to interval 233 (slot 46)"
std::string TickLabel(uint64_t interval);

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_ORACLES_DIFFERENCE_H_

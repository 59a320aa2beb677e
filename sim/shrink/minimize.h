// Delta debugging: a small part of a whole that still does what the whole does.
//
// Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002). Only
// complements are tried (the whole without a piece): what is looked for needs a few elements that
// lie apart, which no single piece holds.
#ifndef HEDDLE_SIM_SHRINK_MINIMIZE_H_
#define HEDDLE_SIM_SHRINK_MINIMIZE_H_

#include <cstdint>
#include <functional>
#include <vector>

namespace heddle::sim {

// Whether the elements `kept` (ascending positions in the whole) still do it.
using StillFails = std::function<bool(const std::vector<uint32_t>& kept)>;

struct Minimized {
  std::vector<uint32_t> kept;  // ascending
  uint64_t tests = 0;
  // No single element and no two neighbours can be left out. False when `go_on` ended the search
  // before that was known.
  bool minimal = false;
};

// Of the elements 0 to `count` - 1, which together do it: leaves out all of them, and if they
// cannot all go, pieces, larger ones first and later ones before earlier ones, until no single
// element and no two neighbours can go (a switch there and the switch back). `go_on` is asked
// before each test. O(count) tests at least, O(count^2) at worst.
Minimized Minimize(uint32_t count, const StillFails& still_fails,
                   const std::function<bool()>& go_on);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_SHRINK_MINIMIZE_H_

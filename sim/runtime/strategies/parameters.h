// Parameters of a strategy, as written in a specification: "pct:d=3" names the strategy pct with
// the parameters "d=3"; several are separated by commas.
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_PARAMETERS_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_PARAMETERS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace heddle::sim {

// "all" as the value of a parameter that bounds something.
inline constexpr uint32_t kUnbounded = 0xFFFFFFFF;

struct Parameter {
  std::string_view key;
  uint32_t* value;  // set when the key is given
  uint32_t least;
  uint32_t most;
  bool may_be_all = false;  // "all" stands for kUnbounded
};

// Sets the values that `text` ("key=value,key=value" or "") gives. False when a key is unknown,
// given without a number, or out of its range; values may have been set by then.
bool ParseParameters(std::string_view text, std::span<const Parameter> known);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_PARAMETERS_H_

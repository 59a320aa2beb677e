// The bytes by which a file shows that it holds the runtime, so that heddle knows the programs that
// it may start from any others. In two halves: what only looks for them does not hold them itself.
#ifndef HEDDLE_SIM_PROTOCOL_RUNTIME_MARK_H_
#define HEDDLE_SIM_PROTOCOL_RUNTIME_MARK_H_

namespace heddle::sim {

inline constexpr char kRuntimeMarkBegin[] = "[this program holds ";
inline constexpr char kRuntimeMarkEnd[] = "Heddle's runtime]";

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_RUNTIME_MARK_H_

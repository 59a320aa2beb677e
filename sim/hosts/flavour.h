// The builds of the host.
#ifndef HEDDLE_SIM_HOSTS_FLAVOUR_H_
#define HEDDLE_SIM_HOSTS_FLAVOUR_H_

#include <array>
#include <cstddef>

#include "absl/strings/string_view.h"

namespace heddle::sim {

// All have the same sources. kNative is not built for control; the others are, kTsan and kAsan with
// a sanitizer.
enum class Flavour { kNative, kDet, kTsan, kAsan };
inline constexpr std::array<absl::string_view, 4> kFlavourNames = {"native", "det", "tsan", "asan"};

inline absl::string_view Name(Flavour flavour) {
  return kFlavourNames[static_cast<size_t>(flavour)];
}

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_HOSTS_FLAVOUR_H_

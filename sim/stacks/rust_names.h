// Names of Rust functions that the C++ demanglers of symbolizers and sanitizers leave half done
// (rustc's legacy mangling; they know the v0 one): "a::B::_$u7b$$u7b$closure$u7d$$u7d$::h0123..."
// is "a::B::{{closure}}".
#ifndef HEDDLE_SIM_STACKS_RUST_NAMES_H_
#define HEDDLE_SIM_STACKS_RUST_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace heddle::sim {

// `text` with each such name in it as Rust writes it, without the hash; the rest as it is.
std::string WithRustNames(absl::string_view text);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_STACKS_RUST_NAMES_H_

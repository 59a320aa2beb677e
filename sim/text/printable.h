// Text of others, made fit to be shown: what programs, traces and files say may hold sequences that
// move a terminal's cursor, hide text or turn its order around.
#ifndef HEDDLE_SIM_TEXT_PRINTABLE_H_
#define HEDDLE_SIM_TEXT_PRINTABLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace heddle::sim {

// `text` with every control character, bidirectional control (UAX #9) and noncharacter of Unicode,
// and every byte that is not UTF-8, written as \xNN, byte by byte; all else stays as it is. For one
// line.
std::string Printable(absl::string_view text);

// As Printable(), but line breaks and tabs stay too.
std::string PrintableLines(absl::string_view text);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_TEXT_PRINTABLE_H_

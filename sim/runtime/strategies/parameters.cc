#include "sim/runtime/strategies/parameters.h"

#include <charconv>

namespace heddle::sim {
namespace {

bool ParseOne(std::string_view assignment, std::span<const Parameter> known) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = assignment.substr(0, equals);
  const std::string_view text = assignment.substr(equals + 1);
  for (const Parameter& parameter : known) {
    if (parameter.key != key) continue;
    if (parameter.may_be_all && text == "all") {
      *parameter.value = kUnbounded;
      return true;
    }
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    if (number < parameter.least || number > parameter.most) return false;
    *parameter.value = number;
    return true;
  }
  return false;
}

}  // namespace

bool ParseParameters(std::string_view text, std::span<const Parameter> known) {
  if (text.empty()) return true;
  for (;;) {
    const size_t comma = text.find(',');
    if (!ParseOne(text.substr(0, comma), known)) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace heddle::sim

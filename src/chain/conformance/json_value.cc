#include "src/chain/conformance/json_value.h"

#include <algorithm>
#include <cctype>

namespace heddle::conformance {

std::string CamelCase(std::string_view name) {
  std::string camel;
  bool upper = false;
  for (const char letter : name) {
    if (letter == '_') {
      upper = true;
      continue;
    }
    camel += upper ? static_cast<char>(std::toupper(letter)) : letter;
    upper = false;
  }
  return camel;
}

std::vector<uint8_t> HexBytes(const Json& json) {
  const auto text = json.get<std::string>();
  if (!text.starts_with("0x")) throw std::invalid_argument("no \"0x\" in front: " + text);
  std::vector<uint8_t> bytes((text.size() - 2) / 2);
  if (!ssz::FromHex(text, bytes.data(), bytes.size())) {
    throw std::invalid_argument("no byte string: " + text);
  }
  return bytes;
}

void ExpectKeys(const Json& json, const std::vector<std::string>& names) {
  if (!json.is_object()) throw std::invalid_argument("no object: " + json.dump().substr(0, 80));
  for (const auto& [key, value] : json.items()) {
    if (std::find(names.begin(), names.end(), key) == names.end()) {
      throw std::invalid_argument("unknown key \"" + key + "\"");
    }
  }
}

}  // namespace heddle::conformance

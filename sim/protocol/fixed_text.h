// Text of a bounded length, stored in place: plain data that two processes can share.
#ifndef HEDDLE_SIM_PROTOCOL_FIXED_TEXT_H_
#define HEDDLE_SIM_PROTOCOL_FIXED_TEXT_H_

#include <cstddef>
#include <string_view>

namespace heddle::sim {

// Room for kSize - 1 characters. Trivially copyable.
template <size_t kSize>
class FixedText {
 public:
  constexpr FixedText() = default;
  // For the names in the code: what is too long ends the process. Other text goes through Set().
  constexpr FixedText(const char* text) {  // NOLINT: a literal may stand for it
    if (!Set(text)) __builtin_trap();
  }

  // False, and nothing is changed, when it is too long or holds a 0.
  [[nodiscard]] constexpr bool Set(std::string_view text) {
    if (text.size() >= kSize || text.find('\0') != std::string_view::npos) return false;
    for (size_t i = 0; i < kSize; ++i) text_[i] = i < text.size() ? text[i] : '\0';
    return true;
  }

  constexpr const char* c_str() const { return text_; }
  constexpr std::string_view view() const { return text_; }
  constexpr bool empty() const { return text_[0] == '\0'; }
  friend constexpr bool operator==(const FixedText& a, const char* b) { return a.view() == b; }
  friend constexpr bool operator==(const FixedText& a, const FixedText& b) {
    return a.view() == b.view();
  }

 private:
  char text_[kSize] = {};
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_PROTOCOL_FIXED_TEXT_H_

#include "reports/model/wait_words.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace heddle::reports {
namespace {

using absl::string_view;

constexpr std::array<string_view, 7> kToBeWoken = {"cond-wake",     "futex-woken",  "sem-wait",
                                                   "sem-timedwait", "barrier-wake", "barrier-wait",
                                                   "io-wait"};

// The first "0x..." in the text; 0 when there is none.
uint64_t AddressIn(string_view text) {
  const size_t at = text.find("0x");
  uint64_t address = 0;
  if (at == string_view::npos) return 0;
  const string_view digits = text.substr(at + 2);
  const string_view number = digits.substr(0, digits.find_first_not_of("0123456789abcdef"));
  return absl::SimpleHexAtoi(number, &address) ? address : 0;
}

// The number behind `words`, if they are in the text.
std::optional<uint64_t> NumberAfter(string_view text, string_view words) {
  const size_t at = text.find(words);
  uint64_t number = 0;
  if (at == string_view::npos) return std::nullopt;
  const string_view digits = text.substr(at + words.size());
  if (!absl::SimpleAtoi(digits.substr(0, digits.find_first_not_of("0123456789")), &number)) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::optional<WaitWords> ParseWait(string_view state) {
  if (!absl::ConsumePrefix(&state, "waits, ")) return std::nullopt;
  WaitWords words;
  const size_t semicolon = state.find("; holds ");
  const string_view wait = state.substr(0, semicolon);
  words.operation = std::string(wait.substr(0, wait.find(' ')));
  words.address = AddressIn(wait);
  words.for_end = words.operation == "thread-join" || words.operation == "exit";
  words.to_be_woken =
      std::find(kToBeWoken.begin(), kToBeWoken.end(), words.operation) != kToBeWoken.end();
  if (const std::optional<uint64_t> thread = NumberAfter(wait, " thread ")) {
    words.thread = static_cast<sim::ThreadNumber>(*thread);
  }
  if (semicolon == string_view::npos) return words;
  for (const string_view lock : absl::StrSplit(state.substr(semicolon), ", ")) {
    if (const uint64_t address = AddressIn(lock); address != 0) words.holds.push_back(address);
  }
  return words;
}

std::optional<PlaceWords> ParsePlace(string_view text) {
  PlaceWords words;
  words.address = AddressIn(text);
  if (words.address == 0) return std::nullopt;
  if (absl::ConsumePrefix(&text, "signalled ")) {
    words.signal = true;
    words.object = "object";
    words.point = NumberAfter(text, " at point ");
    if (const std::optional<uint64_t> thread = NumberAfter(text, " woke thread ")) {
      words.woke = static_cast<sim::ThreadNumber>(*thread);
    }
    return words;
  }
  if (absl::ConsumePrefix(&text, "waited for ")) {
    words.woken = true;
    words.object = "object";
    return words;
  }
  if (absl::ConsumePrefix(&text, "freed ")) {
    words.freed = true;
    words.object = "memory";
    return words;
  }
  if (!absl::ConsumePrefix(&text, "took ")) return std::nullopt;
  words.left = absl::StrContains(text, "ended with it");
  words.object = "lock";
  if (absl::ConsumePrefix(&text, "the ")) {
    words.object = std::string(text.substr(0, text.find(" 0x")));
  }
  return words;
}

}  // namespace heddle::reports

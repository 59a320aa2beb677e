// What the oracles said of each history in a campaign. Most schedules lead to few histories, so
// each history is checked once; when it comes again it gets the verdict it got the first time.
//
// Thread rule: the caller's lock.
#ifndef HEDDLE_HARNESS_RUN_HISTORY_VERDICTS_H_
#define HEDDLE_HARNESS_RUN_HISTORY_VERDICTS_H_

#include <cstddef>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/explore/explore.h"

namespace heddle::harness {

class HistoryVerdicts {
 public:
  using Verdict = std::vector<sim::Violation>;  // empty: clean

  // The verdict on `history`, which is what a host reported, whole. Null when there is none yet;
  // valid as long as this object.
  const Verdict* Find(std::string_view history) const;

  // Whether it is new. The verdict on a history that is known stays.
  bool Add(std::string_view history, Verdict verdict);

  // Histories that were told apart.
  size_t size() const { return verdicts_.size(); }

 private:
  // Some 100 bytes each. A history that comes after that many is checked each time.
  static constexpr size_t kMost = 4'000'000;

  struct Key {
    size_t hash, length;
    bool operator==(const Key&) const = default;
  };
  struct HashOfKey {
    size_t operator()(const Key& key) const { return key.hash; }
  };
  static Key KeyOf(std::string_view history) {
    return {std::hash<std::string_view>()(history), history.size()};
  }
  std::unordered_map<Key, Verdict, HashOfKey> verdicts_;
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_RUN_HISTORY_VERDICTS_H_

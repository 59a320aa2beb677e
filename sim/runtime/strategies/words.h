// What a strategy has learnt, as words: Strategy::Keep() and TakeUp().
//
// A strategy has one function that visits all that it keeps, with a writer or with a reader: so
// what is read is what was written. A reader takes any words: what it has visited lies within the
// bounds that the visit names, as long as ok().
#ifndef HEDDLE_SIM_RUNTIME_STRATEGIES_WORDS_H_
#define HEDDLE_SIM_RUNTIME_STRATEGIES_WORDS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace heddle::sim {

class WordWriter {
 public:
  explicit WordWriter(std::span<uint64_t> room) : room_(room) {}

  // `number` is at most `most`.
  template <typename Number>
  void Visit(Number& number, uint64_t most) {
    (void)most;
    Put(static_cast<uint64_t>(number));
  }
  // What must hold of what was visited.
  void Require(bool right) { (void)right; }
  // `index` is below `end`, or `none`, if there is that.
  void VisitIndex(uint32_t& index, uint64_t end, std::optional<uint32_t> none = std::nullopt) {
    (void)end, (void)none;
    Put(index);
  }
  // Calls each(item) for each of the items, at most `most`.
  template <typename Item, typename Each>
  void VisitList(std::vector<Item>& list, size_t most, const Each& each) {
    (void)most;
    Put(list.size());
    for (Item& item : list) each(item);
  }
  // At most `most` entries, each value below `end`. In the order of the keys.
  template <typename Key>
  void VisitMap(std::unordered_map<Key, uint32_t>& map, size_t most, uint64_t end) {
    (void)most, (void)end;
    Put(map.size());
    const size_t begin = used_;
    for (const auto& [key, value] : map) {
      Put(key);
      Put(value);
    }
    if (!ok()) return;
    struct Entry {
      uint64_t key, value;
    };
    auto* entries = reinterpret_cast<Entry*>(room_.data() + begin);
    std::sort(entries, entries + map.size(),
              [](const Entry& a, const Entry& b) { return a.key < b.key; });
  }

  bool ok() const { return used_ <= room_.size(); }  // false: there is not enough room
  size_t used() const { return used_; }

 private:
  void Put(uint64_t word) {
    if (used_ < room_.size()) room_[used_] = word;
    ++used_;
  }

  const std::span<uint64_t> room_;
  size_t used_ = 0;
};

class WordReader {
 public:
  explicit WordReader(std::span<const uint64_t> words) : words_(words) {}

  template <typename Number>
  void Visit(Number& number, uint64_t most) {
    number = static_cast<Number>(Get(most));
  }
  void Require(bool right) { ok_ = ok_ && right; }
  void VisitIndex(uint32_t& index, uint64_t end, std::optional<uint32_t> none = std::nullopt) {
    Visit(index, UINT32_MAX);
    Require(index < end || index == none);
  }
  template <typename Item, typename Each>
  void VisitList(std::vector<Item>& list, size_t most, const Each& each) {
    list.resize(Count(most, 1));
    for (Item& item : list) each(item);
  }
  template <typename Key>
  void VisitMap(std::unordered_map<Key, uint32_t>& map, size_t most, uint64_t end) {
    for (size_t left = Count(most, 2); left > 0 && ok_; --left) {
      const auto key = static_cast<Key>(Get(UINT64_MAX));
      uint32_t value = 0;
      VisitIndex(value, end);
      ok_ = map.try_emplace(key, value).second && ok_;
    }
  }

  bool ok() const { return ok_; }
  bool at_end() const { return words_.empty(); }

 private:
  // 0 where something is wrong.
  uint64_t Get(uint64_t most) {
    ok_ = ok_ && !words_.empty() && words_.front() <= most;
    if (!ok_) return 0;
    const uint64_t word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }
  // Of items that take `each` words at least: no more than there can be.
  size_t Count(size_t most, size_t each) {
    return Get(std::min<uint64_t>(most, words_.size() / each));
  }

  std::span<const uint64_t> words_;
  bool ok_ = true;
};

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_RUNTIME_STRATEGIES_WORDS_H_

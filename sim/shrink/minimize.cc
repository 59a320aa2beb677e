#include "sim/shrink/minimize.h"

#include <algorithm>
#include <numeric>

namespace heddle::sim {
namespace {

class Search {
 public:
  Search(uint32_t count, const StillFails& still_fails, const std::function<bool()>& go_on)
      : still_fails_(still_fails), go_on_(go_on) {
    result_.kept.resize(count);
    std::iota(result_.kept.begin(), result_.kept.end(), 0);
  }

  Minimized Run() {
    if (!result_.kept.empty()) Remove(0, result_.kept.size());
    for (size_t piece = result_.kept.size() / 2; piece > 1 && !over_;) {
      RemovePieces(piece, piece);
      piece = std::min(piece, result_.kept.size()) / 2;
    }
    while (!over_ && (RemovePieces(1, 1) || RemovePieces(2, 1))) {
    }
    result_.minimal = !over_;
    return std::move(result_);
  }

 private:
  // Tries to leave out pieces of that size, the last first, each `step` before the one before.
  // Whether one could go.
  bool RemovePieces(size_t piece, size_t step) {
    bool removed = false;
    for (size_t end = result_.kept.size(); end > 0 && !over_;) {
      const size_t begin = end > piece ? end - piece : 0;
      if (Remove(begin, end)) {
        removed = true;
        end = begin;
      } else {
        end = end > step ? end - step : 0;
      }
    }
    return removed;
  }

  bool Remove(size_t begin, size_t end) {
    if (!go_on_()) {
      over_ = true;
      return false;
    }
    std::vector<uint32_t> rest = result_.kept;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(begin),
               rest.begin() + static_cast<std::ptrdiff_t>(end));
    ++result_.tests;
    if (!still_fails_(rest)) return false;
    result_.kept = std::move(rest);
    return true;
  }

  const StillFails& still_fails_;
  const std::function<bool()>& go_on_;
  Minimized result_;
  bool over_ = false;
};

}  // namespace

Minimized Minimize(uint32_t count, const StillFails& still_fails,
                   const std::function<bool()>& go_on) {
  return Search(count, still_fails, go_on).Run();
}

}  // namespace heddle::sim

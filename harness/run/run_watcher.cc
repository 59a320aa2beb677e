#include "harness/run/run_watcher.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace heddle::harness {

void RunWatcher::OnLine(const HostLine& line) {
  Count(line);
  for (std::unique_ptr<RunOracle>& oracle : oracles_) {
    if (oracle == nullptr) continue;
    if (std::optional<Finding> violation = oracle->OnLine(line)) {
      violations_.push_back(*std::move(violation));
      oracle.reset();
    }
  }
}

absl::Status RunWatcher::ReadResult(const std::string& path, KnownLines* known) {
  absl::StatusOr<std::unique_ptr<ResultReader>> reader = ResultReader::Open(path, known);
  if (!reader.ok()) return reader.status();
  HostLine line;
  for (;;) {
    const absl::StatusOr<bool> more = (*reader)->Next(&line);
    if (!more.ok()) return more.status();
    if (!*more) break;
    OnLine(line);
  }
  if (complete_) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(path, ": the result is incomplete"));
}

void RunWatcher::AddTo(CellResult* cell) const {
  cell->events += events_;
  cell->snapshots += snapshots_;
  cell->refused += refused_;
  cell->full += full_;
  for (const Situation situation : reached_) {
    auto& all = cell->reached;
    if (std::find(all.begin(), all.end(), situation) == all.end()) all.push_back(situation);
  }
}

void RunWatcher::Count(const HostLine& line) {
  if (const auto* applied = std::get_if<Applied>(&line.what)) {
    ++events_;
    progress_ = absl::StrCat("after event ", applied->event.index);
    if (applied->event.outcome == "pending") Reach(Situation::kWaiting);
    if (ticked_after_event_) Reach(Situation::kInterleaved);
  } else if (const auto* ticked = std::get_if<Ticked>(&line.what)) {
    if (ticked->snapshot) ++snapshots_;
    ticked_after_event_ = events_ > 0;
  } else if (const auto* refused = std::get_if<Refused>(&line.what)) {
    ++refused_;
    if (refused->code == "stopped") Reach(Situation::kStopped);
  } else if (const auto* ended = std::get_if<Ended>(&line.what)) {
    complete_ = true;
    ++snapshots_;
    full_ = ended->Count("full");
    if (full_ > 0) Reach(Situation::kBackPressure);
  } else if (std::holds_alternative<Failed>(line.what)) {
    complete_ = true;
  }
}

void RunWatcher::Reach(Situation situation) {
  if (std::find(reached_.begin(), reached_.end(), situation) == reached_.end()) {
    reached_.push_back(situation);
  }
}

}  // namespace heddle::harness

#include "reports/story.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace heddle::reports {
namespace {

using sim::OperationLog;
using sim::OpKind;

// With fewer operations on what threads share, all of them are told.
constexpr size_t kFewShared = 12;

struct Words {
  const char* verb = nullptr;  // null: says nothing to a reader
  const char* noun = "";       // of an object without a name
};

Words WordsOf(OpKind kind) {
  switch (kind) {
    case OpKind::kAtomicLoad:
      return {"reads", "the atomic"};
    case OpKind::kAtomicStore:
      return {"sets", "the atomic"};
    case OpKind::kAtomicRmw:
      return {"changes", "the atomic"};
    case OpKind::kMutexLock:
    case OpKind::kMutexTimedLock:
    case OpKind::kSpinLock:
      return {"locks", "the mutex"};
    case OpKind::kMutexTryLock:
    case OpKind::kSpinTryLock:
      return {"tries to lock", "the mutex"};
    case OpKind::kMutexUnlock:
    case OpKind::kSpinUnlock:
      return {"unlocks", "the mutex"};
    case OpKind::kReadLock:
    case OpKind::kTryReadLock:
    case OpKind::kTimedReadLock:
      return {"locks (shared)", "the lock"};
    case OpKind::kWriteLock:
    case OpKind::kTryWriteLock:
    case OpKind::kTimedWriteLock:
      return {"locks (exclusively)", "the lock"};
    case OpKind::kRwUnlock:
      return {"unlocks", "the lock"};
    case OpKind::kCondWait:
    case OpKind::kCondTimedWait:
      return {"begins to wait on", "the condition variable"};
    case OpKind::kCondWake:
      return {"is woken at", "the condition variable"};
    case OpKind::kCondTimeout:
      return {"gives up waiting on", "the condition variable"};
    case OpKind::kCondSignal:
      return {"signals", "the condition variable"};
    case OpKind::kCondBroadcast:
      return {"signals all that wait on", "the condition variable"};
    case OpKind::kCondDestroy:
      return {"destroys", "the condition variable"};
    case OpKind::kMutexDestroy:
      return {"destroys", "the mutex"};
    case OpKind::kSemWait:
    case OpKind::kSemTryWait:
    case OpKind::kSemTimedWait:
      return {"takes", "the semaphore"};
    case OpKind::kSemPost:
      return {"posts", "the semaphore"};
    case OpKind::kFutexWait:
      return {"begins to sleep on", "the futex"};
    case OpKind::kFutexWake:
      return {"wakes who sleeps on", "the futex"};
    case OpKind::kFutexWoken:
      return {"is woken at", "the futex"};
    case OpKind::kBarrierWait:
      return {"arrives at", "the barrier"};
    case OpKind::kMemoryRead:
      return {"reads", "memory"};
    case OpKind::kMemoryWrite:
      return {"writes", "memory"};
    default:
      return {};
  }
}

std::string PlaceOfStack(const OperationLog& log, uint32_t stack) {
  for (const uint32_t frame : log.stacks[stack]) {
    if (log.frames[frame].own) return PlaceText({log.frames[frame]});
  }
  return "";
}

// "reads stopping #5", under a weak memory model also "reads an old value of stopping #5" and
// "fails by itself to change stopping #5" (a weak compare-exchange); "" for an operation that says
// nothing to a reader.
std::string OperationWords(const OperationLog& log, const OperationLog::Operation& operation) {
  const Words words = WordsOf(operation.kind);
  if (words.verb == nullptr) return "";
  const auto name = log.names.find(operation.object);
  return absl::StrCat(
      operation.failed_by_itself ? "fails by itself to change" : words.verb,
      operation.newer > 0 ? " an old value of " : " ",
      name == log.names.end() ? words.noun : name->second,
      operation.object > sim::kRandomObject ? absl::StrCat(" #", operation.object) : "");
}

class StoryTeller {
 public:
  StoryTeller(const Timeline& timeline, const std::string& dedup_key)
      : timeline_(timeline), rows_(RowsOf(timeline)) {
    for (const Timeline::Mark& mark : timeline.marks) {
      if (mark.dedup_key == dedup_key) marks_.emplace(RowOf(rows_, mark), &mark);
    }
    const auto cause = timeline.causes.find(dedup_key);
    if (cause != timeline.causes.end()) cause_ = &cause->second;
  }

  std::vector<StoryTurn> Tell() {
    if (marks_.empty()) return {};
    FindShared();
    std::set<uint32_t> told;
    for (const auto& [row, mark] : marks_) told.insert(row);
    AddObjectsOfTheCause(&told);
    AddSwitches(&told);
    LeaveOutFirst(&told);
    std::vector<StoryTurn> story;
    uint32_t lane = 0;
    for (const uint32_t row : told) {
      if (story.empty() || rows_.rows[row].lane != lane) {
        lane = rows_.rows[row].lane;
        story.push_back({timeline_.lanes[lane].name, {}});
      }
      story.back().events.push_back(EventAt(row));
    }
    return story;
  }

 private:
  const OperationLog::Operation& At(uint32_t row) const { return *rows_.rows[row].operation; }

  // The rows of operations on what several threads use; nothing behind the last mark matters.
  void FindShared() {
    std::map<sim::ObjectId, std::set<sim::ThreadNumber>> users;
    last_ = marks_.rbegin()->first;
    for (uint32_t row = 0; row <= last_; ++row) {
      const OperationLog::Operation& operation = At(row);
      if (WordsOf(operation.kind).verb == nullptr || operation.object <= sim::kRandomObject) {
        continue;
      }
      users[operation.object].insert(operation.thread);
    }
    for (uint32_t row = 0; row <= last_; ++row) {
      const auto user = users.find(At(row).object);
      if (user != users.end() && user->second.size() > 1 && WordsOf(At(row).kind).verb != nullptr) {
        shared_.push_back(row);
      }
    }
  }

  // What is done to the objects that the finding is about; all that is shared, where that is
  // little.
  void AddObjectsOfTheCause(std::set<uint32_t>* told) const {
    std::set<sim::ObjectId> objects;
    for (const auto& [row, mark] : marks_) {
      if (At(row).object > sim::kRandomObject) objects.insert(At(row).object);
    }
    for (const uint32_t row : shared_) {
      if (shared_.size() <= kFewShared || objects.contains(At(row).object)) told->insert(row);
    }
  }

  // Where one thread goes on instead of another: what each did last and does next.
  void AddSwitches(std::set<uint32_t>* told) const {
    for (size_t i = 1; i < shared_.size(); ++i) {
      // What comes before the first event of the cause leads there, but is none of it.
      if (shared_[i] < marks_.begin()->first && marks_.size() > 1) continue;
      if (At(shared_[i]).thread == At(shared_[i - 1]).thread) continue;
      if (At(shared_[i]).object != At(shared_[i - 1]).object) continue;
      told->insert(shared_[i - 1]);
      told->insert(shared_[i]);
    }
  }

  void LeaveOutFirst(std::set<uint32_t>* told) const {
    for (auto row = told->begin(); row != told->end() && told->size() > kMaxStoryEvents;) {
      row = marks_.contains(*row) ? std::next(row) : told->erase(row);
    }
  }

  StoryEvent EventAt(uint32_t row) const {
    StoryEvent event;
    event.row = row;
    const OperationLog::Operation& operation = At(row);
    event.place = PlaceOfStack(timeline_.log, operation.stack);
    if (const auto mark = marks_.find(row); mark != marks_.end()) {
      event.marked = true;
      const Timeline::Mark& marked = *mark->second;
      if (cause_ != nullptr && marked.event) {
        const CauseEvent& of_cause = cause_->events[*marked.event];
        event.text = of_cause.what;
        const std::string place = PlaceText(of_cause.frames);
        if (!place.empty()) event.place = place;
        return event;
      }
      event.text = marked.label;
    }
    if (std::string words = OperationWords(timeline_.log, operation); !words.empty()) {
      event.text = std::move(words);
    } else if (event.text.empty()) {
      event.text = sim::OpKindName(operation.kind);
    }
    return event;
  }

  const Timeline& timeline_;
  const DrawnRows rows_;
  std::map<uint32_t, const Timeline::Mark*> marks_;  // by row
  const Cause* cause_ = nullptr;
  uint32_t last_ = 0;             // row of the last mark
  std::vector<uint32_t> shared_;  // rows
};

}  // namespace

std::vector<StoryTurn> StoryOf(const Timeline& timeline, const std::string& dedup_key) {
  return StoryTeller(timeline, dedup_key).Tell();
}

std::string StepWords(const Timeline& timeline, uint64_t step) {
  const OperationLog& log = timeline.log;
  if (step >= log.operations.size()) return "";
  const std::string words = OperationWords(log, log.operations[step]);
  const std::string place = PlaceOfStack(log, log.operations[step].stack);
  return words.empty() || place.empty() ? words : absl::StrCat(words, " (", place, ")");
}

std::vector<std::string> StorySentences(const std::vector<StoryTurn>& story) {
  std::vector<std::string> sentences;
  for (const StoryTurn& turn : story) {
    std::string text = turn.who;
    for (size_t i = 0; i < turn.events.size(); ++i) {
      const StoryEvent& event = turn.events[i];
      // "signals x (a.cc:3), and nobody waits there": the place belongs to the verb.
      const size_t comma = std::min(event.text.find(", "), event.text.size());
      absl::StrAppend(&text, i == 0 ? " " : ", then ", event.text.substr(0, comma),
                      event.place.empty() ? "" : absl::StrCat(" (", event.place, ")"),
                      event.text.substr(comma));
    }
    absl::StrAppend(&text, ".");
    sentences.push_back(std::move(text));
  }
  return sentences;
}

}  // namespace heddle::reports

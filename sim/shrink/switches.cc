#include "sim/shrink/switches.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace heddle::sim {
namespace {

std::string ThreadText(ThreadNumber thread) {
  return thread == kClock ? "c" : absl::StrCat(thread);
}

bool ParseThread(absl::string_view text, ThreadNumber* thread) {
  if (text == "c") {
    *thread = kClock;
    return true;
  }
  return absl::SimpleAtoi(text, thread) && *thread < kNoThread;
}

bool ParseStore(absl::string_view text, uint32_t* store) {
  return absl::SimpleAtoi(text, store) && *store > 0 && *store < kMaxReadable;
}

// The default schedule moves on from a thread that yields, and lets time pass only when it must.
bool MightNotGoOn(Step step) {
  return StepKind(step) == OpKind::kYield || StepThread(step) == kClock;
}

}  // namespace

std::vector<Switch> SwitchesOf(const std::vector<Step>& steps) {
  std::vector<Switch> switches;
  std::unordered_map<ThreadNumber, uint32_t> done;
  for (size_t i = 1; i <= steps.size(); ++i) {
    const ThreadNumber before = StepThread(steps[i - 1]);
    const uint32_t at = ++done[before];
    if (const uint32_t store = StepStore(steps[i - 1]); store != 0) {
      switches.push_back({before, at, kNoThread, store});
    }
    if (i == steps.size()) break;
    if (StepThread(steps[i]) != before || MightNotGoOn(steps[i])) {
      switches.push_back({before, at, StepThread(steps[i])});
    }
  }
  return switches;
}

uint64_t PointOf(const Switch& which, const std::vector<Step>& steps) {
  uint32_t done = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (StepThread(steps[i]) != which.from || ++done != which.at) continue;
    if (which.store != 0) return StepStore(steps[i]) == which.store ? i : steps.size();
    if (i + 1 == steps.size()) break;
    return StepThread(steps[i + 1]) == which.to ? i + 1 : steps.size();
  }
  return steps.size();
}

uint64_t ContextSwitches(const std::vector<Step>& steps) {
  uint64_t switches = 0;
  ThreadNumber running = kNoThread;
  for (const Step step : steps) {
    const ThreadNumber thread = StepThread(step);
    if (thread == kClock) continue;
    if (running != kNoThread && thread != running) ++switches;
    running = thread;
  }
  return switches;
}

uint64_t ThreadSwitches(const std::vector<Switch>& switches) {
  return static_cast<uint64_t>(std::count_if(switches.begin(), switches.end(), [](const Switch& s) {
    return s.store == 0 && s.to != kClock;
  }));
}

std::string FormatSwitches(const std::vector<Switch>& switches) {
  std::string text;
  for (const Switch& s : switches) {
    absl::StrAppend(
        &text, text.empty() ? "" : " ", ThreadText(s.from), "@", s.at,
        s.store != 0 ? absl::StrCat("=", s.store) : absl::StrCat(">", ThreadText(s.to)));
  }
  return text;
}

absl::StatusOr<std::vector<Switch>> ParseSwitches(absl::string_view text) {
  std::vector<Switch> switches;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    Switch s;
    const size_t at = word.find('@');
    const size_t to = word.find_first_of(">=");
    if (at == absl::string_view::npos || to == absl::string_view::npos || to < at ||
        !ParseThread(word.substr(0, at), &s.from) ||
        !absl::SimpleAtoi(word.substr(at + 1, to - at - 1), &s.at) ||
        !(word[to] == '=' ? ParseStore(word.substr(to + 1), &s.store)
                          : ParseThread(word.substr(to + 1), &s.to))) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", word,
                       "': expected a switch like 1@17>2 (after 17 steps of thread 1, thread 2 "
                       "runs), or a read like 1@17=2 (step 17 of thread 1 reads the store that is "
                       "2 older than the newest)"));
    }
    switches.push_back(s);
  }
  return switches;
}

}  // namespace heddle::sim

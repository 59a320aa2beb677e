#include "sim/shrink/narrative.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sim/shrink/switches.h"
#include "sim/stacks/dedup_key.h"
#include "sim/stacks/report_line.h"
#include "sim/text/markup.h"

namespace heddle::sim {
namespace {

// The number of frames in a place: the innermost function and its callers.
constexpr size_t kFramesShown = 3;

std::string OperationWords(OpKind kind) {
  switch (kind) {
    case OpKind::kThreadCreate:
      return "creating a thread";
    case OpKind::kThreadStart:
      return "its start";
    case OpKind::kThreadExit:
      return "its end";
    case OpKind::kThreadJoin:
      return "joining a thread";
    case OpKind::kExit:
      return "its return from main, or call of exit() or exec";
    case OpKind::kProcessEnd:
      return "the end of the process";
    case OpKind::kSignalSend:
      return "sending a signal";
    case OpKind::kSignalArrive:
      return "the arrival of a signal";
    case OpKind::kSignalHandler:
      return "a signal handler";
    case OpKind::kSignalWait:
      return "a wait for a signal";
    case OpKind::kCancel:
      return "a cancellation";
    case OpKind::kAtomicLoad:
      return "an atomic load";
    case OpKind::kAtomicStore:
      return "an atomic store";
    case OpKind::kAtomicRmw:
      return "an atomic read-modify-write";
    case OpKind::kMutexLock:
      return "locking a mutex";
    case OpKind::kMutexUnlock:
      return "unlocking a mutex";
    case OpKind::kReadLock:
      return "taking a lock shared";
    case OpKind::kWriteLock:
      return "taking a lock exclusively";
    case OpKind::kRwUnlock:
      return "releasing a reader-writer lock";
    case OpKind::kCondWait:
    case OpKind::kCondTimedWait:
      return "waiting on a condition variable";
    case OpKind::kCondSignal:
    case OpKind::kCondBroadcast:
      return "signalling a condition variable";
    case OpKind::kSemWait:
      return "waiting on a semaphore";
    case OpKind::kSemPost:
      return "posting a semaphore";
    case OpKind::kSleep:
      return "going to sleep";
    case OpKind::kSleepEnd:
      return "the end of its sleep";
    case OpKind::kClockRead:
      return "reading the clock";
    case OpKind::kAllocate:
      return "allocating memory";
    case OpKind::kFree:
      return "freeing memory";
    case OpKind::kMemoryRead:
      return "reading memory";
    case OpKind::kMemoryWrite:
      return "writing memory";
    case OpKind::kIo:
      return "a system call on a file";
    case OpKind::kIoWait:
      return "waiting for a file";
    default:
      return OpKindName(kind);
  }
}

// The position after the bracket that closes the one at `begin`.
size_t SkipBracket(absl::string_view text, size_t begin, char open, char close) {
  int depth = 0;
  for (size_t i = begin; i < text.size(); ++i) {
    if (text[i] == open) ++depth;
    if (text[i] == close && --depth == 0) return i + 1;
  }
  return text.size();
}

// "heddle::chain::Store::OnBlock(heddle::chain::SignedBlock const&)" -> "Store::OnBlock".
std::string BriefFunction(absl::string_view function) {
  std::string plain;
  for (size_t i = 0; i < function.size();) {
    if (absl::StartsWith(function.substr(i), "(anonymous namespace)::")) {
      i += absl::string_view("(anonymous namespace)::").size();
    } else if (absl::StartsWith(function.substr(i), "operator()")) {
      plain += "operator()";
      i += absl::string_view("operator()").size();
    } else if (function[i] == '<') {
      i = SkipBracket(function, i, '<', '>');
    } else if (function[i] == '(') {
      break;
    } else {
      plain += function[i++];
    }
  }
  // The names of templates start with a return type.
  if (const size_t space = plain.rfind(' '); space != std::string::npos) plain.erase(0, space + 1);
  std::vector<std::string> parts = absl::StrSplit(plain, "::");
  // "$_0::operator()" has no meaning for a reader.
  std::erase_if(parts, [](const std::string& part) {
    return part == "operator()" || absl::StartsWith(part, "$_") || absl::StartsWith(part, "'");
  });
  if (parts.size() > 2) parts.erase(parts.begin(), parts.end() - 2);
  // Drops a namespace; keeps a class.
  if (parts.size() == 2 && !parts[0].empty() && absl::ascii_islower(parts[0][0])) {
    parts.erase(parts.begin());
  }
  return absl::StrJoin(parts, "::");
}

// The program's own frames, innermost first.
std::vector<std::string> OwnStack(const Supervisor& supervisor, const ThreadStack& stack) {
  std::vector<std::string> own;
  for (const uint64_t address : stack.addresses) {
    for (const Frame& frame : supervisor.FramesAt(address)) {
      std::string text = TellFrame(frame);
      if (!text.empty() && (own.empty() || own.back() != text)) own.push_back(std::move(text));
    }
  }
  return own;
}

// A stretch of steps of one thread, or a jump of the clock.
struct Stretch {
  ThreadNumber thread = 0;
  uint64_t begin = 0, end = 0;        // steps
  std::optional<size_t> switched_by;  // the tested switch that ends it
};

// The clock is no thread of its own here, unless time was made to pass by a switch.
std::vector<Stretch> StretchesOf(const std::vector<Step>& steps,
                                 const std::vector<TestedSwitch>& switches) {
  std::map<uint64_t, size_t> by_point;
  for (size_t i = 0; i < switches.size(); ++i) {
    if (switches[i].which.store == 0) by_point.emplace(switches[i].point, i);
  }
  std::vector<Stretch> stretches;
  for (uint64_t i = 0; i < steps.size(); ++i) {
    const ThreadNumber thread = StepThread(steps[i]);
    const auto directed = by_point.find(i);
    if (!stretches.empty() && directed != by_point.end()) {
      stretches.back().switched_by = directed->second;
    } else if (!stretches.empty() && stretches.back().thread == thread) {
      ++stretches.back().end;
      continue;
    }
    stretches.push_back({thread, i, i + 1, std::nullopt});
  }
  return stretches;
}

// A number sign within a line is no heading: "changed #7" stays readable in a terminal.
std::string EscapedSentence(absl::string_view text) {
  return absl::StrReplaceAll(EscapeForMarkdown(text), {{"\\#", "#"}});
}

class Narrator {
 public:
  Narrator(Prober& prober, const Schedule& schedule, const std::vector<TestedSwitch>& switches,
           const NarrativeOptions& options)
      : prober_(prober), schedule_(schedule), switches_(switches), options_(options) {}

  absl::StatusOr<std::string> Narrate() {
    const std::vector<Stretch> stretches = StretchesOf(schedule_.steps, switches_);
    absl::StatusOr<Outcome> end = prober_.StopAt(schedule_.steps, schedule_.steps.size());
    if (!end.ok()) return end.status();
    text_ = absl::StrCat("# ", EscapedSentence(options_.title), "\n\n");
    for (const std::string& line : options_.setting) absl::StrAppend(&text_, line, "\n");
    if (!options_.setting.empty()) text_ += "\n";
    text_ += "## What happens\n\n";
    if (!options_.story.empty()) {
      for (const std::string& sentence : options_.story) {
        Number();
        absl::StrAppend(&text_, EscapedSentence(sentence), "\n");
      }
      AddFinding(*end);
      AddSwitches();
      AddCures();
      return std::move(text_);
    }
    const std::vector<bool> shown = Choose(stretches);
    for (size_t i = 0; i < stretches.size(); ++i) {
      if (!shown[i]) {
        size_t skipped = 1;
        while (i + skipped < stretches.size() && !shown[i + skipped]) ++skipped;
        Skipped(stretches, i, i + skipped);
        i += skipped - 1;
        continue;
      }
      const Stretch* next = i + 1 < stretches.size() ? &stretches[i + 1] : nullptr;
      if (absl::Status status = AddStretch(stretches[i], next, *end); !status.ok()) return status;
    }
    AddFinding(*end);
    AddSwitches();
    AddCures();
    return std::move(text_);
  }

 private:
  // Selects the last stretch and the stretches around the tested switches first; then the others
  // from the start, up to the limit.
  std::vector<bool> Choose(const std::vector<Stretch>& stretches) const {
    std::vector<bool> shown(stretches.size(), stretches.size() <= options_.most_steps);
    if (stretches.size() <= options_.most_steps) return shown;
    size_t room = options_.most_steps;
    const auto show = [&](size_t i) {
      if (i >= stretches.size() || shown[i] || room == 0) return;
      shown[i] = true;
      --room;
    };
    show(stretches.size() - 1);
    for (size_t i = 0; i < stretches.size(); ++i) {
      if (!stretches[i].switched_by.has_value()) continue;
      show(i);
      show(i + 1);
    }
    for (size_t i = 0; i < stretches.size(); ++i) show(i);
    return shown;
  }

  void Number() { absl::StrAppend(&text_, ++number_, ". "); }

  void Skipped(const std::vector<Stretch>& stretches, size_t begin, size_t end) {
    std::set<std::string> names;
    for (size_t i = begin; i < end; ++i) names.insert(Name(stretches[i].thread, {}));
    Number();
    absl::StrAppend(&text_, end - begin, end - begin == 1 ? " turn of " : " turns of ",
                    absl::StrJoin(names, ", "), "; each runs until it blocks.\n");
  }

  // The name of a thread: taken from its first stack that gives one.
  std::string Name(ThreadNumber thread, const std::vector<std::string>& stack) {
    if (thread == kClock) return "the clock";
    std::string& name = names_[thread];
    if (name.empty() && options_.name != nullptr) name = options_.name(thread, stack);
    if (!name.empty()) return name;
    return thread == 0 ? "main" : absl::StrCat("thread ", thread);
  }

  static std::string Place(const std::vector<std::string>& stack) {
    if (stack.empty()) return "";
    std::string text = absl::StrCat(" in ", EscapeForMarkdown(stack[0]));
    for (size_t i = 1; i < std::min(stack.size(), kFramesShown); ++i) {
      absl::StrAppend(&text, i == 1 ? ", called from " : ", from ", EscapeForMarkdown(stack[i]));
    }
    return text;
  }

  static const ThreadStack* StackOf(const Outcome& outcome, ThreadNumber thread) {
    for (const ThreadStack& stack : outcome.stacks) {
      if (stack.thread == thread) return &stack;
    }
    return nullptr;
  }

  // Describes where the stretch ends, with the stacks at that point.
  absl::Status AddStretch(const Stretch& stretch, const Stretch* next, const Outcome& end) {
    if (stretch.thread == kClock) {
      Number();
      absl::StrAppend(&text_, "**The clock** jumps to the next deadline",
                      stretch.end - stretch.begin > 1
                          ? absl::StrCat(", ", stretch.end - stretch.begin, " times")
                          : "",
                      Reason(stretch), ".\n");
      return absl::OkStatus();
    }
    if (next == nullptr) {
      Number();
      absl::StrAppend(&text_, "**", Name(stretch.thread, StackAt(end, stretch.thread)),
                      "** runs on. Then the finding occurs.\n");
      return absl::OkStatus();
    }
    absl::StatusOr<Outcome> stop = prober_.StopAt(schedule_.steps, stretch.end);
    if (!stop.ok()) return stop.status();
    const std::string state = options_.state != nullptr ? options_.state() : "";
    for (const ThreadStack& stack : stop->stacks) {
      Name(stack.thread, OwnStack(prober_.supervisor(), stack));
    }
    Number();
    absl::StrAppend(&text_, "**", Name(stretch.thread, {}), "** runs");
    const ThreadStack* stack = StackOf(*stop, stretch.thread);
    if (stack == nullptr) {
      absl::StrAppend(&text_, " and ends");
    } else {
      const std::vector<std::string> own = OwnStack(prober_.supervisor(), *stack);
      absl::StrAppend(&text_, Stop(stretch, *stack), Place(own));
    }
    absl::StrAppend(&text_, state.empty() ? "" : absl::StrCat("; ", state), ".", Reason(stretch));
    if (stretch.switched_by.has_value() && next->thread != kClock) {
      absl::StrAppend(&text_, " **", Name(next->thread, {}), "** continues",
                      Place(StackAt(*stop, next->thread)), ".");
    }
    text_ += "\n";
    return absl::OkStatus();
  }

  std::vector<std::string> StackAt(const Outcome& outcome, ThreadNumber thread) const {
    const ThreadStack* stack = StackOf(outcome, thread);
    return stack == nullptr ? std::vector<std::string>() : OwnStack(prober_.supervisor(), *stack);
  }

  // The thread's next operation, or the operation at which it is blocked until the end.
  std::string Stop(const Stretch& stretch, const ThreadStack& stack) const {
    const std::string state = EscapeForMarkdown(stack.state);
    for (uint64_t i = stretch.end; i < schedule_.steps.size(); ++i) {
      if (StepThread(schedule_.steps[i]) != stretch.thread) continue;
      const bool held = absl::StrContains(state, "held by thread");
      return absl::StrCat(" and stops before ", OperationWords(StepKind(schedule_.steps[i])),
                          held ? absl::StrCat(" (", state, ")") : "");
    }
    constexpr absl::string_view kWaits = "waits, ";
    if (absl::StartsWith(state, kWaits)) {
      return absl::StrCat(" and stays blocked at ", state.substr(kWaits.size()));
    }
    return absl::StrCat(" and does not run again (", state, ")");
  }

  std::string Reason(const Stretch& stretch) const {
    if (!stretch.switched_by.has_value()) return "";
    return absl::StrCat(" *(switch ", *stretch.switched_by + 1, ")*");
  }

  void AddFinding(const Outcome& end) {
    text_ += "\n## The finding\n\n";
    absl::StrAppend(&text_,
                    EscapeForMarkdown(schedule_.message.empty() ? end.message : schedule_.message),
                    "\n\nDedup key: ", MarkdownCodeSpan(schedule_.dedup_key), "\n\n");
    for (const ThreadStack& stack : end.stacks) {
      const std::vector<std::string> own = OwnStack(prober_.supervisor(), stack);
      if (own.empty()) continue;
      absl::StrAppend(&text_, "- ", Name(stack.thread, own), ":", Place(own), "\n");
    }
    AddReport(end.standard_error);
  }

  // A sanitizer's headline and its stacks, with the program's own frames only.
  void AddReport(absl::string_view report) {
    std::vector<std::string> lines;
    for (absl::string_view line : absl::StrSplit(report, '\n')) {
      line = absl::StripAsciiWhitespace(line);
      if (absl::StartsWith(line, "SUMMARY:")) break;
      if (const std::optional<Frame> frame = ParseFrame(line)) {
        const std::string text = TellFrame(*frame);
        if (!text.empty()) lines.push_back(absl::StrCat("    ", text));
      } else if (absl::StrContains(line, "ERROR: ") || absl::StrContains(line, "WARNING: ") ||
                 absl::EndsWith(line, ":") || absl::StrContains(line, " of size ")) {
        lines.push_back(std::string(line));
      }
      if (lines.size() > 60) break;
    }
    if (lines.size() < 2) return;
    absl::StrAppend(&text_, "\n", MarkdownCodeBlock(absl::StrJoin(lines, "\n")));
  }

  void AddSwitches() {
    if (switches_.empty()) return;
    text_ += "\n## Essential switches\n\n";
    for (size_t i = 0; i < switches_.size(); ++i) {
      const TestedSwitch& tested = switches_[i];
      const std::string from = Name(tested.which.from, {});
      absl::StrAppend(&text_, i + 1, ". ");
      if (tested.which.store != 0) {
        absl::StrAppend(&text_, from, " ", ReadWords(tested), ": ");
      } else {
        absl::StrAppend(&text_, Before(tested), Name(tested.which.to, {}), " goes on instead of ",
                        from, ": ");
      }
      if (!tested.tested) {
        text_ += "not tested, because the time limit was reached.\n";
      } else if (!tested.essential) {
        text_ += "not essential. The finding occurs without it.\n";
      } else {
        absl::StrAppend(
            &text_, "**essential**. Result without it: ", EscapeForMarkdown(tested.without), ".\n");
      }
    }
  }

  void AddCures() {
    if (options_.cures.empty()) return;
    text_ += "\n## What would forbid it\n\n";
    for (const std::string& cure : options_.cures) absl::StrAppend(&text_, "- ", cure, "\n");
  }

  // "reads an old value of stopping #6 (queue.cc:24)".
  std::string ReadWords(const TestedSwitch& tested) {
    const bool known = tested.point < schedule_.steps.size() && options_.step_words != nullptr;
    const std::string words = known ? options_.step_words(tested.point) : "";
    if (words.empty()) return absl::StrCat("takes an old value at its step ", tested.which.at);
    return EscapedSentence(words);
  }

  // "After T1 reads stopping #6 (queue.cc:24), ": what the thread that is left did last.
  std::string Before(const TestedSwitch& tested) {
    if (options_.step_words == nullptr) return "";
    for (uint64_t i = std::min<uint64_t>(tested.point, schedule_.steps.size()); i-- > 0;) {
      if (StepThread(schedule_.steps[i]) != tested.which.from) continue;
      const std::string words = options_.step_words(i);
      return words.empty() ? ""
                           : absl::StrCat("After ", Name(tested.which.from, {}), " ",
                                          EscapedSentence(words), ", ");
    }
    return "";
  }

  Prober& prober_;
  const Schedule& schedule_;
  const std::vector<TestedSwitch>& switches_;
  const NarrativeOptions& options_;
  std::map<ThreadNumber, std::string> names_;
  std::string text_;
  size_t number_ = 0;
};

}  // namespace

std::string TellFrame(const Frame& frame) {
  const std::string location = OwnLocation(frame);
  if (location.empty()) return "";
  const std::string function = BriefFunction(frame.function);
  if (frame.line == 0) return function;
  return function.empty() ? location : absl::StrCat(function, " (", location, ")");
}

absl::StatusOr<std::string> Narrate(Prober& prober, const Schedule& schedule,
                                    const std::vector<TestedSwitch>& switches,
                                    const NarrativeOptions& options) {
  return Narrator(prober, schedule, switches, options).Narrate();
}

}  // namespace heddle::sim

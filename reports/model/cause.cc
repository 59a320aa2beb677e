#include "reports/model/cause.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "reports/model/block_words.h"
#include "reports/model/thread_names.h"
#include "reports/model/wait_words.h"
#include "sim/stacks/source_lines.h"
#include "sim/text/plural.h"

namespace heddle::reports {
namespace {

using absl::string_view;

// A cycle of more threads is told by its first ones.
constexpr size_t kMaxThreadsTold = 4;

const Frame* OwnFrameOf(const std::vector<Frame>& frames) {
  const auto own =
      std::find_if(frames.begin(), frames.end(), [](const Frame& frame) { return frame.own; });
  return own == frames.end() ? nullptr : &*own;
}

// " (store.cc:12)"; "" when the place is not known.
std::string InBrackets(const std::vector<Frame>& frames) {
  const std::string place = PlaceText(frames);
  return place.empty() ? "" : absl::StrCat(" (", place, ")");
}

std::string FirstLine(string_view text) { return std::string(text.substr(0, text.find('\n'))); }

// Hexadecimal numbers of more than 16 digits are told apart by their first eight.
std::string ShortHashes(string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t at = std::min(text.find("0x"), text.size());
    absl::StrAppend(&out, text.substr(0, at));
    text.remove_prefix(at);
    if (text.empty()) break;
    const size_t end = std::min(text.find_first_not_of("0123456789abcdef", 2), text.size());
    const bool cut = end > 18;
    absl::StrAppend(&out, text.substr(0, cut ? 10 : end), cut ? "…" : "");
    text.remove_prefix(end);
  }
  return out;
}

// "Read of size 8 by thread T2" -> {"reads", 8}.
struct AccessWords {
  std::string verb;  // "" when the title says no access
  uint64_t size = 0;
};
AccessWords AccessOf(string_view title) {
  std::string text = absl::AsciiStrToLower(title);
  string_view rest = text;
  absl::ConsumePrefix(&rest, "previous ");
  const bool atomic = absl::ConsumePrefix(&rest, "atomic ");
  AccessWords words;
  if (absl::ConsumePrefix(&rest, "read of size ")) {
    words.verb = "reads";
  } else if (absl::ConsumePrefix(&rest, "write of size ")) {
    words.verb = "writes";
  } else {
    return words;
  }
  if (!absl::SimpleAtoi(rest.substr(0, rest.find_first_not_of("0123456789")), &words.size)) {
    words.size = 0;
  }
  if (atomic) words.verb = absl::StrCat("atomically ", words.verb);
  return words;
}

// "writes 8 bytes".
std::string AccessText(const AccessWords& words) {
  return words.size == 0 ? words.verb
                         : absl::StrCat(words.verb, " ", sim::Plural(words.size, "byte"));
}

std::string LabelOf(const CauseEvent& event) {
  switch (event.role) {
    case CauseRole::kAllocated:
    case CauseRole::kFreed:
      return std::string(Name(event.role));
    case CauseRole::kHolds: {
      string_view what = event.what;  // "takes queue #4 and keeps it"
      absl::ConsumePrefix(&what, "takes ");
      return absl::StrCat("holds ",
                          what.substr(0, std::min(what.find(" and keeps"), what.find(','))));
    }
    case CauseRole::kWoken:
      return "woken";
    case CauseRole::kSignal:
    case CauseRole::kSleeps:
    case CauseRole::kWants:
      return event.what.substr(0, event.what.find(','));
    case CauseRole::kPrevious:
    case CauseRole::kAccess:
      break;
  }
  for (const string_view verb : {"reads", "writes", "frees"}) {
    if (absl::StrContains(event.what, verb)) return std::string(verb);
  }
  return event.role == CauseRole::kAccess ? "here" : std::string(Name(event.role));
}

class Teller {
 public:
  Teller(const Finding& finding, const CauseNames& names) : finding_(finding), names_(names) {
    threads_ = ThreadNamesIn(finding);
    for (const auto& [thread, name] : names.threads) {
      if (!name.empty()) threads_[thread] = name;
    }
  }

  Cause Tell() {
    switch (finding_.kind) {
      case FindingKind::kDeadlock:
      case FindingKind::kLostWakeup:
        if (!TellWaits()) TellPlain();
        break;
      case FindingKind::kDataRace:
        TellRace();
        break;
      case FindingKind::kHeapCorruption:
      case FindingKind::kMemoryError:
        TellMemory();
        break;
      default:
        TellPlain();
    }
    return std::move(cause_);
  }

 private:
  std::string Who(string_view thread) const {
    const std::optional<sim::ThreadNumber> number = ThreadNumberOf(thread);
    return number ? ThreadLabel(*number, threads_) : "";
  }
  std::string Who(sim::ThreadNumber thread) const { return ThreadLabel(thread, threads_); }

  CauseEvent& Add(CauseRole role, const Stack& stack, std::string what) {
    CauseEvent& event = cause_.events.emplace_back();
    event.role = role;
    event.thread = ThreadNumberOf(stack.thread);
    event.who = Who(stack.thread);
    event.what = std::move(what);
    event.label = LabelOf(event);
    event.frames = stack.frames;
    return event;
  }

  const CauseEvent* Find(CauseRole role) const {
    const auto at = std::find_if(cause_.events.begin(), cause_.events.end(),
                                 [&](const CauseEvent& event) { return event.role == role; });
    return at == cause_.events.end() ? nullptr : &*at;
  }

  // "T1 EventLoop", or what stands for a thread that is not known.
  static std::string Subject(const CauseEvent& event) {
    return event.who.empty() ? "a thread" : event.who;
  }

  // --- Memory ---

  void TellMemory() {
    const Block block = BlockOf(finding_);
    const Stack* access = nullptr;
    for (const Stack& stack : finding_.stacks) {
      if (absl::StartsWith(stack.title, "previously allocated by") ||
          absl::StartsWith(stack.title, "allocated by")) {
        Add(CauseRole::kAllocated, stack, absl::StrCat("allocates ", block.noun));
      }
    }
    for (const Stack& stack : finding_.stacks) {
      const bool freed = absl::StartsWith(stack.title, "freed by") ||
                         (absl::StartsWith(stack.title, "Previous ") && FreesIn(stack.frames));
      if (freed) Add(CauseRole::kFreed, stack, absl::StrCat("frees ", block.noun));
      if (access == nullptr && stack.is_access && !freed) access = &stack;
    }
    if (access == nullptr) return TellPlain();
    const AccessWords words = AccessOf(access->title);
    const bool free_again = words.verb.empty() && FreesIn(access->frames);
    const std::string what = free_again           ? "frees it again"
                             : words.verb.empty() ? std::string(access->title)
                             : Find(CauseRole::kFreed) != nullptr
                                 ? absl::StrCat(AccessText(words), " of it")
                                 : AccessText(words);
    const CauseEvent event = Add(CauseRole::kAccess, *access, what);
    const CauseEvent* freed = Find(CauseRole::kFreed);
    const CauseEvent* allocated = Find(CauseRole::kAllocated);
    std::string text = absl::StrCat(finding_.detail, ": ");
    if (free_again) {
      absl::StrAppend(&text, Subject(event), " frees ", block.noun);
    } else if (words.verb.empty()) {
      return TellPlace(event);
    } else if (freed != nullptr) {
      absl::StrAppend(&text, Subject(event), " ", words.verb, " ", block.noun);
    } else {
      absl::StrAppend(&text, Subject(event), " ", AccessText(words),
                      block.relation.empty() ? "" : absl::StrCat(" ", block.relation),
                      block.relation.empty() ? "" : absl::StrCat(" ", block.noun));
    }
    const CauseEvent* other = freed != nullptr ? freed : allocated;
    if (other != nullptr) {
      const bool same = other->thread && other->thread == event.thread;
      absl::StrAppend(&text, " that ", same ? "it" : Subject(*other),
                      freed != nullptr ? (same ? " has freed" : " freed")
                                       : (same ? " has allocated" : " allocated"));
    }
    cause_.headline = std::move(text);
  }

  // --- Races ---

  void TellRace() {
    std::vector<const Stack*> accesses;
    for (const Stack& stack : finding_.stacks) {
      if (stack.is_access) accesses.push_back(&stack);
    }
    if (accesses.size() < 2) return TellPlain();
    const CauseEvent previous =
        Add(CauseRole::kPrevious, *accesses[1], AccessText(AccessOf(accesses[1]->title)));
    const CauseEvent access =
        Add(CauseRole::kAccess, *accesses[0],
            absl::StrCat(AccessText(AccessOf(accesses[0]->title)), "; nothing orders the two"));
    const AccessWords words = AccessOf(accesses[0]->title);
    std::string what = RacedObject(finding_.location);
    if (what.empty()) what = "the same memory";
    const std::string said = ExpressionAt(access.frames);
    if (!said.empty() && said == ExpressionAt(previous.frames)) {
      what = said;
    } else if (absl::StartsWith(what, "a ") && words.size > 0) {
      what = absl::StrCat(sim::Plural(words.size, "byte"), " of ", what);
    }
    cause_.headline = absl::StrCat(finding_.detail == "data-race" ? "data race" : finding_.detail,
                                   ": ", Subject(access), " ", AccessOf(accesses[0]->title).verb,
                                   " ", what, InBrackets(access.frames), ", which ",
                                   Subject(previous), " ", AccessOf(accesses[1]->title).verb,
                                   " without synchronisation", InBrackets(previous.frames));
  }

  // --- Waiting ---

  // The name of the object, by its address.
  std::string Object(uint64_t address, string_view fallback) const {
    std::string name = names_.object == nullptr ? "" : names_.object(address);
    if (name.empty()) {
      const auto said = said_.find(address);
      if (said != said_.end()) name = said->second;
      // One expression, two objects: an argument's or a member's.
      const bool ambiguous = std::count_if(said_.begin(), said_.end(), [&name](const auto& each) {
                               return each.second == name;
                             }) > 1;
      if (!name.empty() && ambiguous) absl::StrAppend(&name, " (0x", absl::Hex(address), ")");
    }
    return name.empty() ? absl::StrCat("the ", fallback, " 0x", absl::Hex(address)) : name;
  }

  // What the source line calls the object that is used there.
  std::string ExpressionAt(const std::vector<Frame>& frames) {
    const Frame* own = OwnFrameOf(frames);
    if (own == nullptr) return "";
    return sim::ObjectExpression(lines_.Line(own->file, own->line), own->column);
  }

  // Names by the source lines of the finding's own places.
  void NoteObject(uint64_t address, const std::vector<Frame>& frames) {
    std::string name = address == 0 ? "" : ExpressionAt(frames);
    if (!name.empty()) said_.try_emplace(address, std::move(name));
  }

  bool TellWaits() {
    std::vector<std::pair<const Stack*, WaitWords>> waits;
    std::vector<std::pair<const Stack*, PlaceWords>> places;
    for (const Stack& stack : finding_.stacks) {
      if (std::optional<WaitWords> words = ParseWait(stack.title)) {
        NoteObject(words->address, stack.frames);
        waits.emplace_back(&stack, *std::move(words));
      } else if (std::optional<PlaceWords> place = ParsePlace(stack.title)) {
        NoteObject(place->address, stack.frames);
        places.emplace_back(&stack, *place);
      }
    }
    if (waits.empty()) return false;
    for (const auto& [stack, words] : waits) {
      if (words.for_end && words.thread) awaited_.push_back(*words.thread);
    }
    AddPlaces(waits, places);
    // Who only waits for the end of these threads has no part in it.
    const bool all_join = std::all_of(waits.begin(), waits.end(),
                                      [](const auto& wait) { return wait.second.for_end; });
    for (const auto& [stack, words] : waits) {
      if (all_join || !words.for_end || Holds(ThreadNumberOf(stack->thread)))
        AddWait(*stack, words);
    }
    cause_.headline =
        finding_.kind == FindingKind::kLostWakeup ? LostWakeupText() : DeadlockText(waits);
    return true;
  }

  void AddPlaces(const std::vector<std::pair<const Stack*, WaitWords>>& waits,
                 const std::vector<std::pair<const Stack*, PlaceWords>>& places) {
    for (const auto& [stack, place] : places) {
      const std::string name = Object(place.address, place.object);
      if (place.signal) {
        CauseEvent& event =
            Add(CauseRole::kSignal, *stack,
                absl::StrCat("signals ", name,
                             place.woke ? absl::StrCat(", which wakes ", Who(*place.woke))
                                        : ", and nobody waits there"));
        event.address = place.address;
        event.point = place.point;
        continue;
      }
      if (place.woken) {
        Add(CauseRole::kWoken, *stack, absl::StrCat("waits for ", name, " too, and is woken"))
            .address = place.address;
        continue;
      }
      // A lock that nobody waits for has no part in it.
      const uint64_t lock = place.address;
      const bool wanted = std::any_of(waits.begin(), waits.end(), [lock](const auto& wait) {
        return wait.second.address == lock;
      });
      if (!wanted) continue;
      Add(CauseRole::kHolds, *stack,
          absl::StrCat("takes ", name, place.left ? ", and ends with it" : " and keeps it"))
          .address = place.address;
    }
  }

  bool Holds(std::optional<sim::ThreadNumber> thread) const {
    return thread &&
           std::any_of(cause_.events.begin(), cause_.events.end(), [&](const auto& event) {
             return event.role == CauseRole::kHolds && event.thread == thread;
           });
  }

  void AddWait(const Stack& stack, const WaitWords& words) {
    std::string what;
    CauseRole role = CauseRole::kWants;
    if (words.for_end) {
      what = words.thread ? absl::StrCat("waits for the end of ", Who(*words.thread))
                          : "waits for the end of all other threads";
    } else if (words.to_be_woken) {
      role = CauseRole::kSleeps;
      what = words.address == 0 ? absl::StrCat("sleeps (", words.operation, ")")
                                : absl::StrCat("sleeps on ", Object(words.address, "object"));
    } else {
      what = absl::StrCat("wants ", Object(words.address, "lock"));
      if (words.thread) {
        const bool itself = words.thread == ThreadNumberOf(stack.thread);
        absl::StrAppend(&what, ", which ", itself ? "it holds itself" : Who(*words.thread),
                        itself ? "" : " holds");
      }
    }
    CauseEvent& event = Add(role, stack, std::move(what));
    event.address = words.address;
    event.operation = words.operation;
  }

  // Whether another thread waits for its end.
  bool IsAwaited(const CauseEvent& sleeper) const {
    return sleeper.thread &&
           std::find(awaited_.begin(), awaited_.end(), *sleeper.thread) != awaited_.end();
  }

  // The sleeper that others need most: workers that sleep until there is work are not what is wrong
  // when a thread whose end is waited for sleeps, too. With `signal`, of those that it was for: not
  // the thread that signalled, nor the one that it woke and that sleeps again.
  const CauseEvent* Sleeper(const CauseEvent* signal) const {
    const CauseEvent* woken = signal == nullptr ? nullptr : WokenBy(*signal);
    const CauseEvent* best = nullptr;
    for (const CauseEvent& event : cause_.events) {
      if (event.role != CauseRole::kSleeps) continue;
      if (signal != nullptr &&
          (event.address != signal->address || event.thread == signal->thread)) {
        continue;
      }
      if (woken != nullptr && event.thread == woken->thread) continue;
      if (best == nullptr || (IsAwaited(event) && !IsAwaited(*best))) best = &event;
    }
    return best;
  }

  // The event that tells whom the signal woke; null: nobody.
  const CauseEvent* WokenBy(const CauseEvent& signal) const {
    const CauseEvent* next = &signal + 1;
    const CauseEvent* end = cause_.events.data() + cause_.events.size();
    return next != end && next->role == CauseRole::kWoken && next->address == signal.address
               ? next
               : nullptr;
  }

  // Of several signals that did not reach a sleeper, the latest (those before it have often come
  // to somebody who needed none) for a thread whose end is waited for, or else for any.
  const CauseEvent* SignalNotReceived() const {
    const CauseEvent* best = nullptr;
    bool awaited = false;
    for (const CauseEvent& event : cause_.events) {
      if (event.role != CauseRole::kSignal || event.address == 0) continue;
      const CauseEvent* sleeper = Sleeper(&event);
      if (sleeper == nullptr) continue;
      const bool now_awaited = IsAwaited(*sleeper);
      if (best == nullptr || now_awaited > awaited ||
          (now_awaited == awaited && event.point > best->point)) {
        best = &event;
        awaited = now_awaited;
      }
    }
    return best;
  }

  std::string LostWakeupText() const {
    const CauseEvent* signal = SignalNotReceived();
    const CauseEvent* sleeper = Sleeper(signal);
    if (sleeper == nullptr) return absl::StrCat("lost wake-up: ", FirstLine(finding_.message));
    const std::string sleeps =
        absl::StrCat(Subject(*sleeper), " ", sleeper->what, InBrackets(sleeper->frames));
    if (signal == nullptr) {
      return absl::StrCat("lost wake-up: ", sleeps, ", and no thread is left that wakes it");
    }
    const std::string name = Object(signal->address, "object");
    if (const CauseEvent* woken = WokenBy(*signal)) {
      return absl::StrCat("lost wake-up: ", Subject(*signal), " signals ", name,
                          InBrackets(signal->frames), ", which wakes ", Subject(*woken),
                          InBrackets(woken->frames), " and not ", Subject(*sleeper),
                          InBrackets(sleeper->frames), ", so ", Subject(*sleeper),
                          " sleeps for ever");
    }
    return absl::StrCat("lost wake-up: ", Subject(*signal), " signals ", name,
                        InBrackets(signal->frames), " before ", Subject(*sleeper), " waits on it",
                        InBrackets(sleeper->frames), ", so ", Subject(*sleeper),
                        " sleeps for ever");
  }

  // The event of `thread` that holds the lock.
  const CauseEvent* HolderEvent(sim::ThreadNumber thread, uint64_t address) const {
    for (const CauseEvent& event : cause_.events) {
      if (event.role == CauseRole::kHolds && event.thread == thread && event.address == address) {
        return &event;
      }
    }
    return nullptr;
  }

  std::string DeadlockText(const std::vector<std::pair<const Stack*, WaitWords>>& waits) const {
    std::vector<std::string> parts;
    size_t left_out = 0;
    for (const auto& [stack, words] : waits) {
      const std::optional<sim::ThreadNumber> thread = ThreadNumberOf(stack->thread);
      if (!thread || words.for_end || words.to_be_woken) continue;
      if (parts.size() == kMaxThreadsTold) {
        ++left_out;
        continue;
      }
      const std::string wanted = Object(words.address, "lock");
      std::string part = Who(*thread);
      if (words.thread == thread) {
        absl::StrAppend(&part, " locks ", wanted, InBrackets(stack->frames),
                        ", which it already holds");
      } else {
        for (const uint64_t held : words.holds) {
          const CauseEvent* event = HolderEvent(*thread, held);
          if (event == nullptr) continue;
          absl::StrAppend(&part, " holds ", Object(held, "lock"), InBrackets(event->frames),
                          " and");
          break;
        }
        absl::StrAppend(&part, " waits for ", wanted, InBrackets(stack->frames));
      }
      parts.push_back(std::move(part));
    }
    if (left_out > 0) parts.push_back(absl::StrCat("and ", left_out, " more"));
    if (parts.empty()) {
      for (const CauseEvent& event : cause_.events) {
        if (event.role == CauseRole::kHolds || parts.size() == kMaxThreadsTold) continue;
        parts.push_back(absl::StrCat(Subject(event), " ", event.what, InBrackets(event.frames)));
      }
    } else {
      AddSleepingHolders(waits, &parts);
    }
    return absl::StrCat("deadlock: ", absl::StrJoin(parts, "; "));
  }

  // A holder that sleeps belongs to the story: "T2 holds it and sleeps on `done`".
  void AddSleepingHolders(const std::vector<std::pair<const Stack*, WaitWords>>& waits,
                          std::vector<std::string>* parts) const {
    for (const auto& [stack, words] : waits) {
      const auto thread = ThreadNumberOf(stack->thread);
      if (!thread || (!words.for_end && !words.to_be_woken)) continue;
      for (const uint64_t held : words.holds) {
        const CauseEvent* holds = HolderEvent(*thread, held);
        if (holds == nullptr) continue;
        const auto waits_event =
            std::find_if(cause_.events.begin(), cause_.events.end(), [&](const CauseEvent& event) {
              return event.thread == thread && event.role != CauseRole::kHolds;
            });
        parts->push_back(
            absl::StrCat(Who(*thread), " holds ", Object(held, "lock"), InBrackets(holds->frames),
                         " and ", waits_event == cause_.events.end() ? "waits" : waits_event->what,
                         InBrackets(stack->frames)));
        break;
      }
    }
  }

  // --- The rest ---

  // The one stack, and where it is.
  void TellPlain() {
    cause_.events.clear();
    const Stack* access = nullptr;
    for (const Stack& stack : finding_.stacks) {
      if (access == nullptr && stack.is_access) access = &stack;
    }
    // The runtime's own findings: the thread that had control, unless all of them are at fault.
    for (const Stack& stack : finding_.stacks) {
      if (access == nullptr && finding_.kind != FindingKind::kLivelock &&
          absl::StartsWith(stack.title, "runs, ")) {
        access = &stack;
      }
    }
    if (access == nullptr) {
      const std::string kind(finding_.kind == FindingKind::kDivergence ? "divergence"
                                                                       : Name(finding_.kind));
      const std::string first = ShortHashes(FirstLine(finding_.message));
      cause_.headline = absl::StartsWith(first, kind) ? first : absl::StrCat(kind, ": ", first);
      for (const Stack& stack : finding_.stacks) AddState(stack);
      return;
    }
    for (const Stack& stack : finding_.stacks) {
      if (&stack != access && stack.is_access) {
        Add(CauseRole::kPrevious, stack, stack.title);
      }
    }
    if (const std::string what = UseOfFreed(); !what.empty()) return TellUseOfFreed(*access, what);
    TellPlace(Add(CauseRole::kAccess, *access, access->title));
  }

  // "heap-use-after-free: T1 Serve reads 4 bytes of memory (a.cc:5) that T2 Sweep freed (a.cc:9)".
  void TellUseOfFreed(const Stack& access, const std::string& what) {
    for (const Stack& stack : finding_.stacks) {
      const std::optional<PlaceWords> place = ParsePlace(stack.title);
      if (place && place->freed) Add(CauseRole::kFreed, stack, "frees the memory");
    }
    const CauseEvent event = Add(CauseRole::kAccess, access, what);
    const CauseEvent* freed = Find(CauseRole::kFreed);
    const bool same = freed != nullptr && freed->thread && freed->thread == event.thread;
    cause_.headline = absl::StrCat(
        finding_.detail, ": ", Subject(event), " ", what, InBrackets(event.frames),
        freed == nullptr ? " that was freed"
                         : absl::StrCat(" that ", same ? "it" : Subject(*freed),
                                        same ? " has freed" : " freed", InBrackets(freed->frames)));
  }

  // "reads 4 bytes of memory", "does the unlock of the mutex in memory", "frees memory" of the
  // runtime's own "heap-use-after-free: read of size 4 at 0x55, in a block that was freed" and
  // "double-free: 0x55 is free already"; "" of other messages.
  std::string UseOfFreed() const {
    const std::string line = FirstLine(finding_.message);
    string_view text = line;
    if (absl::StartsWith(text, "double-free: ")) return "frees memory";
    if (!absl::ConsumePrefix(&text, "heap-use-after-free: ") ||
        !absl::ConsumeSuffix(&text, ", in a block that was freed")) {
      return "";
    }
    text = text.substr(0, text.rfind(" at 0x"));
    const AccessWords access = AccessOf(text);
    return access.verb.empty() ? absl::StrCat("does the ", text, " in memory")
                               : absl::StrCat(AccessText(access), " of memory");
  }

  // What a thread does when the execution ends: "runs, clock-read", "can run, next free 0x55".
  void AddState(const Stack& stack) {
    if (const std::optional<WaitWords> words = ParseWait(stack.title)) {
      return AddWait(stack, *words);
    }
    string_view state = stack.title;
    const bool busy =
        absl::ConsumePrefix(&state, "runs, ") || absl::ConsumePrefix(&state, "can run, next ");
    Add(CauseRole::kWants, stack,
        busy ? absl::StrCat("is busy (", state.substr(0, state.find_first_of(" ;")), ")")
             : stack.title);
  }

  // "SEGV: T1 Loop in Store::Apply (store.cc:12)".
  void TellPlace(const CauseEvent& event) {
    const Frame* own = OwnFrameOf(event.frames);
    std::string text = finding_.detail.empty() ? std::string(Name(finding_.kind)) : finding_.detail;
    if (!event.who.empty()) absl::StrAppend(&text, ": ", event.who);
    if (own != nullptr) {
      absl::StrAppend(&text, event.who.empty() ? ":" : "", " in ",
                      sim::ShortFunction(own->function), InBrackets(event.frames));
    } else if (event.who.empty()) {
      absl::StrAppend(&text, ": ", FirstLine(finding_.message));
    }
    cause_.headline = std::move(text);
  }

  const Finding& finding_;
  const CauseNames& names_;
  std::map<sim::ThreadNumber, std::string> threads_;
  std::map<uint64_t, std::string> said_;    // names by source lines, by address
  std::vector<sim::ThreadNumber> awaited_;  // threads whose end others wait for
  sim::SourceLines lines_;
  Cause cause_;
};

}  // namespace

std::string PlaceText(const std::vector<Frame>& frames) {
  const Frame* own = OwnFrameOf(frames);
  if (own == nullptr || own->file.empty()) return "";
  const std::string name(sim::BaseName(own->file));
  return own->line > 0 ? absl::StrCat(name, ":", own->line) : name;
}

Cause CauseOf(const Finding& finding, const CauseNames& names) {
  return Teller(finding, names).Tell();
}

}  // namespace heddle::reports

#include "sim/stacks/sanitizer_report.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace heddle::harness {
namespace {

using absl::string_view;

constexpr string_view kThread = "ThreadSanitizer";
constexpr string_view kAddress = "AddressSanitizer";
constexpr string_view kLeak = "LeakSanitizer";
constexpr string_view kUndefined = "UndefinedBehaviorSanitizer";

template <typename... Needles>
bool HasAnyPrefix(string_view text, Needles... needles) {
  return (absl::StartsWith(text, needles) || ...);
}
template <typename... Needles>
bool HasAny(string_view text, Needles... needles) {
  return (absl::StrContains(text, needles) || ...);
}

// --- Frames -----------------------------------------------------------------------------------

// Removes " (MODULE+0xOFFSET)" and " (BuildId: ...)" from the end of `*text`.
void TakeModule(string_view* text, Frame* frame) {
  const size_t build_id = text->rfind(" (BuildId: ");
  if (build_id != string_view::npos) *text = text->substr(0, build_id);
  const size_t open = text->rfind(" (");
  const size_t offset = text->rfind("+0x");
  if (open == string_view::npos || offset == string_view::npos || offset < open) return;
  if (!absl::EndsWith(*text, ")")) return;
  frame->module = std::string(text->substr(open + 2, offset - open - 2));
  *text = text->substr(0, open);
}

// Splits ":LINE:COLUMN" or ":LINE" off the end of `*text`; false when there is no line.
bool TakeLine(string_view* text, Frame* frame) {
  int numbers[2];
  int count = 0;
  string_view rest = *text;
  while (count < 2) {
    const size_t colon = rest.rfind(':');
    if (colon == string_view::npos || !absl::SimpleAtoi(rest.substr(colon + 1), &numbers[count])) {
      break;
    }
    rest = rest.substr(0, colon);
    ++count;
  }
  if (count == 0 || rest.empty()) return false;
  frame->line = numbers[count - 1];
  frame->column = count == 2 ? numbers[0] : 0;
  *text = rest;
  return true;
}

// Splits the file off the end of "FUNCTION FILE:LINE:COLUMN"; no function has " /" in it.
void TakeFile(string_view* text, Frame* frame) {
  if (absl::ConsumeSuffix(text, " <null>")) return;
  size_t space = text->find(" /");
  if (space == string_view::npos) space = text->rfind(' ');
  if (space == string_view::npos) return;
  string_view file = text->substr(space + 1);
  if (!TakeLine(&file, frame)) {
    // A file without a line (its debug information is poor) still starts with a slash.
    if (!absl::StartsWith(file, "/")) return;
  }
  if (file != "??") {
    // "build/../src/x.cc", as compilers are called, is "src/x.cc".
    frame->file = std::string(file);
    if (absl::StartsWith(file, "/")) {
      frame->file = std::filesystem::path(frame->file).lexically_normal().string();
    }
  }
  *text = text->substr(0, space);
}

// "    #3 0x55.. in FUNCTION FILE:LINE:COLUMN (MODULE+0x..) (BuildId: ..)", any part may be
// missing.
std::optional<Frame> ParseFrame(string_view line) {
  line = absl::StripAsciiWhitespace(line);
  if (!absl::ConsumePrefix(&line, "#")) return std::nullopt;
  const size_t digits = line.find_first_not_of("0123456789");
  if (digits == 0 || digits == string_view::npos || line[digits] != ' ') return std::nullopt;
  line.remove_prefix(digits + 1);
  Frame frame;
  TakeModule(&line, &frame);
  if (absl::StartsWith(line, "0x")) {
    const size_t in = line.find(" in ");
    line = in == string_view::npos ? string_view() : line.substr(in + 4);
  }
  TakeFile(&line, &frame);
  if (line != "<null>") frame.function = std::string(line);
  frame.own = IsOwnFrame(frame);
  return frame;
}

// --- Kinds ------------------------------------------------------------------------------------

struct Word {
  string_view name;
  FindingKind kind;
};

// Beginnings of ThreadSanitizer's report types (tsan_report.cpp).
constexpr Word kThreadWords[] = {
    {"data race", FindingKind::kDataRace},
    {"race on ", FindingKind::kDataRace},
    {"heap-use-after-free", FindingKind::kHeapCorruption},
    {"lock-order-inversion", FindingKind::kDeadlock},
    {"", FindingKind::kSyncMisuse},  // thread leak, unlock of an unlocked mutex, signal-unsafe ...
};

// Beginnings of AddressSanitizer's error types (asan_errors.h) and of signals' names.
constexpr Word kAddressWords[] = {
    {"heap-", FindingKind::kHeapCorruption},
    {"double-free", FindingKind::kHeapCorruption},
    {"bad-free", FindingKind::kHeapCorruption},
    {"alloc-dealloc-mismatch", FindingKind::kHeapCorruption},
    {"new-delete-type-mismatch", FindingKind::kHeapCorruption},
    {"container-overflow", FindingKind::kHeapCorruption},
    {"use-after-poison", FindingKind::kHeapCorruption},
    {"stack-overflow", FindingKind::kCrash},
    {"SEGV", FindingKind::kCrash},
    {"BUS", FindingKind::kCrash},
    {"FPE", FindingKind::kCrash},
    {"ILL", FindingKind::kCrash},
    {"ABRT", FindingKind::kCrash},
    {"TRAP", FindingKind::kCrash},
    {"allocation-size-too-big", FindingKind::kCrash},
    {"out-of-memory", FindingKind::kCrash},
    {"calloc-overflow", FindingKind::kCrash},
    {"", FindingKind::kMemoryError},
};

template <size_t N>
FindingKind KindOf(string_view words, const Word (&table)[N]) {
  for (const Word& word : table) {
    if (absl::StartsWith(words, word.name)) return word.kind;
  }
  return FindingKind::kCrash;  // not reached: the last word is empty
}

// "data race (pid=12)" -> "data-race": the type's name as one word.
std::string ThreadDetail(string_view words) {
  words = words.substr(0, words.find(" ("));
  std::string detail(words);
  std::replace(detail.begin(), detail.end(), ' ', '-');
  return detail;
}

// "heap-use-after-free on address 0x.." -> "heap-use-after-free"; sentences get the SUMMARY's name.
std::string AddressDetail(string_view words) {
  if (absl::StartsWith(words, "attempting double-free")) return "double-free";
  if (absl::StartsWith(words, "attempting free on address")) return "bad-free";
  if (absl::StartsWith(words, "requested allocation size")) return "allocation-size-too-big";
  if (absl::StartsWith(words, "allocator is out of memory")) return "out-of-memory";
  if (absl::StartsWith(words, "calloc parameters overflow")) return "calloc-overflow";
  return std::string(words.substr(0, words.find_first_of(" :")));
}

// "index 5 out of bounds for type 'int[4]'" -> "index N out of bounds for type 'int[N]'": values
// change from run to run, the error does not.
std::string UndefinedDetail(string_view words) {
  std::string detail;
  words = words.substr(0, words.find(": "));
  for (size_t i = 0; i < words.size(); ++i) {
    if (!absl::ascii_isdigit(words[i])) {
      detail += words[i];
      continue;
    }
    detail += 'N';
    while (i + 1 < words.size() && absl::ascii_isxdigit(words[i + 1])) ++i;
    if (i + 1 < words.size() && words[i + 1] == 'x') {  // the 0 of "0x.."
      ++i;
      while (i + 1 < words.size() && absl::ascii_isxdigit(words[i + 1])) ++i;
    }
  }
  return detail;
}

// --- Reports ----------------------------------------------------------------------------------

// A line without what changes from run to run: "Write of size 8 at 0x7b08 by thread T1:" becomes
// "Write of size 8 by thread T1", "Thread T1 'p' (tid=7, running) created by main thread at:"
// becomes "Thread T1 'p' created by main thread".
std::string CleanTitle(string_view line) {
  line = absl::StripAsciiWhitespace(line);
  absl::ConsumeSuffix(&line, ":");
  absl::ConsumeSuffix(&line, " here");
  absl::ConsumeSuffix(&line, " at");
  std::vector<string_view> words;
  for (string_view word : absl::StrSplit(line, ' ')) {
    if (HasAnyPrefix(word, "0x", "(0x")) {
      if (!words.empty() && (words.back() == "at" || words.back() == "on")) words.pop_back();
    } else if (!HasAnyPrefix(word, "(tid=", "running)", "finished)") &&
               !(absl::StartsWith(word, "(") && absl::StrContains(word, "+0x"))) {
      words.push_back(word);
    }
  }
  return absl::StrJoin(words, " ");
}

// "SEGV on unknown address 0x08 (pc 0x55 bp 0x7f sp 0x7f T3)" -> "SEGV in thread T3": an error's
// first line as the title of the stack that follows it directly.
std::string HeadlineTitle(string_view words) {
  const size_t pc = words.find(" (pc ");
  if (pc == string_view::npos) return CleanTitle(words);
  const string_view name = words.substr(0, words.find_first_of(" ("));
  const size_t thread = words.rfind(" T");
  if (thread == string_view::npos || thread < pc) return std::string(name);
  return absl::StrCat(name, " in thread", words.substr(thread, words.rfind(')') - thread));
}

// "T1" or "main" from a title; the report's own numbers, not the system's.
std::string ThreadOf(string_view title) {
  if (absl::StrContains(title, "main thread")) return "main";
  size_t at = title.find("hread T");  // "thread T1", "Thread T1"
  if (at == string_view::npos) return "";
  at += 6;
  const size_t end = title.find_first_not_of("0123456789", at + 1);
  return std::string(title.substr(at, end == string_view::npos ? end : end - at));
}

// Splits the text into reports, and each report into stacks, line by line.
class Parser {
 public:
  SanitizerReports Parse(string_view text) {
    for (string_view line : absl::StrSplit(text, '\n')) ParseLine(line);
    Finish();
    return std::move(reports_);
  }

 private:
  void ParseLine(string_view line) {
    if (IsEnvironment(line) || StartThread(line) || StartError(line) || StartUndefined(line)) {
      return;
    }
    if (!report_) return;
    if (report_->text.size() + line.size() < kMaxReportText) {
      absl::StrAppend(&report_->text, line, "\n");
    }
    if (absl::StartsWith(line, "SUMMARY: ")) {
      Finish();
    } else if (std::optional<Frame> frame = ParseFrame(line)) {
      AddFrame(line, std::move(*frame));
    } else if (absl::StrContains(line, "[failed to restore the stack]")) {
      OpenStack();
    } else {
      ParseProse(line);
    }
  }

  // The machine is in the way.
  bool IsEnvironment(string_view line) {
    const bool found = HasAny(
        line, "FATAL: ThreadSanitizer", "LeakSanitizer has encountered a fatal error",
        "ReserveShadowMemoryRange failed", "Shadow memory range interleaves",
        "unexpected memory mapping", "failed to intercept", "external symbolizer didn't start");
    if (found) reports_.environment.emplace_back(absl::StripAsciiWhitespace(line));
    return found;
  }

  bool StartThread(string_view line) {
    constexpr string_view kStart = "WARNING: ThreadSanitizer: ";
    const size_t at = line.find(kStart);
    if (at == string_view::npos) return false;
    const string_view words = line.substr(at + kStart.size());
    Start(kThread, KindOf(words, kThreadWords), ThreadDetail(words), line);
    return true;
  }

  // "==1==ERROR: AddressSanitizer: ...", and ThreadSanitizer's and UBSan's for deadly signals.
  bool StartError(string_view line) {
    const size_t at = line.find("ERROR: ");
    if (at == string_view::npos) return false;
    string_view words = line.substr(at + 7);
    for (const string_view source : {kAddress, kThread, kUndefined, kLeak}) {
      if (!absl::ConsumePrefix(&words, source) || !absl::ConsumePrefix(&words, ": ")) continue;
      if (source == kLeak) {
        Start(kLeak, FindingKind::kLeak, "leak", line);
      } else {
        const std::string detail = AddressDetail(words);
        Start(source, KindOf(detail, kAddressWords), detail, line);
      }
      return true;
    }
    return false;
  }

  // "FILE:LINE:COLUMN: runtime error: WHAT"
  bool StartUndefined(string_view line) {
    constexpr string_view kStart = ": runtime error: ";
    const size_t at = line.find(kStart);
    if (at == string_view::npos) return false;
    const string_view words = line.substr(at + kStart.size());
    Start(kUndefined, FindingKind::kUndefinedBehaviour, UndefinedDetail(words), line);
    report_->message = std::string(words);
    string_view place = line.substr(0, at);
    Frame frame;
    if (TakeLine(&place, &frame)) {
      frame.file = std::string(place);
      frame.own = IsOwnFrame(frame);
      place_ = frame;
    }
    return true;
  }

  void Start(string_view source, FindingKind kind, std::string detail, string_view line) {
    Finish();
    report_.emplace();
    report_->kind = kind;
    report_->detail = std::move(detail);
    report_->source = std::string(source);
    report_->text = absl::StrCat(line, "\n");
    title_ = std::string(absl::StripAsciiWhitespace(line.substr(line.find("Sanitizer: ") + 11)));
    headline_ = true;
  }

  void ParseProse(string_view line) {
    const string_view text = absl::StripAsciiWhitespace(line);
    if (text.empty() || HasAnyPrefix(text, "Hint:", "==")) return;
    if (report_->source == kThread && absl::StartsWith(text, "Location is ")) {
      location_ = CleanTitle(text.substr(12));
    } else if (absl::StrContains(text, " is located ") && location_.empty()) {
      location_ = std::string(text.substr(text.find("is located ") + 11));
      location_ = location_.substr(0, location_.find(" ["));
    }
    // "Thread T1 'producer' (tid=..) created by main thread at:"
    if (absl::StartsWith(text, "Thread T")) NameThread(text);
    title_ = CleanTitle(text);
    headline_ = false;
  }

  void NameThread(string_view text) {
    constexpr size_t kNumber = 7;  // after "Thread "
    const string_view number = text.substr(kNumber, text.find(' ', kNumber) - kNumber);
    const string_view rest = text.substr(std::min(text.size(), kNumber + number.size()));
    for (const auto& [open, close] : {std::pair(" '", '\''), std::pair(" (", ')')}) {
      if (!absl::StartsWith(rest, open)) continue;
      const string_view name = rest.substr(2, rest.find(close, 2) - 2);
      if (!absl::StartsWith(name, "tid=")) names_[std::string(number)] = std::string(name);
    }
  }

  void AddFrame(string_view line, Frame frame) {
    if (absl::StartsWith(absl::StripAsciiWhitespace(line), "#0 ") || report_->stacks.empty()) {
      OpenStack();
    }
    std::vector<Frame>& frames = report_->stacks.back().frames;
    if (frames.size() < kMaxFrames) frames.push_back(std::move(frame));
  }

  void OpenStack() {
    Stack stack;
    stack.title = headline_ ? HeadlineTitle(title_) : title_;
    stack.thread = ThreadOf(stack.title);
    // The first stack shows the error; so does the other side of a race, the lock taken the other
    // way round, and the free that came before the use. The rest says where things came from.
    stack.is_access = report_->stacks.empty() ||
                      HasAnyPrefix(title_, "Previous ", "freed by ", "Mutex M") ||
                      report_->kind == FindingKind::kLeak;
    if (absl::EndsWith(stack.title, " created")) stack.is_access = false;
    report_->stacks.push_back(std::move(stack));
  }

  static std::string Describe(const Finding& finding, string_view location) {
    std::vector<std::string> parts;
    for (const Stack& stack : finding.stacks) {
      if (!stack.is_access) continue;
      const std::vector<const Frame*> frames = OwnFrames(stack);
      parts.push_back(frames.empty() ? absl::StrCat(stack.title, " (stack lost)")
                                     : absl::StrCat(stack.title, " in ", ShortFrame(*frames[0])));
    }
    if (!location.empty()) parts.emplace_back(location);
    return absl::StrJoin(parts, "; ");
  }

  void Finish() {
    if (!report_) return;
    if (report_->source == kLeak) {
      FinishLeaks();
    } else {
      if (report_->stacks.empty() && place_) {
        report_->stacks.push_back(
            {.title = report_->detail, .is_access = true, .frames = {*place_}});
      }
      for (Stack& stack : report_->stacks) {
        const auto name = names_.find(stack.thread);
        if (name != names_.end()) absl::StrAppend(&stack.thread, " ", name->second);
      }
      if (report_->message.empty()) {
        report_->message = Describe(*report_, location_);
      } else if (!report_->stacks.empty() && !report_->stacks[0].frames.empty()) {
        absl::StrAppend(&report_->message, " in ", ShortFrame(*OwnFrames(report_->stacks[0])[0]));
      }
      Keep(std::move(*report_));
    }
    report_.reset();
    place_.reset();
    names_.clear();
    location_.clear();
  }

  // One report lists every leak; each is a finding. What only other leaked blocks point to counts
  // when nothing is leaked directly.
  void FinishLeaks() {
    const bool any_direct =
        std::any_of(report_->stacks.begin(), report_->stacks.end(),
                    [](const Stack& stack) { return absl::StartsWith(stack.title, "Direct"); });
    for (Stack& stack : report_->stacks) {
      if (any_direct && !absl::StartsWith(stack.title, "Direct")) continue;
      Finding leak;
      leak.kind = FindingKind::kLeak;
      leak.detail = "leak";
      leak.source = std::string(kLeak);
      leak.text = report_->text;
      leak.stacks.push_back(std::move(stack));
      leak.message = Describe(leak, "");
      Keep(std::move(leak));
    }
  }

  void Keep(Finding finding) {
    finding.signature = Signature(finding);
    reports_.findings.push_back(std::move(finding));
  }

  SanitizerReports reports_;
  std::optional<Finding> report_;             // the one being read
  std::optional<Frame> place_;                // UBSan: where, from its first line
  std::string title_;                         // the last line of prose
  bool headline_ = false;                     // title_ is the report's first line
  std::string location_;                      // what the address is
  std::map<std::string, std::string> names_;  // "T1" -> "producer"
};

}  // namespace

bool IsOwnFrame(const Frame& frame) {
  const string_view function = frame.function;
  const string_view file = frame.file;
  // Sanitizer runtimes, their interceptors, libc, and libraries that hold containers and threads.
  if (HasAnyPrefix(function, "__interceptor_", "__tsan", "__asan", "__ubsan", "__sanitizer",
                   "__lsan", "__wrap_", "operator new", "operator delete", "std::", "__gnu_cxx::",
                   "pthread_", "__pthread_", "__libc_", "absl::", "testing::")) {
    return false;
  }
  if (function == "_start" || function == "clone" || function == "clone3") return false;
  // Without debug information: what is in no namespace and no class is mostly an interceptor.
  if (file.empty()) {
    return HasAny(function.substr(0, function.find('(')), "::") && !HasAny(frame.module, ".so");
  }
  // System headers; glibc's debug information has paths like "nptl/./nptl/pthread_kill.c",
  // "csu/../sysdeps/..." and "stdlib/abort.c"; the simulator's own machinery is no place where a
  // user looks.
  return !HasAnyPrefix(file, "/usr/", "./", "../", "nptl/", "stdlib/", "signal/", "assert/", "csu/",
                       "malloc/", "string/", "debug/") &&
         !HasAny(file, "/./", "/../sysdeps/", "/compiler-rt/", "/sanitizer_common/",
                 "/libsanitizer/") &&
         (!HasAny(file, "/sim/runtime/") || HasAny(file, "/sim/runtime/testing/"));
}

SanitizerReports ParseSanitizerReports(string_view text) { return Parser().Parse(text); }

bool IsHeapComplaint(string_view words) {
  return HasAny(words,
                "malloc(): ", "free(): ", "realloc(): ", "calloc(): ", "malloc_consolidate()",
                "munmap_chunk(): ", "corrupted size vs. prev_size", "double free or corruption",
                "corrupted double-linked list", "tcache_thread_shutdown()", "mremap_chunk()",
                "unaligned tcache chunk");
}

std::string LastWords(string_view text) {
  std::string last;
  for (string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (IsHeapComplaint(line) || HasAny(line, "terminate called", "Assertion `", "CHECK failed",
                                        "Check failed", "what(): ", "heddle: ")) {
      last = std::string(line.substr(0, 300));
    }
  }
  return last;
}

}  // namespace heddle::harness

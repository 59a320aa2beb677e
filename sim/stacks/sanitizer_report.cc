#include "sim/stacks/sanitizer_report.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sim/stacks/own_code.h"
#include "sim/stacks/report_line.h"
#include "sim/stacks/report_words.h"
#include "sim/stacks/rust_names.h"
#include "sim/stacks/text_match.h"

namespace heddle::sim {
namespace {

using absl::string_view;

// What each stack that shows an access is of and where, then what lies there.
std::string Describe(const std::vector<Stack>& stacks, string_view location) {
  std::vector<std::string> parts;
  for (const Stack& stack : stacks) {
    if (!stack.is_access) continue;
    const std::vector<const Frame*> frames = OwnFrames(stack);
    parts.push_back(frames.empty() ? absl::StrCat(stack.title, " (stack lost)")
                                   : absl::StrCat(stack.title, " in ", ShortFrame(*frames[0])));
  }
  if (!location.empty()) parts.emplace_back(location);
  return absl::StrJoin(parts, "; ");
}

// "0x602,0x604)" at `begin` -> 0x602; 0 for anything else.
uint64_t NumberAt(string_view text, size_t begin) {
  uint64_t number = 0;
  const string_view rest = text.substr(begin);
  return absl::SimpleHexAtoi(rest.substr(0, rest.find(',')), &number) ? number : 0;
}

bool IsDirectLeak(const Stack& stack) { return absl::StartsWith(stack.title, "Direct"); }

// Splits the text into reports, and each report into stacks, line by line.
class Parser {
 public:
  SanitizerReports Parse(string_view text) {
    for (string_view line : absl::StrSplit(text, '\n')) ParseLine(WithRustNames(line));
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
      report_->summary = SummaryOf(line);
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
    Start(kThreadSanitizer, ThreadError(words), /*fatal=*/false, line);
    return true;
  }

  // "==1==ERROR: AddressSanitizer: ...", and ThreadSanitizer's and UBSan's for deadly signals.
  bool StartError(string_view line) {
    const size_t at = line.find("ERROR: ");
    if (at == string_view::npos) return false;
    string_view words = line.substr(at + 7);
    for (const string_view sanitizer :
         {kAddressSanitizer, kThreadSanitizer, kUndefinedBehaviorSanitizer, kLeakSanitizer}) {
      if (!absl::ConsumePrefix(&words, sanitizer) || !absl::ConsumePrefix(&words, ": ")) continue;
      Start(sanitizer, sanitizer == kLeakSanitizer ? "leak" : AddressError(words), /*fatal=*/true,
            line);
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
    Start(kUndefinedBehaviorSanitizer, UndefinedError(words), /*fatal=*/false, line);
    report_->message = std::string(words);
    string_view place = line.substr(0, at);
    Frame frame;
    if (TakeLine(&place, &frame)) {
      frame.file = std::string(place);
      frame.own = IsOwn(frame);
      place_ = frame;
    }
    return true;
  }

  void Start(string_view sanitizer, std::string error, bool fatal, string_view line) {
    Finish();
    report_.emplace();
    report_->sanitizer = std::string(sanitizer);
    report_->error = std::move(error);
    report_->fatal = fatal;
    report_->text = absl::StrCat(line, "\n");
    title_ = std::string(absl::StripAsciiWhitespace(line.substr(line.find("Sanitizer: ") + 11)));
    headline_ = true;
  }

  void ParseProse(string_view line) {
    const string_view text = absl::StripAsciiWhitespace(line);
    if (text.empty() || HasAnyPrefix(text, "Hint:", "==")) return;
    if (report_->sanitizer == kThreadSanitizer && absl::StartsWith(text, "Location is ")) {
      location_ = CleanTitle(text.substr(12));
    } else if (absl::StrContains(text, " is located ") && location_.empty()) {
      location_ = std::string(text.substr(text.find("is located ") + 11));
      const size_t region = location_.find(" [");
      if (region != std::string::npos) report_->block = NumberAt(location_, region + 2);
      location_ = location_.substr(0, region);
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
                      report_->sanitizer == kLeakSanitizer;
    if (absl::EndsWith(stack.title, " created")) stack.is_access = false;
    report_->stacks.push_back(std::move(stack));
  }

  void Finish() {
    if (!report_) return;
    if (report_->stacks.empty() && place_) {
      report_->stacks.push_back({.title = report_->error, .is_access = true, .frames = {*place_}});
    }
    for (Stack& stack : report_->stacks) {
      const auto name = names_.find(stack.thread);
      if (name != names_.end()) absl::StrAppend(&stack.thread, " ", name->second);
    }
    if (report_->message.empty()) {
      report_->message = Describe(report_->stacks, location_);
    } else if (!report_->stacks.empty() && !report_->stacks[0].frames.empty()) {
      absl::StrAppend(&report_->message, " in ", ShortFrame(*OwnFrames(report_->stacks[0])[0]));
    }
    report_->location = location_;
    reports_.reports.push_back(*std::move(report_));
    report_.reset();
    place_.reset();
    names_.clear();
    location_.clear();
  }

  SanitizerReports reports_;
  std::optional<SanitizerReport> report_;     // the one being read
  std::optional<Frame> place_;                // UBSan: where, from its first line
  std::string title_;                         // the last line of prose
  bool headline_ = false;                     // title_ is the report's first line
  std::string location_;                      // what the address is
  std::map<std::string, std::string> names_;  // "T1" -> "producer"
};

}  // namespace

std::string DescribeEnvironment(absl::string_view line) {
  absl::string_view remedy;
  if (absl::StrContains(line, kLeakSanitizer)) {
    remedy =
        "; LeakSanitizer traces the process: in a container, --cap-add=SYS_PTRACE and "
        "--security-opt seccomp=unconfined";
  } else if (absl::StrContains(line, "emory")) {
    remedy = "; its addresses are taken: sysctl vm.mmap_rnd_bits=28";
  } else if (absl::StrContains(line, "symbolizer")) {
    remedy = "; install llvm-symbolizer (apt-get install llvm-14)";
  }
  return absl::StrCat("a sanitizer does not work on this machine: ", line, remedy);
}

SanitizerReports ParseSanitizerReports(string_view text) { return Parser().Parse(text); }

std::vector<SanitizerReport> EachError(SanitizerReport report) {
  std::vector<SanitizerReport> errors;
  if (report.sanitizer != kLeakSanitizer) {
    errors.push_back(std::move(report));
    return errors;
  }
  const std::vector<Stack> stacks = std::exchange(report.stacks, {});
  const bool any_direct = std::any_of(stacks.begin(), stacks.end(), IsDirectLeak);
  for (const Stack& stack : stacks) {
    if (any_direct && !IsDirectLeak(stack)) continue;
    SanitizerReport& leak = errors.emplace_back(report);
    leak.stacks = {stack};
    leak.message = Describe(leak.stacks, "");
  }
  return errors;
}

}  // namespace heddle::sim

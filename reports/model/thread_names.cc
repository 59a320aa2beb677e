#include "reports/model/thread_names.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace heddle::reports {
namespace {

// Names of functions that say no more than that a thread begins there.
constexpr std::array<absl::string_view, 8> kBeginnings = {"Run",  "run",  "Start", "start",
                                                          "Main", "Loop", "Work",  "ThreadMain"};

bool IsLambda(absl::string_view function) {
  return absl::StrContains(function, "operator()") || absl::StrContains(function, "lambda") ||
         absl::StrContains(function, "$_");
}

}  // namespace

std::optional<sim::ThreadNumber> ThreadNumberOf(absl::string_view thread) {
  if (absl::StartsWith(thread, "main")) return 0;
  if (thread.empty() || thread[0] != 'T') return std::nullopt;
  const size_t end = std::min(thread.find_first_not_of("0123456789", 1), thread.size());
  sim::ThreadNumber number = 0;
  if (!absl::SimpleAtoi(thread.substr(1, end - 1), &number)) return std::nullopt;
  return number;
}

std::string GivenThreadName(absl::string_view thread) {
  const size_t space = thread.find(' ');
  if (!ThreadNumberOf(thread) || space == absl::string_view::npos) return "";
  std::string name(thread.substr(space + 1));
  std::erase(name, '\'');
  return name == "thread" ? "" : name;
}

std::string ThreadNameOf(const std::vector<const Frame*>& stack) {
  const auto outermost = std::find_if(stack.rbegin(), stack.rend(), [](const Frame* frame) {
    return frame->own && !IsLambda(frame->function);
  });
  if (outermost == stack.rend()) return "";
  const std::vector<std::string> parts =
      absl::StrSplit(sim::ShortFunction((*outermost)->function), "::");
  const size_t count = parts.size();
  if (count < 2) return parts.back();
  const bool begins =
      std::find(kBeginnings.begin(), kBeginnings.end(), parts.back()) != kBeginnings.end();
  if (begins && !absl::StrContains(parts[count - 2], '(')) return parts[count - 2];
  return parts.back();
}

std::map<sim::ThreadNumber, std::string> ThreadNamesIn(const Finding& finding) {
  std::map<sim::ThreadNumber, std::string> names, given;
  for (const Stack& stack : finding.stacks) {
    const std::optional<sim::ThreadNumber> number = ThreadNumberOf(stack.thread);
    // The stack of a thread's creation is another thread's.
    if (!number || absl::StrContains(stack.title, "created by")) continue;
    if (std::string name = GivenThreadName(stack.thread); !name.empty()) {
      given[*number] = std::move(name);
    }
    std::vector<const Frame*> frames;
    for (const Frame& frame : stack.frames) frames.push_back(&frame);
    std::string name = ThreadNameOf(frames);
    if (!name.empty()) names.try_emplace(*number, std::move(name));
  }
  for (auto& [number, name] : given) names[number] = std::move(name);
  return names;
}

std::string ThreadLabel(sim::ThreadNumber thread,
                        const std::map<sim::ThreadNumber, std::string>& names) {
  if (thread == 0) return "T0 main";
  const auto name = names.find(thread);
  return absl::StrCat("T", thread, name == names.end() ? "" : " ",
                      name == names.end() ? "" : name->second);
}

}  // namespace heddle::reports

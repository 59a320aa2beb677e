#include "sim/supervisor/address_names.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "sim/stacks/own_code.h"
#include "sim/stacks/report_names.h"

namespace heddle::sim {
namespace {

// "T1 producer", "T2".
std::string NameOf(const ThreadStack& stack) {
  return absl::StrCat("T", stack.thread, stack.name.empty() ? "" : " ", stack.name);
}

}  // namespace

const LoadedModule* AddressNames::ModuleAt(uint64_t address) const {
  const auto found =
      std::find_if(modules_.begin(), modules_.end(), [address](const LoadedModule& module) {
        return address >= module.begin && address < module.end;
      });
  return found == modules_.end() ? nullptr : &*found;
}

std::vector<Frame> AddressNames::FramesAt(uint64_t address) const {
  const LoadedModule* module = ModuleAt(address);
  if (module == nullptr) return {};
  // A return address lies behind the call it belongs to.
  return symbolizer_.Code(module->path, address - module->bias - 1);
}

std::string AddressNames::WithNames(const std::string& text) const {
  if (!absl::StrContains(text, "Sanitizer")) return text;
  std::vector<std::string> paths;
  for (const LoadedModule& module : modules_) paths.push_back(module.path);
  return sim::WithNames(text, paths, &symbolizer_);
}

std::string AddressNames::Describe(const Outcome& outcome) const {
  std::string text = absl::StrFormat(
      "%s: %s\n  at point %u, by thread %d\n", FailureKindName(outcome.finding), outcome.message,
      outcome.points, outcome.thread == kNoThread ? -1 : static_cast<int>(outcome.thread));
  bool lines = outcome.stacks.empty();
  for (const ThreadStack& stack : outcome.stacks) {
    const std::string name = stack.name.empty() ? "" : absl::StrCat("'", stack.name, "' ");
    absl::StrAppendFormat(&text, "  thread %u %s%s\n", stack.thread, name, stack.state);
    int number = 0;
    for (const uint64_t address : stack.addresses) {
      const std::vector<Frame> frames = FramesAt(address);
      for (const Frame& frame : frames) {
        if (IsMachinery(OwnerOf(frame))) continue;
        lines = lines || (frame.line > 0 && frame.module == modules_.front().path);
        const std::string place = FormatPlace(frame);
        absl::StrAppendFormat(
            &text, "    #%d %s %s\n", number++, frame.function,
            place.empty() ? absl::StrCat("(", BaseName(frame.module), ")") : place);
      }
      if (!frames.empty()) continue;
      absl::StrAppendFormat(&text, "    #%d %s\n", number++, WithoutName(address));
    }
  }
  for (const FindingPlace& place : outcome.places) {
    absl::StrAppendFormat(&text, "  %s: %s\n", place.text, PlaceOf(place.addresses));
  }
  if (outcome.finding == FailureKind::kDivergence ||
      outcome.finding == FailureKind::kUncontrolled) {
    for (const FindingPlace& value : outcome.real_values) {
      absl::StrAppendFormat(&text, "  read from the real machine: %s, by %s\n", value.text,
                            PlaceOf(value.addresses));
    }
  }
  if (!lines) {
    absl::StrAppend(&text, "  the program has no line numbers: compile and link it with -g\n");
  }
  return text;
}

std::vector<Stack> AddressNames::StacksOf(const Outcome& outcome) const {
  std::vector<Stack> stacks;
  const auto add = [&](std::string title, std::string thread,
                       const std::vector<uint64_t>& addresses) {
    Stack& stack = stacks.emplace_back();
    stack.title = std::move(title);
    stack.thread = std::move(thread);
    for (const uint64_t address : addresses) {
      for (Frame& frame : FramesAt(address)) {
        const CodeOwner owner = OwnerOf(frame);
        if (!IsMachinery(owner) && owner != CodeOwner::kThreadStart) {
          stack.frames.push_back(std::move(frame));
        }
      }
    }
  };
  for (const ThreadStack& stack : outcome.stacks) {
    add(stack.state, NameOf(stack), stack.addresses);
  }
  for (const FindingPlace& place : outcome.places) {
    // "thread 2 took the mutex 0x55".
    absl::string_view text = place.text;
    std::string thread;
    if (absl::ConsumePrefix(&text, "thread ")) {
      const size_t end = text.find(' ');
      thread = absl::StrCat("T", text.substr(0, end));
      text.remove_prefix(end == absl::string_view::npos ? text.size() : end + 1);
    }
    add(std::string(text), std::move(thread), place.addresses);
  }
  return stacks;
}

std::string AddressNames::VariableAt(uint64_t address) const {
  const LoadedModule* module = ModuleAt(address);
  if (module == nullptr) return "";
  return symbolizer_.Data(module->path, address - module->bias).name;
}

std::string AddressNames::WithoutName(uint64_t address) const {
  const LoadedModule* module = ModuleAt(address);
  if (module == nullptr) return absl::StrFormat("0x%x", address);
  return absl::StrFormat("%s+0x%x", module->path, address - module->bias);
}

std::string AddressNames::PlaceOf(const std::vector<uint64_t>& stack) const {
  std::string other;
  for (const uint64_t address : stack) {
    for (const Frame& frame : FramesAt(address)) {
      if (frame.own) return ShortFrame(frame);
      if (other.empty()) other = ShortFrame(frame);
    }
  }
  return !other.empty() || stack.empty() ? other : WithoutName(stack.front());
}

std::string AddressNames::InnermostOwn(const std::vector<uint64_t>& stack) const {
  for (const uint64_t address : stack) {
    for (const Frame& frame : FramesAt(address)) {
      if (frame.own) return ShortFrame(frame);
    }
  }
  return stack.empty() ? "" : WithoutName(stack.front());
}

std::vector<ThreadFrames> AddressNames::OwnStacks(const Outcome& outcome) const {
  std::vector<ThreadFrames> stacks;
  bool any = false;
  for (const ThreadStack& stack : outcome.stacks) {
    ThreadFrames& own = stacks.emplace_back();
    own.thread = stack.thread;
    for (const uint64_t address : stack.addresses) {
      const std::vector<Frame> frames = FramesAt(address);
      const auto innermost =
          std::find_if(frames.begin(), frames.end(), [](const Frame& frame) { return frame.own; });
      if (innermost != frames.end()) own.frames.push_back(*innermost);
    }
    any = any || !own.frames.empty();
  }
  if (any) return stacks;
  for (size_t i = 0; i < stacks.size(); ++i) {
    stacks[i].frames.push_back(InnermostNamed(outcome.stacks[i]));
  }
  return stacks;
}

Frame AddressNames::InnermostNamed(const ThreadStack& stack) const {
  for (const uint64_t address : stack.addresses) {
    const std::vector<Frame> frames = FramesAt(address);
    if (frames.empty()) return {.function = std::string(BaseName(WithoutName(address)))};
    for (const Frame& frame : frames) {
      if (!IsMachinery(OwnerOf(frame))) return frame;
    }
  }
  return {};
}

std::string AddressNames::DedupKeyOf(const Outcome& outcome) const {
  return DedupKey({.kind = outcome.finding,
                   .message = outcome.message,
                   .thread = outcome.thread,
                   .standard_error = outcome.standard_error,
                   .own_stacks = [&] { return OwnStacks(outcome); }});
}

}  // namespace heddle::sim

#include "sim/supervisor/address_names.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace heddle::sim {

const LoadedModule* AddressNames::ModuleAt(uint64_t address) const {
  const auto found =
      std::find_if(modules_.begin(), modules_.end(), [address](const LoadedModule& module) {
        return address >= module.begin && address < module.end;
      });
  return found == modules_.end() ? nullptr : &*found;
}

std::vector<SourceFrame> AddressNames::FramesAt(uint64_t address) const {
  const LoadedModule* module = ModuleAt(address);
  if (module == nullptr) return {};
  // A return address lies behind the call it belongs to.
  return symbolizer_.Code(module->path, address - module->bias - 1);
}

std::vector<std::string> AddressNames::Symbolize(absl::Span<const uint64_t> addresses) const {
  std::vector<std::string> texts;
  for (const uint64_t address : addresses) {
    const LoadedModule* module = ModuleAt(address);
    if (module == nullptr) {
      texts.push_back(absl::StrFormat("0x%x", address));
      continue;
    }
    std::string text;
    for (const SourceFrame& frame : FramesAt(address)) {
      absl::StrAppend(&text, text.empty() ? "" : "\n", frame.function, " ",
                      frame.place.empty() ? "??:0:0" : frame.place);
    }
    if (text.empty()) text = absl::StrFormat("%s+0x%x", module->path, address - module->bias);
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string AddressNames::WithNames(const std::string& text) const {
  if (!absl::StrContains(text, "Sanitizer")) return text;
  std::vector<std::string> paths;
  for (const LoadedModule& module : modules_) paths.push_back(module.path);
  return symbolizer_.Report(text, paths);
}

std::string AddressNames::Describe(const Outcome& outcome) const {
  std::string text = absl::StrFormat(
      "%s: %s\n  at point %u, by thread %d\n", FailureKindName(outcome.finding), outcome.message,
      outcome.points, outcome.thread == kNoThread ? -1 : static_cast<int>(outcome.thread));
  for (const ThreadStack& stack : outcome.stacks) {
    absl::StrAppendFormat(&text, "  thread %u %s\n", stack.thread, stack.state);
    int number = 0;
    for (const std::string& frame : Symbolize(stack.addresses)) {
      for (absl::string_view line : absl::StrSplit(frame, '\n')) {
        // The runtime's own frames say nothing about the program.
        if (absl::StrContains(line, "heddle::sim::runtime::") ||
            absl::StrContains(line, "sim/runtime/interpose/")) {
          continue;
        }
        absl::StrAppendFormat(&text, "    #%d %s\n", number++, line);
      }
    }
  }
  return text;
}

}  // namespace heddle::sim

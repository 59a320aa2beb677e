#include "sim/stacks/report_names.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "sim/stacks/own_code.h"
#include "sim/stacks/report_line.h"

namespace heddle::sim {
namespace {

using absl::string_view;

constexpr string_view kUnnamedGlobal = "  Location is global '<null>'";

// ThreadSanitizer writes the file's name alone.
std::string FullPath(string_view module, const std::vector<std::string>& modules) {
  for (const std::string& path : modules) {
    if (path == module || absl::EndsWith(path, absl::StrCat("/", module))) return path;
  }
  return "";
}

std::string Module(const CodeReference& reference) {
  return absl::StrFormat("(%s+0x%x)", reference.module, reference.offset);
}

class Writer {
 public:
  Writer(const std::vector<std::string>& modules, Symbolizer* symbolizer)
      : modules_(modules), symbolizer_(symbolizer) {}

  void Add(string_view line) {
    const bool frame = IsFrameLine(line);
    if (!frame) number_ = 0;
    const bool summary = absl::StartsWith(line, "SUMMARY: ");
    const bool global = absl::StartsWith(line, kUnnamedGlobal);
    std::optional<CodeReference> reference;
    if (frame || summary || global) reference = FindReference(line);
    const std::string module = reference ? FullPath(reference->module, modules_) : "";
    if (!module.empty()) {
      if (global && AddGlobal(*reference, module)) return;
      const std::vector<Frame>* frames =
          global ? nullptr : &symbolizer_->Code(module, reference->offset);
      if (frames != nullptr && !frames->empty()) {
        if (frame) AddFrames(*reference, *frames);
        if (summary) AddSummary(*reference, frames->front());
        return;
      }
    }
    if (frame) {
      // Unchanged but for its number.
      const size_t blank = line.find(' ', line.find('#'));
      absl::StrAppendFormat(&text_, "    #%d%s\n", number_++,
                            blank == string_view::npos ? "" : line.substr(blank));
    } else {
      absl::StrAppend(&text_, line, "\n");
    }
  }

  std::string Take() {
    if (!text_.empty()) text_.pop_back();  // as many ends of lines as there were
    return std::move(text_);
  }

 private:
  // One frame of a stack becomes one line for each function that was inlined there. ThreadSanitizer
  // writes "#0 <null> <null> (m+0x1)", AddressSanitizer "#0 0x55..  (m+0x1)". Interposers stay:
  // they have the name of the function that the program called.
  void AddFrames(const CodeReference& reference, const std::vector<Frame>& frames) {
    const std::string module = Module(reference);
    const size_t address = reference.before.find(" 0x");
    for (const Frame& frame : frames) {
      if (OwnerOf(frame) == CodeOwner::kRuntime) continue;
      const std::string place = FormatPlace(frame);
      if (address == string_view::npos) {
        absl::StrAppendFormat(&text_, "    #%d %s %s %s\n", number_++, frame.function,
                              place.empty() ? "<null>" : place, module);
      } else {
        absl::StrAppendFormat(&text_, "    #%d %s in %s %s\n", number_++,
                              reference.before.substr(address + 1), frame.function,
                              place.empty() ? module : place);
      }
    }
  }

  void AddSummary(const CodeReference& reference, const Frame& frame) {
    const std::string place = FormatPlace(frame);
    absl::StrAppendFormat(&text_, "%s %s in %s\n", reference.before,
                          place.empty() ? Module(reference) : place, frame.function);
  }

  bool AddGlobal(const CodeReference& reference, const std::string& module) {
    const GlobalVariable& variable = symbolizer_->Data(module, reference.offset);
    if (variable.name.empty()) return false;
    absl::StrAppendFormat(&text_, "  Location is global '%s' of size %u %s\n", variable.name,
                          variable.size, Module(reference));
    return true;
  }

  const std::vector<std::string>& modules_;
  Symbolizer* const symbolizer_;
  int number_ = 0;  // of the next frame
  std::string text_;
};

}  // namespace

std::string WithNames(string_view text, const std::vector<std::string>& modules,
                      Symbolizer* symbolizer) {
  Writer writer(modules, symbolizer);
  for (const string_view line : absl::StrSplit(text, '\n')) writer.Add(line);
  return writer.Take();
}

}  // namespace heddle::sim

#include "sim/stacks/symbolizer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdlib>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sim/process/spawn.h"

namespace heddle::sim {

namespace {

using absl::string_view;

// Where a report names a place: "... (module+0x12ab) (BuildId: ...)".
struct Reference {
  string_view before;  // up to the blank in front of the bracket
  string_view module;  // as it is written
  uint64_t offset = 0;
};

std::optional<Reference> FindReference(string_view line) {
  const size_t build_id = line.rfind(" (BuildId: ");
  if (build_id != string_view::npos) line = line.substr(0, build_id);
  line = absl::StripTrailingAsciiWhitespace(line);
  const size_t open = line.rfind('(');
  if (open == string_view::npos || !absl::EndsWith(line, ")")) return std::nullopt;
  const string_view inside = line.substr(open + 1, line.size() - open - 2);
  const size_t plus = inside.rfind("+0x");
  Reference reference;
  if (plus == string_view::npos ||
      !absl::SimpleHexAtoi(inside.substr(plus + 1), &reference.offset)) {
    return std::nullopt;
  }
  reference.before = absl::StripTrailingAsciiWhitespace(line.substr(0, open));
  reference.module = inside.substr(0, plus);
  return reference;
}

// ThreadSanitizer writes the file's name alone.
std::string FullPath(string_view module, const std::vector<std::string>& modules) {
  for (const std::string& path : modules) {
    if (path == module || absl::EndsWith(path, absl::StrCat("/", module))) return path;
  }
  return "";
}

// "    #12 ..."; nothing for other lines.
bool IsFrame(string_view line) {
  line = absl::StripLeadingAsciiWhitespace(line);
  return line.size() > 1 && line[0] == '#' && absl::ascii_isdigit(line[1]);
}

// One frame of a stack becomes one line for each function that was inlined there. ThreadSanitizer
// writes "#0 <null> <null> (m+0x1)", AddressSanitizer "#0 0x55..  (m+0x1)".
void AddFrame(const Reference& reference, const std::vector<SourceFrame>& frames, int* number,
              std::string* text) {
  const std::string module = absl::StrFormat("(%s+0x%x)", reference.module, reference.offset);
  std::vector<const SourceFrame*> shown;  // the kernel's own say nothing about the program
  for (const SourceFrame& frame : frames) {
    if (!absl::StartsWith(frame.function, "heddle::sim::runtime::")) shown.push_back(&frame);
  }
  const size_t address = reference.before.find(" 0x");
  if (address == string_view::npos) {
    for (const SourceFrame* frame : shown) {
      absl::StrAppendFormat(text, "    #%d %s %s %s\n", (*number)++, frame->function,
                            frame->place.empty() ? "<null>" : frame->place, module);
    }
    return;
  }
  for (const SourceFrame* frame : shown) {
    absl::StrAppendFormat(text, "    #%d %s in %s %s\n", (*number)++,
                          reference.before.substr(address + 1), frame->function,
                          frame->place.empty() ? module : frame->place);
  }
}

}  // namespace

std::string Symbolizer::Find() {
  for (const char* name : {"llvm-symbolizer", "llvm-symbolizer-19", "llvm-symbolizer-14"}) {
    const std::string path = absl::StrCat("/usr/bin/", name);
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return "";
}

Symbolizer::~Symbolizer() { Stop(); }

void Symbolizer::Stop() {
  if (to_ != nullptr) fclose(to_);
  if (from_ != nullptr) fclose(from_);
  to_ = from_ = nullptr;
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  process_ = -1;
}

bool Symbolizer::Start() {
  if (process_ > 0 || failed_) return !failed_;
  failed_ = true;
  const std::string path = Find();
  int in[2], out[2];
  if (path.empty() || pipe2(in, O_CLOEXEC) != 0) return false;
  if (pipe2(out, O_CLOEXEC) != 0) {
    close(in[0]), close(in[1]);
    return false;
  }
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  SpawnOptions spawn;
  spawn.arguments = {path, "--output-style=LLVM", "--inlines", "--demangle"};
  spawn.descriptors = {{in[0], STDIN_FILENO}, {out[1], STDOUT_FILENO}, {nowhere, STDERR_FILENO}};
  process_ = SpawnProcess(spawn).process;
  close(in[0]), close(out[1]), close(nowhere);
  to_ = fdopen(in[1], "w");
  from_ = fdopen(out[0], "r");
  failed_ = process_ < 0 || to_ == nullptr || from_ == nullptr;
  return !failed_;
}

// The lines of its answer, which an empty one ends.
std::vector<std::string> Symbolizer::Ask(const char* what, const Place& place) {
  std::vector<std::string> lines;
  if (place.first.find_first_of("\"\n") != std::string::npos || !Start()) return lines;
  fprintf(to_, "%s \"%s\" 0x%" PRIx64 "\n", what, place.first.c_str(), place.second);
  char* line = nullptr;
  size_t capacity = 0;
  bool ended = false;
  if (fflush(to_) == 0) {
    ssize_t length;
    while (!ended && (length = getline(&line, &capacity, from_)) > 0) {
      if (line[length - 1] == '\n') --length;
      if (length == 0) {
        ended = true;
      } else {
        lines.emplace_back(line, static_cast<size_t>(length));
      }
    }
  }
  free(line);
  if (!ended) {  // it died
    Stop();
    failed_ = true;
    lines.clear();
  }
  return lines;
}

const std::vector<SourceFrame>& Symbolizer::Code(const std::string& module, uint64_t offset) {
  const auto [entry, is_new] = code_.try_emplace({module, offset});
  if (!is_new) return entry->second;
  const std::vector<std::string> lines = Ask("CODE", entry->first);
  for (size_t i = 0; i + 1 < lines.size(); i += 2) {
    if (lines[i] == "??") continue;
    entry->second.push_back({lines[i], absl::StartsWith(lines[i + 1], "??") ? "" : lines[i + 1]});
  }
  return entry->second;
}

const GlobalVariable& Symbolizer::Data(const std::string& module, uint64_t offset) {
  const auto [entry, is_new] = data_.try_emplace({module, offset});
  if (!is_new) return entry->second;
  // The name, then "begin size".
  const std::vector<std::string> lines = Ask("DATA", entry->first);
  if (lines.size() < 2 || lines[0] == "??") return entry->second;
  entry->second.name = lines[0];
  const std::vector<string_view> numbers = absl::StrSplit(lines[1], ' ');
  if (numbers.size() == 2 && !absl::SimpleAtoi(numbers[1], &entry->second.size)) {
    entry->second.size = 0;
  }
  return entry->second;
}

std::string Symbolizer::Report(string_view text, const std::vector<std::string>& modules) {
  constexpr string_view kGlobal = "  Location is global '<null>'";
  std::string result;
  int number = 0;  // of the next frame
  for (const string_view line : absl::StrSplit(text, '\n')) {
    const bool frame = IsFrame(line);
    if (!frame) number = 0;
    const bool summary = absl::StartsWith(line, "SUMMARY: ");
    const bool global = absl::StartsWith(line, kGlobal);
    std::optional<Reference> reference;
    if (frame || summary || global) reference = FindReference(line);
    const std::string module = reference ? FullPath(reference->module, modules) : "";
    if (global && !module.empty()) {
      const GlobalVariable& variable = Data(module, reference->offset);
      if (!variable.name.empty()) {
        absl::StrAppendFormat(&result, "  Location is global '%s' of size %u (%s+0x%x)\n",
                              variable.name, variable.size, reference->module, reference->offset);
        continue;
      }
    }
    static const std::vector<SourceFrame> kNone;
    const std::vector<SourceFrame>& frames =
        module.empty() || global ? kNone : Code(module, reference->offset);
    if (frame && !frames.empty()) {
      AddFrame(*reference, frames, &number, &result);
    } else if (summary && !frames.empty()) {
      absl::StrAppendFormat(&result, "%s %s in %s\n", reference->before,
                            frames[0].place.empty()
                                ? absl::StrFormat("(%s+0x%x)", reference->module, reference->offset)
                                : frames[0].place,
                            frames[0].function);
    } else if (frame) {
      // Unchanged but for its number.
      const size_t blank = line.find(' ', line.find('#'));
      absl::StrAppendFormat(&result, "    #%d%s\n", number++,
                            blank == string_view::npos ? "" : line.substr(blank));
    } else {
      absl::StrAppend(&result, line, "\n");
    }
  }
  if (!result.empty()) result.pop_back();  // as many ends of lines as there were
  return result;
}

}  // namespace heddle::sim

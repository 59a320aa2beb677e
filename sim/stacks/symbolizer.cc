#include "sim/stacks/symbolizer.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sim/process/spawn.h"
#include "sim/stacks/own_code.h"
#include "sim/stacks/rust_names.h"

namespace heddle::sim {

namespace {

using absl::string_view;

// "FILE:LINE:COLUMN" as llvm-symbolizer writes it; "??:0:0" is no place.
void SetPlace(string_view place, Frame* frame) {
  if (absl::StartsWith(place, "??")) return;
  TakeLine(&place, frame);
  SetFile(place, frame);
}

}  // namespace

std::string Symbolizer::Find() {
  constexpr int kNewest = 22, kOldest = 13;
  std::vector<std::string> names = {"llvm-symbolizer"};
  for (int version = kNewest; version >= kOldest; --version) {
    names.push_back(absl::StrCat("llvm-symbolizer-", version));
  }
  const char* path = std::getenv("PATH");
  std::vector<std::string> folders = absl::StrSplit(path == nullptr ? "" : path, ':');
  folders.push_back("/usr/bin");
  for (const std::string& name : names) {
    for (const std::string& folder : folders) {
      const std::string candidate = absl::StrCat(folder, "/", name);
      if (access(candidate.c_str(), X_OK) == 0) return candidate;
    }
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

const std::vector<Frame>& Symbolizer::Code(const std::string& module, uint64_t offset) {
  const auto [entry, is_new] = code_.try_emplace({module, offset});
  if (!is_new) return entry->second;
  std::vector<Frame>& frames = entry->second;
  frames = AskForCode(entry->first);
  if (!frames.empty() && frames.front().line == 0 && !frames.front().file.empty()) {
    SetLineBefore(module, offset, &frames.front());
  }
  return frames;
}

std::vector<Frame> Symbolizer::AskForCode(const Place& place) {
  std::vector<Frame> frames;
  // A line for the function, then one for the place.
  const std::vector<std::string> lines = Ask("CODE", place);
  for (size_t i = 0; i + 1 < lines.size(); i += 2) {
    if (lines[i] == "??") continue;
    Frame& frame = frames.emplace_back();
    frame.function = WithRustNames(lines[i]);
    frame.module = place.first;
    SetPlace(lines[i + 1], &frame);
    frame.own = IsOwn(frame);
  }
  return frames;
}

// Compilers give line 0 to code that belongs to several lines. The code in front of it tells about
// where that is.
void Symbolizer::SetLineBefore(const std::string& module, uint64_t offset, Frame* frame) {
  constexpr uint64_t kMostBytes = 64;  // such code is a handful of instructions
  for (uint64_t back = 1; back <= std::min(kMostBytes, offset); ++back) {
    const std::vector<Frame> before = AskForCode({module, offset - back});
    if (before.empty() || before.front().function != frame->function) return;
    if (before.front().line == 0) continue;
    frame->line = before.front().line;
    frame->column = before.front().column;
    return;
  }
}

const GlobalVariable& Symbolizer::Data(const std::string& module, uint64_t offset) {
  const auto [entry, is_new] = data_.try_emplace({module, offset});
  if (!is_new) return entry->second;
  // The name, then "begin size".
  const std::vector<std::string> lines = Ask("DATA", entry->first);
  if (lines.size() < 2 || lines[0] == "??") return entry->second;
  entry->second.name = WithRustNames(lines[0]);
  const std::vector<string_view> numbers = absl::StrSplit(lines[1], ' ');
  if (numbers.size() == 2 && !absl::SimpleAtoi(numbers[1], &entry->second.size)) {
    entry->second.size = 0;
  }
  return entry->second;
}

}  // namespace heddle::sim

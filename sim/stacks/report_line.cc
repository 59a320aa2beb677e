#include "sim/stacks/report_line.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "sim/stacks/own_code.h"

namespace heddle::sim {
namespace {

using absl::string_view;

// Splits the file off the end of "FUNCTION FILE:LINE:COLUMN"; no function has " /" in it.
void TakeFile(string_view* text, Frame* frame) {
  if (absl::ConsumeSuffix(text, " <null>")) return;
  size_t space = text->find(" /");
  if (space == string_view::npos) space = text->rfind(' ');
  if (space == string_view::npos) return;
  string_view file = text->substr(space + 1);
  // A file without a line (its debug information is poor) still starts with a slash.
  if (!TakeLine(&file, frame) && !absl::StartsWith(file, "/")) return;
  SetFile(file, frame);
  *text = text->substr(0, space);
}

}  // namespace

bool IsFrameLine(string_view line) {
  line = absl::StripLeadingAsciiWhitespace(line);
  return line.size() > 1 && line[0] == '#' && absl::ascii_isdigit(line[1]);
}

std::optional<CodeReference> FindReference(string_view line) {
  const size_t build_id = line.rfind(" (BuildId: ");
  if (build_id != string_view::npos) line = line.substr(0, build_id);
  line = absl::StripTrailingAsciiWhitespace(line);
  const size_t open = line.rfind('(');
  if (open == string_view::npos || !absl::EndsWith(line, ")")) return std::nullopt;
  const string_view inside = line.substr(open + 1, line.size() - open - 2);
  const size_t plus = inside.rfind("+0x");
  CodeReference reference;
  if (plus == string_view::npos ||
      !absl::SimpleHexAtoi(inside.substr(plus + 1), &reference.offset)) {
    return std::nullopt;
  }
  reference.before = absl::StripTrailingAsciiWhitespace(line.substr(0, open));
  reference.module = inside.substr(0, plus);
  return reference;
}

std::optional<Frame> ParseFrame(string_view line) {
  line = absl::StripAsciiWhitespace(line);
  if (!IsFrameLine(line)) return std::nullopt;
  const size_t digits = line.find_first_not_of("0123456789", 1);
  if (digits == string_view::npos || line[digits] != ' ') return std::nullopt;
  line.remove_prefix(digits + 1);
  Frame frame;
  if (const std::optional<CodeReference> reference = FindReference(line)) {
    frame.module = std::string(reference->module);
    line = reference->before;
  }
  if (const size_t build_id = line.rfind(" (BuildId: "); build_id != string_view::npos) {
    line = line.substr(0, build_id);
  }
  if (absl::StartsWith(line, "0x")) {
    const size_t in = line.find(" in ");
    line = in == string_view::npos ? string_view() : line.substr(in + 4);
  }
  TakeFile(&line, &frame);
  if (line != "<null>") frame.function = std::string(line);
  frame.own = IsOwn(frame);
  return frame;
}

}  // namespace heddle::sim

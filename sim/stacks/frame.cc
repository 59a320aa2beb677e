#include "sim/stacks/frame.h"

#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace heddle::sim {
namespace {

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$';
}

// The position after the bracket that closes the one at `open`; the end when none does.
size_t AfterMatching(absl::string_view text, size_t open, char left, char right) {
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == left) ++depth;
    if (text[i] == right && --depth == 0) return i + 1;
  }
  return text.size();
}

}  // namespace

absl::string_view BaseName(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? path : path.substr(slash + 1);
}

bool TakeLine(absl::string_view* text, Frame* frame) {
  int numbers[2];
  int count = 0;
  absl::string_view rest = *text;
  while (count < 2) {
    const size_t colon = rest.rfind(':');
    if (colon == absl::string_view::npos ||
        !absl::SimpleAtoi(rest.substr(colon + 1), &numbers[count])) {
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

void SetFile(absl::string_view path, Frame* frame) {
  if (path == "??") return;
  frame->file = std::string(path);
  if (absl::StartsWith(path, "/")) {
    frame->file = std::filesystem::path(frame->file).lexically_normal().string();
  }
}

std::string FormatPlace(const Frame& frame) {
  if (frame.file.empty() || frame.line == 0) return frame.file;
  return absl::StrCat(frame.file, ":", frame.line, ":", frame.column);
}

std::string ShortPlace(const Frame& frame) {
  return frame.line > 0 ? absl::StrCat(frame.file, ":", frame.line) : frame.file;
}

std::string ShortFunction(absl::string_view function) {
  // Rust's "<Type as Trait>::method".
  if (absl::StartsWith(function, "<")) {
    const size_t end = AfterMatching(function, 0, '<', '>');
    const absl::string_view type = function.substr(1, end > 2 ? end - 2 : 0);
    return absl::StrCat(ShortFunction(type.substr(0, type.find(" as "))),
                        ShortFunction(function.substr(end)));
  }
  constexpr absl::string_view kAnonymous = "(anonymous namespace)";
  constexpr absl::string_view kOperator = "operator";
  std::string name;
  size_t i = 0;
  while (i < function.size()) {
    const absl::string_view rest = function.substr(i);
    if (absl::StartsWith(rest, kAnonymous)) {
      absl::StrAppend(&name, kAnonymous);
      i += kAnonymous.size();
    } else if (absl::StartsWith(rest, kOperator) && rest.size() > kOperator.size() &&
               !IsNameCharacter(rest[kOperator.size()]) &&
               (name.empty() || !IsNameCharacter(name.back()))) {
      // operator(), operator<, operator new: copied up to the parameters.
      size_t end = i + kOperator.size();
      if (absl::StartsWith(function.substr(end), "()")) end += 2;
      while (end < function.size() && function[end] != '(') ++end;
      absl::StrAppend(&name, function.substr(i, end - i));
      i = end;
    } else if (rest[0] == '{') {  // {lambda(int)#1}
      const size_t end = AfterMatching(function, i, '{', '}');
      absl::StrAppend(&name, function.substr(i, end - i));
      i = end;
    } else if (absl::StartsWith(rest, "[abi:")) {  // of functions that return a std::string
      i = AfterMatching(function, i, '[', ']');
    } else if (rest[0] == '<') {
      i = AfterMatching(function, i, '<', '>');
      // Rust's "sync::<impl Trait>::call" and "Vec::<T>::push" have the arguments between colons.
      if (absl::EndsWith(name, "::") && absl::StartsWith(function.substr(i), "::")) i += 2;
    } else if (rest[0] == '(') {
      i = AfterMatching(function, i, '(', ')');
      // Something nested in the function, like a lambda, goes on; anything else is over.
      absl::string_view after = function.substr(i);
      const size_t scope = after.find("::");
      if (scope == absl::string_view::npos || (scope != 0 && after.substr(0, scope) != " const")) {
        break;
      }
      i += scope;
    } else {
      // A space ends a return type.
      if (rest[0] == ' ') {
        name.clear();
      } else {
        name += rest[0];
      }
      ++i;
    }
  }
  return name;
}

std::string ShortFrame(const Frame& frame) {
  std::vector<std::string> parts;
  if (!frame.function.empty()) parts.push_back(ShortFunction(frame.function));
  if (!frame.file.empty()) {
    parts.push_back(ShortPlace(frame));
  } else if (!frame.module.empty()) {
    parts.push_back(absl::StrCat("(", BaseName(frame.module), ")"));
  }
  return parts.empty() ? "?" : absl::StrJoin(parts, " ");
}

std::vector<const Frame*> OwnFrames(const Stack& stack) {
  std::vector<const Frame*> frames;
  for (const Frame& frame : stack.frames) {
    if (frame.own) frames.push_back(&frame);
  }
  if (frames.empty() && !stack.frames.empty()) frames.push_back(&stack.frames.front());
  return frames;
}

}  // namespace heddle::sim

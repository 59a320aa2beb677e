#include "reports/model/finding.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace heddle::harness {
namespace {

// How many own frames of each stack tell one bug from another: the place, and who led there.
constexpr size_t kSignatureFrames = 2;

// FNV-1a, 64 bits: stable across builds, machines and versions of the standard library.
uint64_t Fnv1a(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

absl::string_view BaseName(absl::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? path : path.substr(slash + 1);
}

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

// `text` contains `pattern`, in which `*` stands for any text.
bool Occurs(absl::string_view text, absl::string_view pattern) {
  while (true) {
    const size_t star = pattern.find('*');
    const absl::string_view piece = pattern.substr(0, star);
    const size_t at = text.find(piece);
    if (at == absl::string_view::npos) return false;
    if (star == absl::string_view::npos) return true;
    text.remove_prefix(at + piece.size());
    pattern.remove_prefix(star + 1);
  }
}

}  // namespace

std::string ShortFunction(absl::string_view function) {
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
    } else if (rest[0] == '<') {
      i = AfterMatching(function, i, '<', '>');
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
    parts.push_back(frame.line > 0 ? absl::StrCat(frame.file, ":", frame.line) : frame.file);
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

std::string Signature(const Finding& finding, absl::string_view place) {
  std::vector<std::string> accesses;
  for (const Stack& stack : finding.stacks) {
    if (!stack.is_access) continue;
    std::string access;
    size_t used = 0;
    for (const Frame* frame : OwnFrames(stack)) {
      if (used++ == kSignatureFrames) break;
      absl::StrAppend(&access, ShortFunction(frame->function), "@", BaseName(frame->file), ";");
    }
    accesses.push_back(std::move(access));
  }
  std::sort(accesses.begin(), accesses.end());
  return absl::StrFormat("%016x", Fnv1a(absl::StrCat(Name(finding.kind), "|", finding.detail, "|",
                                                     absl::StrJoin(accesses, "|"), "|", place)));
}

bool MatchesWhere(const Finding& finding, absl::string_view pattern) {
  if (pattern.empty()) return true;
  bool has_stack = false;
  for (const Stack& stack : finding.stacks) {
    if (!stack.is_access) continue;
    has_stack = true;
    for (const Frame* frame : OwnFrames(stack)) {
      if (Occurs(frame->function, pattern)) return true;
      if (Occurs(absl::StrCat(frame->file, ":", frame->line), pattern)) return true;
    }
  }
  return !has_stack && Occurs(finding.message, pattern);
}

void Merge(std::vector<Finding> found, uint64_t run, std::vector<Finding>* all) {
  std::vector<std::string> counted;  // signatures of this run
  for (Finding& finding : found) {
    const bool again =
        std::find(counted.begin(), counted.end(), finding.signature) != counted.end();
    auto known = std::find_if(all->begin(), all->end(), [&](const Finding& other) {
      return other.signature == finding.signature;
    });
    if (!again) counted.push_back(finding.signature);
    if (known == all->end()) {
      finding.first_run = run;
      all->push_back(std::move(finding));
    } else {
      known->count += finding.count;
      if (!again) known->runs += finding.runs;
    }
  }
}

}  // namespace heddle::harness

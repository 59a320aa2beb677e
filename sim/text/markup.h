// Text of others within Markdown, XML, HTML and shell commands: shown, not obeyed. What Printable()
// escapes is escaped here too.
#ifndef HEDDLE_SIM_TEXT_MARKUP_H_
#define HEDDLE_SIM_TEXT_MARKUP_H_

#include <string>

#include "absl/strings/string_view.h"

namespace heddle::sim {

// As a word of a shell command that people may copy: quoted when it has to be.
std::string ShellWord(absl::string_view text);

// For the running text of Markdown (GitHub's): shows as it is, as one line, without markup, links,
// mentions, HTML or formulas; stays within its cell of a table.
std::string EscapeForMarkdown(absl::string_view text);

// For XML 1.0 and HTML, between tags or in quotes.
std::string EscapeForXml(absl::string_view text);

// A code block of Markdown that holds `text`.
std::string MarkdownCodeBlock(absl::string_view text);

// The same within a line.
std::string MarkdownCodeSpan(absl::string_view text);

}  // namespace heddle::sim

#endif  // HEDDLE_SIM_TEXT_MARKUP_H_

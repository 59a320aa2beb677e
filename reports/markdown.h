// Markdown for a comment on a pull request: the verdicts, and each finding, folded.
#ifndef HEDDLE_REPORTS_MARKDOWN_H_
#define HEDDLE_REPORTS_MARKDOWN_H_

#include <string>
#include <vector>

#include "reports/model/verdict.h"

namespace heddle::reports {

// A comment on GitHub holds 65,536 characters: findings that do not fit are only counted.
inline constexpr size_t kMaxMarkdownBytes = 60'000;

std::string RenderMarkdown(const std::vector<ScenarioResult>& results);

}  // namespace heddle::reports

#endif  // HEDDLE_REPORTS_MARKDOWN_H_

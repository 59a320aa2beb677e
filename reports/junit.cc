#include "reports/junit.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "reports/json.h"
#include "reports/summary.h"
#include "reports/terminal.h"

namespace heddle::reports {
namespace {

// The number of bytes at `at` that form a character allowed in XML 1.0; 0 if there is none.
size_t CharacterAt(absl::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) {
    return first >= 0x20 || first == '\t' || first == '\n' ? 1 : 0;
  }
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4 || at + length > text.size()) return 0;
  uint32_t code = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(at + i) & 0x3Fu);
  }
  const bool shortest = code >= (length == 2 ? 0x80u : length == 3 ? 0x800u : 0x10000u);
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return shortest && !surrogate && code != 0xFFFE && code != 0xFFFF && code <= 0x10FFFF ? length
                                                                                        : 0;
}

std::string Escape(absl::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t length = CharacterAt(text, at);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++at;
      continue;
    }
    const absl::string_view character = text.substr(at, length);
    if (character == "<") {
      out += "&lt;";
    } else if (character == ">") {
      out += "&gt;";
    } else if (character == "&") {
      out += "&amp;";
    } else if (character == "\"") {
      out += "&quot;";
    } else if (character == "\n") {
      out += "&#10;";  // attributes would lose it
    } else {
      absl::StrAppend(&out, character);
    }
    at += length;
  }
  return out;
}

std::string Time(std::chrono::nanoseconds duration) {
  return absl::StrFormat("%.3f", std::chrono::duration<double>(duration).count());
}

std::string CaseName(const ScenarioResult& scenario, const CellResult& cell) {
  return absl::StrCat(DispatcherName(scenario, cell), " ", Name(cell.flavour));
}

void AddCase(const ScenarioResult& scenario, const CellResult& cell, std::string* out) {
  absl::StrAppend(out, "    <testcase classname=\"", Escape(scenario.name), "\" name=\"",
                  Escape(CaseName(scenario, cell)), "\" time=\"", Time(cell.duration), "\"");
  if (cell.met) {
    absl::StrAppend(out, "/>\n");
    return;
  }
  absl::StrAppend(out, ">\n");
  if (scenario.interrupted && cell.reason.empty()) {
    absl::StrAppend(out, "      <skipped message=\"interrupted\"/>\n");
  } else {
    std::string text;
    absl::string_view type = "expectation";
    for (const Finding& finding : cell.findings) {
      if (finding.status != FindingStatus::kUnexpected) continue;
      if (text.empty()) type = Name(finding.kind);
      absl::StrAppend(&text, RenderFinding(finding, {}));
      absl::StrAppend(&text, "run again: ", AgainCommand(scenario, cell, finding), "\n\n");
    }
    if (text.empty()) absl::StrAppend(&text, "run again: ", scenario.again, "\n");
    absl::StrAppend(out, "      <failure type=\"", type, "\" message=\"", Escape(cell.reason),
                    "\">", Escape(text), "</failure>\n");
  }
  absl::StrAppend(out, "    </testcase>\n");
}

}  // namespace

std::string RenderJUnit(const std::vector<ScenarioResult>& results) {
  std::string suites;
  size_t all = 0, all_failed = 0;
  std::chrono::nanoseconds duration{};
  for (const ScenarioResult& scenario : results) {
    std::string cases;
    size_t tests = scenario.cells.size(), failed = 0, skipped = 0;
    for (const CellResult& cell : scenario.cells) {
      const bool undecided = scenario.interrupted && cell.reason.empty();
      if (!cell.met) ++(undecided ? skipped : failed);
      AddCase(scenario, cell, &cases);
    }
    if (!scenario.environment.empty()) {
      ++tests;
      ++skipped;
      absl::StrAppend(&cases, "    <testcase classname=\"", Escape(scenario.name),
                      "\" name=\"environment\" time=\"0\">\n      <skipped message=\"",
                      Escape(scenario.environment), "\"/>\n    </testcase>\n");
    }
    absl::StrAppend(&suites, "  <testsuite name=\"", Escape(scenario.name), "\" tests=\"", tests,
                    "\" failures=\"", failed, "\" errors=\"0\" skipped=\"", skipped, "\" time=\"",
                    Time(scenario.duration), "\">\n", cases, "  </testsuite>\n");
    all += tests;
    all_failed += failed;
    duration += scenario.duration;
  }
  // No "skipped" here: Jenkins' schema (xunit-plugin, junit-10.xsd) allows it for suites only.
  return absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"heddle\" "
      "tests=\"",
      all, "\" failures=\"", all_failed, "\" errors=\"0\" time=\"", Time(duration), "\">\n", suites,
      "</testsuites>\n");
}

}  // namespace heddle::reports

#include "reports/html.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "reports/html_assets.h"
#include "reports/json.h"
#include "sim/stacks/frame.h"

namespace heddle::reports {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int kLinesAround = 3;
constexpr uintmax_t kMaxSourceBytes = 4 << 20;  // a longer file is generated: nobody reads it
constexpr size_t kMaxLineBytes = 400;
constexpr size_t kMaxPlaces = 20'000;

// The lines of source files that the page shows.
class Sources {
 public:
  void Add(const std::string& file, int line) {
    if (line <= 0 || !absl::StartsWith(file, "/") || places_ == kMaxPlaces) return;
    if (wanted_[file].insert(line).second) ++places_;
  }

  // {"file": {"12": "text"}}.
  ordered_json Read() const {
    ordered_json all = ordered_json::object();
    for (const auto& [file, lines] : wanted_) {
      std::error_code error;
      if (fs::file_size(file, error) > kMaxSourceBytes || error) continue;
      ordered_json texts = ReadLines(file, lines);
      if (!texts.empty()) all[file] = std::move(texts);
    }
    return all;
  }

  // What all files have in common: up to a slash; "" when it is only the root.
  std::string Root() const {
    if (wanted_.empty()) return "";
    // Of all names in order, the first and the last have least in common.
    const std::string& first = wanted_.begin()->first;
    const std::string& last = wanted_.rbegin()->first;
    const auto differ = std::mismatch(first.begin(), first.end(), last.begin(), last.end());
    const size_t slash = first.rfind('/', static_cast<size_t>(differ.first - first.begin()));
    return slash == std::string::npos || slash == 0 ? "" : first.substr(0, slash + 1);
  }

 private:
  static ordered_json ReadLines(const std::string& file, const std::set<int>& lines) {
    ordered_json texts = ordered_json::object();
    std::ifstream stream(file);
    std::string text;
    for (int number = 1; std::getline(stream, text); ++number) {
      const auto next = lines.lower_bound(number - kLinesAround);
      if (next == lines.end()) break;
      if (*next > number + kLinesAround) continue;
      if (absl::EndsWith(text, "\r")) text.pop_back();
      if (text.size() > kMaxLineBytes) text.resize(kMaxLineBytes);
      texts[absl::StrCat(number)] = text;
    }
    return texts;
  }

  std::map<std::string, std::set<int>> wanted_;
  size_t places_ = 0;
};

void AddPlaces(const Finding& finding, Sources* sources) {
  for (const sim::Stack& stack : finding.stacks) {
    for (const sim::Frame& frame : stack.frames) {
      if (frame.own) sources->Add(frame.file, frame.line);
    }
  }
}

void AddPlaces(const Timeline& timeline, Sources* sources) {
  for (const sim::Frame& frame : timeline.log.frames) {
    if (frame.own) sources->Add(frame.file, frame.line);
  }
  for (const auto& [dedup_key, cause] : timeline.causes) {
    for (const CauseEvent& event : cause.events) {
      for (const Frame& frame : event.frames) {
        if (frame.own) sources->Add(frame.file, frame.line);
      }
    }
  }
}

// As seen from the page: it still leads there when their folder has moved.
std::string LinkTo(const std::string& file, const std::string& page) {
  if (page.empty() || page == "-") return fs::path(file).filename().string();
  std::error_code error;
  const fs::path folder = fs::absolute(page, error).parent_path();
  const fs::path link = fs::absolute(file, error).lexically_relative(folder);
  return link.empty() ? fs::path(file).filename().string() : link.string();
}

}  // namespace

std::string RenderHtml(const std::vector<ScenarioResult>& results,
                       const std::map<std::string, Timeline>& timelines,
                       const PageOptions& options) {
  Sources sources;
  ordered_json causes = ordered_json::object();  // as known without a replay
  ordered_json files = ordered_json::object();   // links to the schedule files
  for (const ScenarioResult& scenario : results) {
    for (const CellResult& cell : scenario.cells) {
      for (const Finding& finding : cell.findings) {
        AddPlaces(finding, &sources);
        causes[finding.dedup_key] = RenderCause(CauseOf(finding));
        if (!finding.schedule.empty()) {
          files[finding.schedule] = LinkTo(finding.schedule, options.page);
        }
      }
    }
  }
  ordered_json drawn = ordered_json::object();
  for (const auto& [path, timeline] : timelines) {
    AddPlaces(timeline, &sources);
    drawn[path] = RenderTimeline(timeline);
  }
  const ordered_json data = {{"run", RenderJson(results)},  {"root", sources.Root()},
                             {"causes", std::move(causes)}, {"files", std::move(files)},
                             {"shrunk", options.shrunk},    {"timelines", std::move(drawn)},
                             {"sources", sources.Read()}};
  const std::string text = data.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  // Inside <script> only "</script" and "<!--" mean something, and both begin with this.
  std::string page = PageTemplate();
  const size_t at = page.find(kDataMark);
  return absl::StrCat(page.substr(0, at), absl::StrReplaceAll(text, {{"<", "\\u003c"}}),
                      page.substr(at + sizeof kDataMark - 1));
}

}  // namespace heddle::reports

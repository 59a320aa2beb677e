#include "sim/explore/rff_corpus.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "sim/json/document.h"
#include "sim/protocol/limits.h"
#include "sim/runtime/strategies/strategies.h"
#include "sim/schedule/whole_file.h"

namespace heddle::sim {
namespace {

constexpr char kFormat[] = "heddle-rff-corpus";
constexpr uint64_t kVersion = 1;

}  // namespace

std::string FormatCorpus(const RffCorpus& corpus) {
  nlohmann::ordered_json root;
  root["format"] = kFormat;
  root["version"] = kVersion;
  root["campaign"] = corpus.campaign;
  root["schedules"] = corpus.schedules;
  root["words"] = corpus.words;
  return absl::StrCat(root.dump(), "\n");
}

absl::StatusOr<RffCorpus> ParseCorpus(absl::string_view text, absl::string_view name,
                                      const StrategySpec& strategy) {
  absl::StatusOr<json::Document> document = json::Document::Parse(text, name);
  if (!document.ok()) return document.status();
  const json::Value root = document->root();
  if (root["format"].Text() != kFormat) {
    root["format"].Fail(absl::StrCat("expected \"", kFormat, "\""));
  }
  if (root["version"].Count() != kVersion) {
    root["version"].Fail(absl::StrCat("expected version ", kVersion));
  }
  RffCorpus corpus;
  corpus.campaign = root["campaign"].Text();
  corpus.schedules = root["schedules"].Count();
  const std::vector<json::Value> words = root["words"].List();
  if (words.size() > kMaxLearntWords) {
    root["words"].Fail(absl::StrCat("expected at most ", kMaxLearntWords, " of them"));
  }
  corpus.words.reserve(words.size());
  for (const json::Value& word : words) corpus.words.push_back(word.Count());
  if (!document->status().ok()) return document->status();
  const char* error = nullptr;
  const std::unique_ptr<Strategy> reader =
      MakeStrategy(strategy.name.view(), strategy.parameters.view(), &error);
  if (reader == nullptr) return absl::InvalidArgumentError(error);
  if (!reader->TakeUp(corpus.words)) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": words: expected what rff has written; remove the file to begin anew"));
  }
  return corpus;
}

absl::Status WriteCorpus(const RffCorpus& corpus, const std::string& path) {
  return WriteWholeFile(FormatCorpus(corpus), path);
}

absl::StatusOr<RffCorpus> ReadCorpus(const std::string& path, const StrategySpec& strategy) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return RffCorpus();
  if (!std::filesystem::is_regular_file(status)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": expected a file"));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("reading ", path));
  if (static_cast<uint64_t>(file.tellg()) > kMaxCorpusBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": more than ", kMaxCorpusBytes, " bytes; no corpus is that long"));
  }
  file.seekg(0);
  std::ostringstream text;
  text << file.rdbuf();
  return ParseCorpus(text.str(), path, strategy);
}

}  // namespace heddle::sim

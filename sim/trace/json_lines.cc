#include "sim/trace/json_lines.h"

namespace heddle::trace {

static_assert(LineReader::kPadding >= simdjson::SIMDJSON_PADDING);

absl::StatusOr<std::unique_ptr<JsonLines>> JsonLines::Open(const std::string& path) {
  absl::StatusOr<std::unique_ptr<LineReader>> lines = LineReader::Open(path);
  if (!lines.ok()) return lines.status();
  return std::unique_ptr<JsonLines>(new JsonLines(*std::move(lines)));
}

absl::StatusOr<bool> JsonLines::Next(simdjson::dom::element* value) {
  absl::string_view line;
  absl::StatusOr<bool> more = lines_->Next(&line);
  if (!more.ok() || !*more) return more;
  const simdjson::error_code error =
      parser_.parse(line.data(), line.size(), /*realloc_if_needed=*/false).get(*value);
  if (error == simdjson::SUCCESS) return true;
  if (line.empty()) return lines_->Error("empty line, expected a JSON object");
  return lines_->Error(
      absl::StrCat(lines_->ends_without_newline()
                       ? "the file is cut off inside this line, expected a JSON object"
                       : "not valid JSON",
                   " (", simdjson::error_message(error), ")"));
}

}  // namespace heddle::trace

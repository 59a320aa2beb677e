// A file of JSON Lines, line by line. Internal to sim/trace.
#ifndef HEDDLE_SIM_TRACE_JSON_LINES_H_
#define HEDDLE_SIM_TRACE_JSON_LINES_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "sim/trace/line_reader.h"
#include "simdjson.h"

namespace heddle::trace {

class JsonLines {
 public:
  static absl::StatusOr<std::unique_ptr<JsonLines>> Open(const std::string& path);

  // The next line's value, valid until the next call; false at the end of the file.
  absl::StatusOr<bool> Next(simdjson::dom::element* value);

  const LineReader& lines() const { return *lines_; }

  // `status` with "path:line: " of the current line in front.
  absl::Status Locate(const absl::Status& status) const { return lines_->Error(status.message()); }

 private:
  explicit JsonLines(std::unique_ptr<LineReader> lines) : lines_(std::move(lines)) {}

  std::unique_ptr<LineReader> lines_;
  simdjson::dom::parser parser_;
};

}  // namespace heddle::trace

#endif  // HEDDLE_SIM_TRACE_JSON_LINES_H_

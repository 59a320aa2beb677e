// Lines of a text file, plain or zstd-compressed, with bounded memory and errors that name the
// line.
#ifndef HEDDLE_SIM_TRACE_LINE_READER_H_
#define HEDDLE_SIM_TRACE_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace heddle::trace {

// A stream of bytes.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills the front of `out` (not empty) and returns how many bytes; 0 at the end of a whole file.
  virtual absl::StatusOr<size_t> Read(absl::Span<char> out) = 0;
};

// Opens `path`, and decompresses it when its name ends in ".zst".
absl::StatusOr<std::unique_ptr<ByteSource>> OpenByteSource(const std::string& path);

class LineReader {
 public:
  // How many bytes after a line may be read (not written): what simdjson asks of its input.
  static constexpr size_t kPadding = 64;

  static absl::StatusOr<std::unique_ptr<LineReader>> Open(const std::string& path);

  // The next line, without its newline; valid until the next call. False at the end of the file.
  // A line longer than kMaxLineBytes, a read error and damaged compression are errors.
  absl::StatusOr<bool> Next(absl::string_view* line);

  // Of the line that Next() gave last, counted from 1.
  uint64_t line_number() const { return line_number_; }
  // That line had no newline: the file ends with it.
  bool ends_without_newline() const { return ends_without_newline_; }
  uint64_t bytes_read() const { return bytes_read_; }

  // InvalidArgument: "path:line: <what>".
  absl::Status Error(absl::string_view what) const;

 private:
  LineReader(std::string path, std::unique_ptr<ByteSource> source);
  // Reads more bytes behind end_; false at the end of the file.
  absl::StatusOr<bool> Fill();

  std::string path_;
  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  size_t begin_ = 0;  // of the bytes not given out yet
  size_t end_ = 0;
  uint64_t line_number_ = 0;
  uint64_t bytes_read_ = 0;
  bool ends_without_newline_ = false;
};

}  // namespace heddle::trace

#endif  // HEDDLE_SIM_TRACE_LINE_READER_H_

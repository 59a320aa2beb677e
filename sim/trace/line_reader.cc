#include "sim/trace/line_reader.h"

#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sim/trace/trace.h"

namespace heddle::trace {
namespace {

constexpr size_t kReadSize = 128 << 10;

// The largest window a compressed file may ask for: what zstd itself accepts by default, and so the
// most memory (128 MiB) that decompression takes.
constexpr int kMaxWindowLog = 27;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FilePointer = std::unique_ptr<std::FILE, FileCloser>;

class FileSource : public ByteSource {
 public:
  explicit FileSource(FilePointer file) : file_(std::move(file)) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    const size_t n = std::fread(out.data(), 1, out.size(), file_.get());
    if (n == 0 && std::ferror(file_.get()) != 0) return absl::ErrnoToStatus(errno, "read");
    return n;
  }

 private:
  FilePointer file_;
};

struct ContextFree {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdSource : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> compressed)
      : compressed_(std::move(compressed)), context_(ZSTD_createDCtx()), buffer_(kReadSize) {
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  }

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    ZSTD_outBuffer output = {out.data(), out.size(), 0};
    while (output.pos == 0) {
      // With input used up there may still be output inside the context: ask for that first.
      if (input_.pos == input_.size && !pending_output_) {
        const absl::StatusOr<size_t> n = compressed_->Read(absl::MakeSpan(buffer_));
        if (!n.ok()) return n.status();
        if (*n == 0) return AtEnd();
        input_ = {buffer_.data(), *n, 0};
      }
      hint_ = ZSTD_decompressStream(context_.get(), &output, &input_);
      if (ZSTD_isError(hint_) != 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("damaged zstd data: ", ZSTD_getErrorName(hint_)));
      }
      pending_output_ = output.pos == output.size;
      any_frame_ = true;
    }
    return output.pos;
  }

 private:
  absl::StatusOr<size_t> AtEnd() const {
    if (!any_frame_) return absl::InvalidArgumentError("empty file, expected zstd data");
    if (hint_ != 0) return absl::InvalidArgumentError("the zstd data is cut off");
    return 0;
  }

  std::unique_ptr<ByteSource> compressed_;
  std::unique_ptr<ZSTD_DCtx, ContextFree> context_;
  std::vector<char> buffer_;
  ZSTD_inBuffer input_ = {nullptr, 0, 0};
  size_t hint_ = 0;  // 0 when the last frame is complete
  bool pending_output_ = false;
  bool any_frame_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenByteSource(const std::string& path) {
  FilePointer file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return absl::ErrnoToStatus(errno, path);
  auto source = std::make_unique<FileSource>(std::move(file));
  if (!absl::EndsWith(path, ".zst")) return source;
  return std::make_unique<ZstdSource>(std::move(source));
}

LineReader::LineReader(std::string path, std::unique_ptr<ByteSource> source)
    : path_(std::move(path)), source_(std::move(source)), buffer_(kReadSize + kPadding) {}

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(const std::string& path) {
  absl::StatusOr<std::unique_ptr<ByteSource>> source = OpenByteSource(path);
  if (!source.ok()) return source.status();
  return std::unique_ptr<LineReader>(new LineReader(path, *std::move(source)));
}

absl::Status LineReader::Error(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(path_, ":", line_number_, ": ", what));
}

absl::StatusOr<bool> LineReader::Fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const size_t capacity = buffer_.size() - kPadding;
  if (capacity - end_ < kReadSize / 2) buffer_.resize(2 * capacity + kPadding);
  const absl::StatusOr<size_t> n =
      source_->Read(absl::MakeSpan(buffer_).subspan(end_, buffer_.size() - kPadding - end_));
  if (!n.ok()) return n.status();
  end_ += *n;
  bytes_read_ += *n;
  return *n > 0;
}

absl::StatusOr<bool> LineReader::Next(absl::string_view* line) {
  ++line_number_;
  ends_without_newline_ = false;
  size_t searched = 0;  // bytes from begin_ on that hold no newline
  while (true) {
    const char* from = buffer_.data() + begin_;
    const size_t size = end_ - begin_;
    const void* newline = std::memchr(from + searched, '\n', size - searched);
    const size_t length =
        newline != nullptr ? static_cast<size_t>(static_cast<const char*>(newline) - from) : size;
    if (length > kMaxLineBytes) {
      return Error(absl::StrCat("line is longer than ", kMaxLineBytes, " bytes"));
    }
    if (newline != nullptr) {
      *line = {from, length};
      begin_ += length + 1;
      return true;
    }
    searched = size;
    const absl::StatusOr<bool> more = Fill();
    if (!more.ok()) return Error(more.status().message());
    if (*more) continue;
    if (size == 0) return false;
    *line = {buffer_.data() + begin_, size};
    begin_ = end_;
    ends_without_newline_ = true;
    return true;
  }
}

}  // namespace heddle::trace

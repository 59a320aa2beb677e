#include "sim/trace/byte_sink.h"

#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace heddle::trace {
namespace {

// Traces are written once and kept: a 3 MB trace shrinks to a tenth in about 0.1 s at this level.
constexpr int kCompressionLevel = 9;

class FileSink : public ByteSink {
 public:
  FileSink(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  ~FileSink() override {
    if (file_ != nullptr) std::fclose(file_);
  }

  absl::Status Write(absl::string_view bytes) override {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return absl::OkStatus();
    return absl::ErrnoToStatus(errno, path_);
  }

  absl::Status Close() override {
    if (std::fclose(std::exchange(file_, nullptr)) == 0) return absl::OkStatus();
    return absl::ErrnoToStatus(errno, path_);
  }

 private:
  std::string path_;
  std::FILE* file_;
};

struct ContextFree {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

class ZstdSink : public ByteSink {
 public:
  explicit ZstdSink(std::unique_ptr<ByteSink> file)
      : file_(std::move(file)), context_(ZSTD_createCCtx()), buffer_(ZSTD_CStreamOutSize()) {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kCompressionLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  absl::Status Write(absl::string_view bytes) override { return Compress(bytes, ZSTD_e_continue); }

  absl::Status Close() override {
    if (absl::Status status = Compress("", ZSTD_e_end); !status.ok()) return status;
    return file_->Close();
  }

 private:
  absl::Status Compress(absl::string_view bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer input = {bytes.data(), bytes.size(), 0};
    while (true) {
      ZSTD_outBuffer output = {buffer_.data(), buffer_.size(), 0};
      const size_t left = ZSTD_compressStream2(context_.get(), &output, &input, directive);
      if (ZSTD_isError(left) != 0) {
        return absl::InternalError(absl::StrCat("zstd: ", ZSTD_getErrorName(left)));
      }
      if (absl::Status status = file_->Write({buffer_.data(), output.pos}); !status.ok()) {
        return status;
      }
      const bool done = directive == ZSTD_e_end ? left == 0 : input.pos == input.size;
      if (done) return absl::OkStatus();
    }
  }

  std::unique_ptr<ByteSink> file_;
  std::unique_ptr<ZSTD_CCtx, ContextFree> context_;
  std::vector<char> buffer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSink>> OpenByteSink(const std::string& path, bool compress) {
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return absl::ErrnoToStatus(errno, path);
  auto sink = std::make_unique<FileSink>(path, file);
  if (!compress) return sink;
  return std::make_unique<ZstdSink>(std::move(sink));
}

}  // namespace heddle::trace

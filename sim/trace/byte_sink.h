// A file being written, plain or zstd-compressed. Internal to sim/trace.
#ifndef HEDDLE_SIM_TRACE_BYTE_SINK_H_
#define HEDDLE_SIM_TRACE_BYTE_SINK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace heddle::trace {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual absl::Status Write(absl::string_view bytes) = 0;
  // Writes out what is buffered and closes the file; nothing may follow.
  virtual absl::Status Close() = 0;
};

// Creates `path`, compressing with zstd when `compress`. It is overwritten when it exists.
absl::StatusOr<std::unique_ptr<ByteSink>> OpenByteSink(const std::string& path, bool compress);

}  // namespace heddle::trace

#endif  // HEDDLE_SIM_TRACE_BYTE_SINK_H_

// Readers of lines of JSON.
#include <memory>

#include "harness/fuzz/targets.h"
#include "harness/host/result_reader.h"
#include "sim/trace/trace.h"

namespace heddle::fuzz {
namespace {

// A small file can expand to many lines.
constexpr size_t kMaxEvents = 1000;
constexpr size_t kMaxPayload = size_t{64} << 20;

void ReadAsTrace(const std::string& path) {
  const absl::StatusOr<trace::Trace> trace = trace::ReadTrace(path, kMaxEvents, kMaxPayload);
  if (!trace.ok()) return;
  int64_t before = 0;
  for (const trace::Event& event : trace->events) {
    Require(&event == &trace->events.front() || event.time_ns >= before, "time does not go back");
    before = event.time_ns;
  }
}

}  // namespace

void TraceJson(Input input) { ReadAsTrace(FileWith(input, ".jsonl")); }

void TraceZstd(Input input) { ReadAsTrace(FileWith(input, ".jsonl.zst")); }

void HostResult(Input input) {
  const std::string path = FileWith(input, ".result.jsonl");
  absl::StatusOr<std::unique_ptr<harness::ResultReader>> reader = harness::ResultReader::Open(path);
  if (!reader.ok()) return;
  harness::HostLine line;
  for (;;) {
    const absl::StatusOr<bool> more = (*reader)->Next(&line);
    if (!more.ok() || !*more) break;
  }
  reader = harness::ResultReader::Open(path);
  if (reader.ok()) (*reader)->Last(&line).status().IgnoreError();
}

}  // namespace heddle::fuzz

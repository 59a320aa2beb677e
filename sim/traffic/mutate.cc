#include "sim/traffic/mutate.h"

#include <memory>
#include <utility>

#include "sim/trace/trace.h"

namespace heddle::traffic {

absl::StatusOr<MutateSummary> MutateTrace(const std::string& from, const std::string& to,
                                          const MutateOptions& options) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<trace::TraceReader>> reader = trace::TraceReader::Open(from);
  if (!reader.ok()) return reader.status();
  trace::Header header = (*reader)->header();
  header.observer_final.reset();  // no longer true
  absl::StatusOr<std::unique_ptr<trace::TraceWriter>> writer =
      trace::TraceWriter::Create(to, header);
  if (!writer.ok()) return writer.status();
  FaultyNetwork network(options,
                        [&](const trace::Event& event) { return (*writer)->Write(event); });
  MutateSummary summary;
  trace::Event event;
  for (;;) {
    const absl::StatusOr<bool> more = (*reader)->Next(&event);
    if (!more.ok()) return more.status();
    if (!*more) break;
    ++summary.read;
    if (absl::Status status = network.Take(event); !status.ok()) return status;
  }
  if (absl::Status status = network.Finish(); !status.ok()) return status;
  static_cast<NetworkFaultCounts&>(summary) = network.counts();
  summary.written = network.arrived();
  if (absl::Status status = (*writer)->Close(); !status.ok()) return status;
  return summary;
}

}  // namespace heddle::traffic

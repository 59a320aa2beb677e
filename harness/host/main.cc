// heddle-host REQUEST.json RESULT.jsonl: one run of one trace through one host.
//
// Exit status: see request.h. A message is on standard error.
//
// Started by a supervisor (sim/supervisor/supervisor.h, StartAt::kCheckpoint), what follows the
// warm-up is one controlled execution, repeated as often as the supervisor asks.
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "harness/host/request.h"
#include "harness/host/run.h"
#include "sim/producer/producer.h"
#if defined(HEDDLE_RUST_PRODUCER)
#include "sim/producer/rust_network.h"
#endif
#include "sim/runtime/runtime.h"
#include "sim/trace/trace.h"

namespace heddle::host {
namespace {

#if defined(HEDDLE_RUST_PRODUCER)  // heddle-host-rust
constexpr producer::StartNetwork kNetwork = producer::StartRustNetwork;
#else
constexpr producer::StartNetwork kNetwork = nullptr;
#endif

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "heddle-host: %s\n", std::string(status.message()).c_str());
  const bool cannot_run = absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
                          absl::IsPermissionDenied(status);
  return cannot_run ? kCannotRunExitStatus : kBadRequestExitStatus;
}

int Main(const std::string& request_path, const std::string& result_path) {
  // What is not the host's own meets no faults; run.cc and the producer say what is.
  const sim::FaultScope none(false);
  absl::StatusOr<Request> request = ReadRequest(request_path);
  if (!request.ok()) return Fail(request.status());
  // Never destroyed: each forked execution would spend longer on that than on its own work.
  static auto& trace = *new absl::StatusOr<trace::Trace>(trace::ReadTrace(request->trace));
  if (!trace.ok()) return Fail(trace.status());
  traffic::ApplyNetworkFaults(request->faults, &*trace, &request->window);
  const absl::StatusOr<std::unique_ptr<Run>> run =
      Run::Create(*request, *trace, result_path, kNetwork);
  if (!run.ok()) return Fail(run.status());
  // Under a supervisor, here the process is forked for each execution.
  sim::Checkpoint();
  const absl::Status status = (*run)->Execute();
  return status.ok() ? 0 : Fail(status);
}

}  // namespace
}  // namespace heddle::host

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: heddle-host REQUEST.json RESULT.jsonl\n");
    return heddle::host::kBadRequestExitStatus;
  }
  return heddle::host::Main(argv[1], argv[2]);
}

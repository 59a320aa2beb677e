#include "harness/host/recorder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "harness/host/result.h"
#include "sim/runtime/runtime.h"
#include "src/chain/snapshot.h"
#include "src/node/check.h"

namespace heddle::host {
namespace {

std::atomic<uint64_t> generations{0};

// A thread's own way into the result file. Threads outlive recorders when they are used again, so a
// stream knows whose it is.
struct Stream {
  ~Stream() { Close(); }
  void Close() {
    if (descriptor >= 0) close(descriptor);
    descriptor = -1;
  }

  uint64_t generation = 0;
  int descriptor = -1;
  std::string line;
};
thread_local Stream stream;

// The formatting below appends to the thread's line, which keeps its capacity: in the steady state
// recording allocates nothing.

// By words: byte by byte, instrumented, it takes a tenth of an execution.
void AppendHex(std::string* line, const uint8_t* bytes, size_t size) {
  line->append("\"0x");
  size_t at = 0;
  for (uint64_t word; at + sizeof word <= size; at += sizeof word) {
    std::memcpy(&word, bytes + at, sizeof word);
    absl::StrAppend(line, absl::Hex(__builtin_bswap64(word), absl::kZeroPad16));
  }
  for (; at < size; ++at) absl::StrAppend(line, absl::Hex(bytes[at], absl::kZeroPad2));
  line->push_back('"');
}

void AppendRoot(std::string* line, const chain::Root& root) {
  AppendHex(line, root.data(), root.size());
}

// Calls append(element) for each, with commas between them, in brackets.
template <typename Elements, typename Append>
void AppendList(std::string* line, const Elements& elements, Append append) {
  line->push_back('[');
  bool first = true;
  for (const auto& element : elements) {
    if (!first) line->push_back(',');
    first = false;
    append(element);
  }
  line->push_back(']');
}

// The names are ours and need no escape.
void AppendCounters(std::string* line, const Counters& counters) {
  line->push_back('{');
  for (const auto& [name, value] : counters) {
    if (line->back() != '{') line->push_back(',');
    absl::StrAppend(line, "\"", name, "\":", value);
  }
  line->push_back('}');
}

void AppendNumbers(std::string* line, const std::vector<chain::ValidatorIndex>& numbers) {
  AppendList(line, numbers, [&](uint64_t number) { absl::StrAppend(line, number); });
}

void AppendCheckpoint(std::string* line, absl::string_view name,
                      const chain::Checkpoint& checkpoint) {
  absl::StrAppend(line, ",\"", name, "\":{\"root\":");
  AppendRoot(line, checkpoint.root);
  absl::StrAppend(line, ",\"slot\":", checkpoint.slot, "}");
}

void AppendPool(std::string* line, absl::string_view name,
                const std::vector<chain::AggregatedPoolSnapshot>& pool) {
  absl::StrAppend(line, ",\"", name, "\":");
  AppendList(line, pool, [&](const chain::AggregatedPoolSnapshot& entry) {
    line->append("{\"data_root\":");
    AppendRoot(line, entry.data_root);
    line->append(",\"participant_sets\":");
    AppendList(line, entry.participant_sets,
               [&](const auto& participants) { AppendNumbers(line, participants); });
    line->push_back('}');
  });
}

// The snapshot as expectations have it.
void AppendSnapshot(std::string* line, const chain::Snapshot& snapshot) {
  absl::StrAppend(line, "{\"time\":", snapshot.time, ",\"head_root\":");
  AppendRoot(line, snapshot.head_root);
  line->append(",\"safe_target_root\":");
  AppendRoot(line, snapshot.safe_target_root);
  AppendCheckpoint(line, "latest_justified", snapshot.latest_justified);
  AppendCheckpoint(line, "latest_finalized", snapshot.latest_finalized);
  line->append(",\"block_roots\":");
  AppendList(line, snapshot.block_roots, [&](const chain::Root& root) { AppendRoot(line, root); });
  line->append(",\"block_weights\":");
  AppendList(line, snapshot.block_weights, [&](const chain::BlockWeight& block) {
    line->append("{\"root\":");
    AppendRoot(line, block.root);
    absl::StrAppend(line, ",\"weight\":", block.weight, "}");
  });
  line->append(",\"attestation_signatures\":");
  AppendList(line, snapshot.attestation_signatures, [&](const chain::SignaturePoolSnapshot& entry) {
    line->append("{\"data_root\":");
    AppendRoot(line, entry.data_root);
    line->append(",\"validator_indices\":");
    AppendNumbers(line, entry.validator_indices);
    line->push_back('}');
  });
  AppendPool(line, "new_aggregated_payloads", snapshot.new_aggregated_payloads);
  AppendPool(line, "known_aggregated_payloads", snapshot.known_aggregated_payloads);
  line->push_back('}');
}

void AppendOutcome(std::string* line, const heddle_outcome& outcome) {
  switch (outcome.kind) {
    case HEDDLE_OUTCOME_NONE:
      line->append("\"none\"");
      return;
    case HEDDLE_OUTCOME_ACCEPTED:
      line->append("\"accepted\"");
      return;
    case HEDDLE_OUTCOME_DUPLICATE:
      line->append("\"duplicate\"");
      return;
    case HEDDLE_OUTCOME_PENDING:
      line->append("\"pending\"");
      return;
    case HEDDLE_OUTCOME_UNDECODABLE:
      line->append("\"undecodable\"");
      return;
    case HEDDLE_OUTCOME_REJECTED:
      absl::StrAppend(line, "\"rejected:", outcome.reason, "\"");
      return;
    case HEDDLE_OUTCOME_RPC_ERROR:
      absl::StrAppend(line, "\"rpc_error:", outcome.rpc_code, "\"");
      return;
  }
  HEDDLE_CHECK(false);  // the host and this recorder are built from one header
}

}  // namespace

Recorder::Recorder(std::string path, bool snapshots)
    : path_(std::move(path)),
      snapshots_(snapshots),
      generation_(generations.fetch_add(1, std::memory_order_relaxed) + 1) {}

heddle_observer Recorder::Observer() {
  heddle_observer observer{};
  observer.context = this;
  observer.applied = [](void* context, const heddle_application* application) {
    const sim::FaultScope none(false);
    static_cast<Recorder*>(context)->Applied(*application);
  };
  observer.ticked = [](void* context, uint64_t interval) {
    const sim::FaultScope none(false);
    static_cast<Recorder*>(context)->Ticked(interval);
  };
  return observer;
}

void Recorder::Begin(const Request& request) {
  // What an earlier process left there (a fork server that was started anew) is no part of this.
  if (truncate(path_.c_str(), 0) != 0 && errno != ENOENT) {
    error_.store(errno, std::memory_order_relaxed);
  }
  const absl::StatusOr<std::string> asked = FormatRequest(request);
  absl::StrAppend(&Line(), "{\"at\":\"begin\",\"format\":\"", kResultFormat,
                  "\",\"version\":", kResultVersion, ",\"request\":", asked.ok() ? *asked : "null",
                  "}");
  Write();
  // The request names files: were their paths to decide how large the buffer is, an execution would
  // allocate more or less often where the same schedule lies in another folder.
  std::string().swap(stream.line);
}

void Recorder::Mark() {
  struct stat file;
  if (stat(path_.c_str(), &file) != 0) error_.store(errno, std::memory_order_relaxed);
  marked_bytes_ = file.st_size;
}

void Recorder::Rewind() {
  if (truncate(path_.c_str(), marked_bytes_) != 0) {
    error_.store(errno, std::memory_order_relaxed);
  }
}

void Recorder::Applied(const heddle_application& application) {
  const trace::Event& event = event_of_(application.instance, application.sequence);
  const uint64_t before = before_.empty() ? 0 : before_[application.instance];
  std::string& line = Line();
  absl::StrAppend(&line, "{\"at\":\"event\",\"instance\":", application.instance,
                  ",\"sequence\":", before + application.sequence, ",\"index\":", event.index,
                  ",\"kind\":\"", trace::KindName(event.kind), "\",\"outcome\":");
  AppendOutcome(&line, application.outcome);
  line.append(",\"head\":");
  AppendHex(&line, application.head, sizeof(application.head));
  absl::StrAppend(&line, ",\"justified_slot\":", application.justified_slot,
                  ",\"finalized_slot\":", application.finalized_slot);
  if (application.released_count > 0) {
    line.append(",\"released\":");
    AppendList(&line, absl::MakeConstSpan(application.released, application.released_count),
               [&](const heddle_release& release) {
                 line.append("{\"block\":");
                 AppendHex(&line, release.block, sizeof(release.block));
                 line.append(",\"outcome\":");
                 AppendOutcome(&line, release.outcome);
                 line.push_back('}');
               });
  }
  line.push_back('}');
  Write();
}

void Recorder::Ticked(uint64_t interval) {
  std::string& line = Line();
  absl::StrAppend(&line, "{\"at\":\"tick\",\"interval\":", interval);
  if (snapshots_) {
    line.append(",\"snapshot\":");
    AppendSnapshot(&line, node_->store().TakeSnapshot());
  }
  line.push_back('}');
  Write();
}

void Recorder::Refused(uint32_t instance, uint64_t index, heddle_status status) {
  absl::StrAppend(&Line(), "{\"at\":\"refused\",\"instance\":", instance, ",\"index\":", index,
                  ",\"code\":\"", heddle_status_name(status), "\"}");
  Write();
}

void Recorder::Failed(heddle_status status, const std::vector<Counters>& instances) {
  std::string& line = Line();
  absl::StrAppend(&line, "{\"at\":\"failed\",\"status\":\"", heddle_status_name(status),
                  "\",\"counters\":{\"instances\":");
  AppendList(&line, absl::MakeConstSpan(instances),
             [&](const Counters& each) { AppendCounters(&line, each); });
  line.append("}}");
  Write();
}

void Recorder::End(const node::Node& node, const std::vector<Counters>& instances) {
  Counters counters;
  node.counters().ForEach(
      [&](absl::string_view name, uint64_t value) { counters[std::string(name)] = value; });
  std::string& line = Line();
  absl::StrAppend(&line, "{\"at\":\"end\",\"interval\":", node.store().time(),
                  ",\"pending_blocks\":", node.waiting_blocks(),
                  ",\"pending_attestations\":", node.waiting_attestations(),
                  ",\"pending_aggregates\":", node.waiting_aggregates(), ",\"snapshot\":");
  AppendSnapshot(&line, node.store().TakeSnapshot());
  line.append(",\"counters\":{\"instances\":");
  AppendList(&line, absl::MakeConstSpan(instances),
             [&](const Counters& each) { AppendCounters(&line, each); });
  line.append(",\"node\":");
  AppendCounters(&line, counters);
  line.append("}}");
  Write();
}

absl::Status Recorder::status() const {
  const int error = error_.load(std::memory_order_relaxed);
  if (error == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(error, absl::StrCat(path_, ": cannot be written"));
}

std::string& Recorder::Line() {
  if (stream.generation != generation_) {
    stream.Close();
    stream.generation = generation_;
    stream.descriptor = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (stream.descriptor < 0) error_.store(errno, std::memory_order_relaxed);
  }
  stream.line.clear();
  return stream.line;
}

void Recorder::Write() {
  stream.line.push_back('\n');
  const std::string& line = stream.line;
  ssize_t written;
  do {
    written = write(stream.descriptor, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) {
    error_.store(errno, std::memory_order_relaxed);
  } else if (static_cast<size_t>(written) != line.size()) {
    error_.store(ENOSPC, std::memory_order_relaxed);
  }
}

}  // namespace heddle::host

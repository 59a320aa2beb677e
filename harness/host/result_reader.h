// Reads RESULT.jsonl, what a host process reports (harness/host/result.h), line by line.
#ifndef HEDDLE_HARNESS_HOST_RESULT_READER_H_
#define HEDDLE_HARNESS_HOST_RESULT_READER_H_

#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sim/trace/observation.h"

namespace heddle::harness {

// The canonical observables of a store, roots as text: as expectations and results have them.
using Snapshot = trace::ObservedSnapshot;

// One callback was applied.
struct Applied {
  uint32_t instance = 0;
  uint64_t sequence = 0;  // which of the instance's taken callbacks, from 0
  std::string kind;       // of the trace's event: "gossip", "rpc_response", ...
  trace::ObservedEvent event;

  // The event carried nothing for the chain.
  bool concerns_chain() const { return event.outcome != "none"; }
};

struct Ticked {
  uint64_t interval = 0;
  std::optional<Snapshot> snapshot;
};

// A callback was answered with a final refusal.
struct Refused {
  uint32_t instance = 0;
  uint64_t index = 0;  // of the trace's event
  std::string code;    // "stopped", "too_large", ...
};

struct Ended {
  trace::ObservedEnd state;
  std::map<std::string, uint64_t> node_counters;
  std::vector<std::map<std::string, uint64_t>> instance_counters;

  // The sum over all instances; 0 for a name that is not counted.
  uint64_t Count(const std::string& name) const;
};

// The host stopped for want of what the system would not give, which its run was there to see.
struct Failed {
  std::string status;  // "no_memory", "system"
  std::vector<std::map<std::string, uint64_t>> instance_counters;
};

struct HostLine {
  using What = std::variant<Applied, Ticked, Refused, Ended, Failed>;

  uint64_t line = 0;  // in the file, from 1
  What what;
};

// Lines that were read before, by their text: schedules of one scenario have nearly all of theirs
// in common, above all the long ones with snapshots. For one thread at a time.
class KnownLines {
 public:
  // Null if it is not known. Good until the next Add().
  const HostLine::What* Find(const std::string& text) const;
  // Forgets all others first when they have become too many.
  void Add(const std::string& text, const HostLine::What& what);

 private:
  // Of text. What is made of it is about as large.
  static constexpr size_t kMostBytes = 16 << 20;
  std::unordered_map<std::string, HostLine::What> lines_;
  size_t bytes_ = 0;
};

class ResultReader {
 public:
  // `known`, if there is any, outlives the reader.
  static absl::StatusOr<std::unique_ptr<ResultReader>> Open(const std::string& path,
                                                            KnownLines* known = nullptr);

  // Overwrites `*line` and returns true; false at the end of the file. A last line without its
  // newline is what a crash leaves: it is passed over. InvalidArgument "FILE:LINE: ..." for
  // anything that is no result.
  absl::StatusOr<bool> Next(HostLine* line);

  // As Next(), for the file's last line; those before it are not looked at.
  absl::StatusOr<bool> Last(HostLine* line);

  // The "end" (or "failed") line was read: the run came to its end.
  bool complete() const { return complete_; }

 private:
  ResultReader(std::string path, std::ifstream stream, KnownLines* known)
      : path_(std::move(path)), stream_(std::move(stream)), known_(known) {}
  absl::Status Error(absl::string_view message) const;
  // The next line's text, without its newline; false at the end.
  bool ReadText();
  // What text_ says; nothing for the line that begins the result.
  absl::StatusOr<std::optional<HostLine::What>> Parse() const;
  // Puts what text_ says into `*line`, parsed or remembered; false for the line that begins.
  absl::StatusOr<bool> Take(HostLine* line);

  std::string path_;
  std::ifstream stream_;
  KnownLines* const known_;
  std::string text_;
  uint64_t line_ = 0;
  bool complete_ = false;
};

}  // namespace heddle::harness

#endif  // HEDDLE_HARNESS_HOST_RESULT_READER_H_

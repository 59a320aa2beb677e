// The campaign store: an SQLite file that remembers runs and what they found, so that a finding
// that is seen again is recognised.
//
//   runs       one row for each command: when, what, whether all was as expected
//   cells      what each scenario (or program), dispatcher and flavour of a run came to
//   findings   one row for each (subject, dedup key): first and last seen, how often, the finding
//   sightings  in which run, after how many schedules and about how many seconds
//
// A run is added in one transaction, or not at all: whoever is killed at any moment leaves a store
// that can be read and added to (write-ahead log). Processes may add at the same time; one waits
// for the other. One Store belongs to one thread.
//
// Errors: Unavailable when the file cannot be opened, written, or is locked for kBusySeconds;
// InvalidArgument when it is something else than a store of this version.
#ifndef HEDDLE_HARNESS_STORE_STORE_H_
#define HEDDLE_HARNESS_STORE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "reports/model/verdict.h"

struct sqlite3;

namespace heddle::store {

inline constexpr int kStoreVersion = 1;
inline constexpr int kBusySeconds = 60;
inline constexpr char kStoreFile[] = "store.sqlite";

struct Sighting {
  int64_t run = 0;
  std::string when;  // UTC, "2026-01-31T23:59:59Z"
  std::string command;
  std::string dispatcher, flavour;
  uint64_t nth = 0;      // the run or schedule in which it came first, from 1
  double seconds = 0;    // about how long that took: its share of the cell's time
  std::string schedule;  // the schedule file; "" when there was none
};

struct StoredFinding {
  int64_t id = 0;
  std::string subject;  // the scenario's or program's name
  std::string first_seen, last_seen;
  uint64_t runs = 0;           // in how many commands it came
  reports::Finding finding;    // as it was seen last
  std::vector<Sighting> seen;  // filled in by Find() only; the latest first
};

// What Add() made of one finding.
struct Recognised {
  int64_t id = 0;
  std::string dedup_key;
  bool is_new = false;
  std::string first_seen;
  uint64_t runs = 0;
};

class Store {
 public:
  // Makes the file when it is missing.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path);
  // NotFound when there is no file.
  static absl::StatusOr<std::unique_ptr<Store>> OpenExisting(const std::string& path);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Adds one command's results; `when` is UTC, as in Sighting. One entry for each finding.
  absl::StatusOr<std::vector<Recognised>> Add(const std::string& command, const std::string& when,
                                              const std::vector<reports::ScenarioResult>& results);

  // Takes over the runs of the store `path`, with what they found, as if they had been added here
  // first; those that are here already (same time, same command) are left out. NotFound when there
  // is no such store.
  absl::Status Import(const std::string& path);

  // All, the one that was seen last first.
  absl::StatusOr<std::vector<StoredFinding>> Findings();
  // Absent: no finding has that number.
  absl::StatusOr<std::optional<StoredFinding>> Find(int64_t id);

 private:
  explicit Store(sqlite3* database, std::string path)
      : database_(database), path_(std::move(path)) {}
  absl::Status Prepare();

  sqlite3* database_;
  std::string path_;
};

// Now, as Sighting::when has it.
std::string UtcNow();

}  // namespace heddle::store

#endif  // HEDDLE_HARNESS_STORE_STORE_H_

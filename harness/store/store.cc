#include "harness/store/store.h"

#include <sqlite3.h>

#include <ctime>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "harness/store/sqlite.h"
#include "nlohmann/json.hpp"
#include "reports/json.h"
#include "reports/result_file.h"
#include "reports/summary.h"

namespace heddle::store {
namespace {

using reports::CellResult;
using reports::Finding;
using reports::ScenarioResult;

constexpr char kSchema[] = R"(
CREATE TABLE runs (id INTEGER PRIMARY KEY, at TEXT NOT NULL, command TEXT NOT NULL,
                   met INTEGER NOT NULL);
CREATE TABLE cells (run INTEGER NOT NULL REFERENCES runs (id), subject TEXT NOT NULL,
                    path TEXT NOT NULL, dispatcher TEXT NOT NULL, flavour TEXT NOT NULL,
                    runs INTEGER NOT NULL, distinct_schedules INTEGER, distinct_orders INTEGER,
                    points INTEGER, seconds REAL NOT NULL, met INTEGER NOT NULL,
                    reason TEXT NOT NULL);
CREATE TABLE findings (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, signature TEXT NOT NULL,
                       kind TEXT NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
                       runs INTEGER NOT NULL, data TEXT NOT NULL, UNIQUE (subject, signature));
CREATE TABLE sightings (finding INTEGER NOT NULL REFERENCES findings (id),
                        run INTEGER NOT NULL REFERENCES runs (id), dispatcher TEXT NOT NULL,
                        flavour TEXT NOT NULL, nth INTEGER NOT NULL, seconds REAL NOT NULL,
                        schedule TEXT NOT NULL);
CREATE INDEX sightings_of ON sightings (finding);
)";

// Of the store that is attached as `earlier`: the runs that are not here get new numbers, those of
// findings follow from their keys.
constexpr char kImport[] = R"(
CREATE TEMP TABLE taken AS
  SELECT id AS theirs, id + (SELECT coalesce(max(id), 0) FROM main.runs) AS ours
  FROM earlier.runs AS run
  WHERE NOT EXISTS (SELECT 1 FROM main.runs WHERE at = run.at AND command = run.command);
INSERT INTO main.runs
  SELECT ours, at, command, met FROM earlier.runs JOIN taken ON theirs = id;
INSERT INTO main.cells
  SELECT ours, subject, path, dispatcher, flavour, runs, distinct_schedules, distinct_orders, points,
         seconds, met, reason
  FROM earlier.cells JOIN taken ON theirs = run;
INSERT INTO main.findings (subject, signature, kind, first_seen, last_seen, runs, data)
  SELECT subject, signature, kind, first_seen, last_seen, 0, data FROM earlier.findings WHERE true
  ON CONFLICT (subject, signature) DO UPDATE SET
    first_seen = min(first_seen, excluded.first_seen),
    data = CASE WHEN excluded.last_seen > last_seen THEN excluded.data ELSE data END,
    last_seen = max(last_seen, excluded.last_seen);
INSERT INTO main.sightings
  SELECT here.id, ours, dispatcher, flavour, nth, seconds, schedule
  FROM earlier.sightings AS sighting JOIN taken ON theirs = sighting.run
  JOIN earlier.findings AS there ON there.id = sighting.finding
  JOIN main.findings AS here
    ON here.subject = there.subject AND here.signature = there.signature;
UPDATE main.findings SET
  runs = (SELECT count(DISTINCT run) FROM main.sightings WHERE finding = findings.id);
DROP TABLE temp.taken;
)";

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string ToText(const Finding& finding) {
  return reports::RenderJson(finding).dump(-1, ' ', false,
                                           nlohmann::ordered_json::error_handler_t::replace);
}

bool AddCell(sqlite3* database, int64_t run, const ScenarioResult& scenario,
             const CellResult& cell) {
  Statement insert(database, "INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const reports::Explored explored = cell.explored.value_or(reports::Explored());
  insert.Bind(run)
      .Bind(scenario.name)
      .Bind(scenario.path)
      .Bind(reports::DispatcherName(scenario, cell))
      .Bind(std::string(Name(cell.flavour)))
      .Bind(cell.runs)
      .Bind(static_cast<int64_t>(explored.distinct))
      .Bind(static_cast<int64_t>(explored.interleavings))
      .Bind(static_cast<int64_t>(explored.points))
      .Bind(Seconds(cell.duration))
      .Bind(int64_t{cell.met})
      .Bind(cell.reason);
  insert.Step();
  return insert.ok();
}

// `*recognised` says what became of the finding. One that came in two cells of a run counts once.
bool AddFinding(sqlite3* database, int64_t run, const std::string& when,
                const ScenarioResult& scenario, const CellResult& cell, const Finding& finding,
                Recognised* recognised) {
  Statement known(database,
                  "SELECT id, first_seen, runs, EXISTS (SELECT 1 FROM sightings WHERE finding = "
                  "findings.id AND run = ?) FROM findings WHERE subject = ? AND signature = ?");
  known.Bind(run).Bind(scenario.name).Bind(finding.dedup_key);
  recognised->dedup_key = finding.dedup_key;
  if (known.Step()) {
    const int64_t again = known.Int(3);
    *recognised = {known.Int(0), finding.dedup_key, false, known.Text(1),
                   static_cast<uint64_t>(known.Int(2) + (again ? 0 : 1))};
    Statement update(database,
                     "UPDATE findings SET last_seen = max(last_seen, ?), runs = ?, data = ? "
                     "WHERE id = ?");
    update.Bind(when)
        .Bind(static_cast<int64_t>(recognised->runs))
        .Bind(ToText(finding))
        .Bind(recognised->id);
    update.Step();
    if (!update.ok()) return false;
  } else {
    Statement insert(database,
                     "INSERT INTO findings (subject, signature, kind, first_seen, last_seen, runs, "
                     "data) VALUES (?, ?, ?, ?, ?, 1, ?)");
    insert.Bind(scenario.name)
        .Bind(finding.dedup_key)
        .Bind(std::string(Name(finding.kind)))
        .Bind(when)
        .Bind(when)
        .Bind(ToText(finding));
    insert.Step();
    if (!known.ok() || !insert.ok()) return false;
    *recognised = {sqlite3_last_insert_rowid(database), finding.dedup_key, true, when, 1};
  }
  const double share =
      cell.runs > 0 ? static_cast<double>(finding.first_run) / static_cast<double>(cell.runs) : 0;
  Statement sighting(database, "INSERT INTO sightings VALUES (?, ?, ?, ?, ?, ?, ?)");
  sighting.Bind(recognised->id)
      .Bind(run)
      .Bind(reports::DispatcherName(scenario, cell))
      .Bind(std::string(Name(cell.flavour)))
      .Bind(static_cast<int64_t>(finding.first_run))
      .Bind(Seconds(cell.duration) * share)
      .Bind(finding.schedule);
  sighting.Step();
  return sighting.ok();
}

StoredFinding ReadFinding(const Statement& row) {
  StoredFinding stored;
  stored.id = row.Int(0);
  stored.subject = row.Text(1);
  stored.first_seen = row.Text(2);
  stored.last_seen = row.Text(3);
  stored.runs = static_cast<uint64_t>(row.Int(4));
  absl::StatusOr<Finding> finding = reports::ParseFinding(row.Text(5), "finding");
  if (finding.ok()) stored.finding = *std::move(finding);
  return stored;
}

}  // namespace

std::string UtcNow() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  sqlite3* database = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  std::unique_ptr<Store> store(new Store(database, path));
  if (result != SQLITE_OK) return SqliteError(database, path);
  if (absl::Status status = store->Prepare(); !status.ok()) return status;
  return store;
}

absl::StatusOr<std::unique_ptr<Store>> Store::OpenExisting(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return absl::NotFoundError(
        absl::StrCat(path, ": there is no store; heddle explore and heddle run --keep make one"));
  }
  return Open(path);
}

Store::~Store() { sqlite3_close(database_); }

absl::Status Store::Prepare() {
  sqlite3_busy_timeout(database_, kBusySeconds * 1000);
  {
    Statement version(database_, "PRAGMA user_version");
    if (!version.Step()) {
      if (sqlite3_errcode(database_) != SQLITE_NOTADB) return SqliteError(database_, path_);
      return absl::InvalidArgumentError(absl::StrCat(path_, ": is no SQLite database"));
    }
    if (version.Int(0) == kStoreVersion) return absl::OkStatus();
  }
  // A mode of the file: whoever makes it sets it, before anything is read.
  sqlite3_exec(database_, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
  Transaction transaction(database_);
  if (!transaction.Begin()) return SqliteError(database_, path_);
  // Somebody else may have been quicker; a file with other tables is not ours.
  Statement now(database_, "PRAGMA user_version");
  Statement tables(database_, "SELECT count(*) FROM sqlite_master");
  if (!now.Step() || !tables.Step()) return SqliteError(database_, path_);
  if (now.Int(0) == kStoreVersion) return absl::OkStatus();
  if (now.Int(0) != 0 || tables.Int(0) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ": is no store of version ", kStoreVersion, "; expected a new file"));
  }
  const std::string schema = absl::StrCat(kSchema, "PRAGMA user_version = ", kStoreVersion, ";");
  if (sqlite3_exec(database_, schema.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK ||
      !transaction.Commit()) {
    return SqliteError(database_, path_);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Recognised>> Store::Add(const std::string& command,
                                                   const std::string& when,
                                                   const std::vector<ScenarioResult>& results) {
  bool met = true;
  for (const ScenarioResult& scenario : results) met &= scenario.met();
  Transaction transaction(database_);
  if (!transaction.Begin()) return SqliteError(database_, path_);
  Statement insert(database_, "INSERT INTO runs (at, command, met) VALUES (?, ?, ?)");
  insert.Bind(when).Bind(command).Bind(int64_t{met});
  insert.Step();
  bool ok = insert.ok();
  const int64_t run = sqlite3_last_insert_rowid(database_);
  std::vector<Recognised> all;
  for (const ScenarioResult& scenario : results) {
    for (const CellResult& cell : scenario.cells) {
      ok = ok && AddCell(database_, run, scenario, cell);
      for (const Finding& finding : cell.findings) {
        Recognised recognised;
        ok = ok && AddFinding(database_, run, when, scenario, cell, finding, &recognised);
        all.push_back(std::move(recognised));
      }
    }
  }
  if (!ok || !transaction.Commit()) return SqliteError(database_, path_);
  return all;
}

absl::Status Store::Import(const std::string& path) {
  std::error_code error;
  if (std::filesystem::equivalent(path, path_, error)) return absl::OkStatus();
  // Checks that it is a store. Open() for its own connection only: a store that is attached must be
  // whole, which a write-ahead log that was left behind is only after this.
  if (absl::Status status = OpenExisting(path).status(); !status.ok()) return status;
  {
    Statement attach(database_, "ATTACH ? AS earlier");
    attach.Bind(path).Step();
    if (!attach.ok()) return SqliteError(database_, path);
  }
  absl::Status status;
  {
    Transaction transaction(database_);
    if (!transaction.Begin() ||
        sqlite3_exec(database_, kImport, nullptr, nullptr, nullptr) != SQLITE_OK ||
        !transaction.Commit()) {
      status = SqliteError(database_, path_);
    }
  }
  sqlite3_exec(database_, "DETACH earlier", nullptr, nullptr, nullptr);
  return status;
}

absl::StatusOr<std::vector<StoredFinding>> Store::Findings() {
  Statement rows(database_,
                 "SELECT id, subject, first_seen, last_seen, runs, data FROM findings "
                 "ORDER BY last_seen DESC, id DESC");
  std::vector<StoredFinding> all;
  while (rows.Step()) all.push_back(ReadFinding(rows));
  if (!rows.ok()) return SqliteError(database_, path_);
  return all;
}

absl::StatusOr<std::optional<StoredFinding>> Store::Find(int64_t id) {
  Statement row(database_,
                "SELECT id, subject, first_seen, last_seen, runs, data FROM findings WHERE id = ?");
  row.Bind(id);
  std::optional<StoredFinding> found;
  if (row.Step()) found = ReadFinding(row);
  if (!row.ok()) return SqliteError(database_, path_);
  if (!found) return found;
  Statement rows(database_,
                 "SELECT runs.id, runs.at, runs.command, dispatcher, flavour, nth, seconds, "
                 "schedule FROM sightings JOIN runs ON runs.id = sightings.run "
                 "WHERE finding = ? ORDER BY runs.id DESC, sightings.rowid DESC");
  rows.Bind(id);
  while (rows.Step()) {
    found->seen.push_back({rows.Int(0), rows.Text(1), rows.Text(2), rows.Text(3), rows.Text(4),
                           static_cast<uint64_t>(rows.Int(5)), rows.Real(6), rows.Text(7)});
  }
  if (!rows.ok()) return SqliteError(database_, path_);
  return found;
}

}  // namespace heddle::store

#include "harness/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace heddle::store {
namespace {

using reports::CellResult;
using reports::Finding;
using reports::ScenarioResult;
using ::testing::HasSubstr;

class StoreTest : public testing::Test {
 protected:
  StoreTest()
      : folder_(testing::TempDir() + absl::StrCat("heddle_store_", getpid())),
        path_(folder_ + "/made/" + kStoreFile) {}
  ~StoreTest() override { std::filesystem::remove_all(folder_); }

  static ScenarioResult Result(const std::string& dedup_key) {
    Finding finding;
    finding.kind = reports::FindingKind::kDataRace;
    finding.source = "ThreadSanitizer";
    finding.message = "Write in 'A'; DROP TABLE findings";
    finding.dedup_key = dedup_key;
    finding.schedule = "findings/" + dedup_key + ".schedule.json";
    finding.first_run = 5;
    finding.stacks = {{.title = "Write", .is_access = true, .frames = {{.function = "f()"}}}};
    CellResult cell;
    cell.flavour = sim::Flavour::kTsan;
    cell.dispatcher = sim::Dispatcher::kUnsync;
    cell.runs = 10;
    cell.duration = std::chrono::seconds(4);
    cell.findings = {finding};
    ScenarioResult result;
    result.name = "unsync";
    result.cells = {cell};
    return result;
  }

  // The one number that `sql` asks for.
  int64_t Number(const char* sql) const {
    sqlite3* database = nullptr;
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
  }

  const std::string folder_;
  const std::string path_;
};

TEST_F(StoreTest, AFindingSeenAgainIsRecognised) {
  auto store = Store::Open(path_);
  ASSERT_TRUE(store.ok()) << store.status();
  auto added =
      (*store)->Add("heddle explore a", "2026-01-01T00:00:00Z", {Result("00000000000000aa")});
  ASSERT_TRUE(added.ok()) << added.status();
  ASSERT_EQ(added->size(), 1u);
  EXPECT_TRUE((*added)[0].is_new);
  const int64_t id = (*added)[0].id;

  store = Store::Open(path_);  // another process, another day
  added = (*store)->Add("heddle explore b", "2026-02-02T00:00:00Z",
                        {Result("00000000000000aa"), Result("00000000000000bb")});
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_FALSE((*added)[0].is_new);
  EXPECT_EQ((*added)[0].id, id);
  EXPECT_EQ((*added)[0].runs, 2u);
  EXPECT_EQ((*added)[0].first_seen, "2026-01-01T00:00:00Z");
  EXPECT_TRUE((*added)[1].is_new);

  const auto all = (*store)->Findings();
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->size(), 2u);
  const auto found = (*store)->Find(id);
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->subject, "unsync");
  EXPECT_EQ((*found)->last_seen, "2026-02-02T00:00:00Z");
  EXPECT_EQ((*found)->finding.message, "Write in 'A'; DROP TABLE findings");
  EXPECT_EQ((*found)->finding.stacks[0].frames[0].function, "f()");
  ASSERT_EQ((*found)->seen.size(), 2u);
  EXPECT_EQ((*found)->seen[0].command, "heddle explore b");
  EXPECT_EQ((*found)->seen[0].nth, 5u);
  EXPECT_DOUBLE_EQ((*found)->seen[0].seconds, 2.0) << "half of the cell's runs";
  EXPECT_EQ((*found)->seen[0].schedule, "findings/00000000000000aa.schedule.json");
  EXPECT_FALSE((*store)->Find(999)->has_value());
}

TEST_F(StoreTest, OneRunCountsOnceHoweverManyCellsSawIt) {
  auto store = Store::Open(path_);
  ASSERT_TRUE(store.ok());
  ScenarioResult twice = Result("00000000000000aa");
  twice.cells.push_back(twice.cells[0]);
  const auto added = (*store)->Add("x", "2026-01-01T00:00:00Z", {twice});
  ASSERT_TRUE(added.ok());
  EXPECT_EQ((*(*store)->Findings())[0].runs, 1u);
  EXPECT_EQ((*(*store)->Find(1))->seen.size(), 2u);
}

TEST_F(StoreTest, FindingsOfAnEarlierStoreAreRecognised) {
  const std::string earlier_path = folder_ + "/earlier/" + kStoreFile;
  {
    auto earlier = Store::Open(earlier_path);
    ASSERT_TRUE(earlier.ok()) << earlier.status();
    ASSERT_TRUE((*earlier)->Add("explore other", "2025-01-01T00:00:00Z", {Result("b")}).ok());
    ASSERT_TRUE((*earlier)->Add("explore", "2026-01-01T00:00:00Z", {Result("a")}).ok());
  }
  auto store = Store::Open(path_);
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->Add("explore", "2026-02-01T00:00:00Z", {Result("c")}).ok());
  // The second time, all is here already.
  for (int i = 0; i < 2; ++i) {
    const absl::Status imported = (*store)->Import(earlier_path);
    ASSERT_TRUE(imported.ok()) << imported;
  }
  EXPECT_EQ(Number("SELECT count(*) FROM runs"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM cells"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM sightings"), 3);
  EXPECT_EQ(Number("SELECT count(*) FROM findings WHERE runs = 1"), 3);

  const auto again = (*store)->Add("merge", "2026-03-01T00:00:00Z", {Result("a")});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_FALSE((*again)[0].is_new);
  EXPECT_EQ((*again)[0].first_seen, "2026-01-01T00:00:00Z");
  EXPECT_EQ((*again)[0].runs, 2u);
  const auto found = (*store)->Find((*again)[0].id);
  ASSERT_TRUE(found.ok() && found->has_value());
  ASSERT_EQ((*found)->seen.size(), 2u);
  EXPECT_EQ((*found)->seen[1].when, "2026-01-01T00:00:00Z");

  EXPECT_EQ((*store)->Import(folder_ + "/nowhere").code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE((*store)->Import(path_).ok()) << "itself";
  EXPECT_EQ(Number("SELECT count(*) FROM runs"), 4);
}

TEST_F(StoreTest, WhatIsNoStoreIsRefused) {
  EXPECT_EQ(Store::OpenExisting(path_).status().code(), absl::StatusCode::kNotFound);
  std::filesystem::create_directories(folder_ + "/made");
  std::ofstream(path_) << std::string(4096, 'x');
  const auto store = Store::Open(path_);
  EXPECT_EQ(store.status().code(), absl::StatusCode::kInvalidArgument) << store.status();
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("is no SQLite database"));
}

TEST_F(StoreTest, TwoWritersAtOnce) {
  constexpr int kWriters = 2, kEach = 25;
  pid_t writers[kWriters];
  for (int w = 0; w < kWriters; ++w) {
    writers[w] = fork();
    if (writers[w] != 0) continue;
    for (int i = 0; i < kEach; ++i) {
      auto store = Store::Open(path_);  // making the file is part of the race
      if (!store.ok() || !(*store)
                              ->Add(absl::StrCat("writer ", w), UtcNow(),
                                    {Result(absl::StrCat("00000000000000", 10 + i))})
                              .ok()) {
        _exit(1);
      }
    }
    _exit(0);
  }
  for (const pid_t writer : writers) {
    int status = 0;
    waitpid(writer, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  EXPECT_EQ(Number("SELECT count(*) FROM runs"), kWriters * kEach);
  EXPECT_EQ(Number("SELECT count(*) FROM findings"), kEach);
  EXPECT_EQ(Number("SELECT count(*) FROM findings WHERE runs = 2"), kEach);
  EXPECT_EQ(Number("SELECT count(*) FROM sightings"), kWriters * kEach);
}

TEST_F(StoreTest, KilledAtAnyMoment) {
  constexpr int kRounds = 10;
  int64_t acknowledged = 0;
  for (int round = 0; round < kRounds; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t writer = fork();
    if (writer == 0) {
      auto store = Store::Open(path_);
      for (int i = 0; store.ok(); ++i) {
        if (!(*store)
                 ->Add("doomed", UtcNow(), {Result(absl::StrCat("00000000000000", 10 + i))})
                 .ok()) {
          _exit(1);
        }
        const char done = 'd';
        if (write(ends[1], &done, 1) != 1) _exit(1);
      }
      _exit(1);
    }
    close(ends[1]);
    // It is somewhere in its next transaction when it dies.
    char done;
    for (int i = 0; i <= round && read(ends[0], &done, 1) == 1; ++i) ++acknowledged;
    kill(writer, SIGKILL);
    waitpid(writer, nullptr, 0);
    while (read(ends[0], &done, 1) == 1) ++acknowledged;
    close(ends[0]);
    EXPECT_GE(Number("SELECT count(*) FROM runs"), acknowledged) << "nothing said to be in is lost";
    EXPECT_LE(Number("SELECT count(*) FROM runs"), acknowledged + round + 1);
    // All of a run, or nothing of it.
    EXPECT_EQ(Number("SELECT count(*) FROM runs"), Number("SELECT count(*) FROM cells"));
    EXPECT_EQ(Number("SELECT count(*) FROM runs"), Number("SELECT count(*) FROM sightings"));
    EXPECT_EQ(Number("SELECT count(*) FROM runs"), Number("SELECT sum(runs) FROM findings"));
  }
  sqlite3* database = nullptr;
  sqlite3_stmt* check = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &check, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_step(check), SQLITE_ROW);
  EXPECT_STREQ(reinterpret_cast<const char*>(sqlite3_column_text(check, 0)), "ok");
  sqlite3_finalize(check);
  sqlite3_close(database);
}

}  // namespace
}  // namespace heddle::store

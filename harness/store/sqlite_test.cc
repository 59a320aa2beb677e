#include "harness/store/sqlite.h"

#include <gtest/gtest.h>

namespace heddle::store {
namespace {

class SqliteTest : public testing::Test {
 protected:
  SqliteTest() {
    sqlite3_open(":memory:", &database_);
    sqlite3_exec(database_, "CREATE TABLE t (n INTEGER, r REAL, s TEXT)", nullptr, nullptr,
                 nullptr);
  }
  ~SqliteTest() override { sqlite3_close(database_); }

  bool Insert() {
    Statement insert(database_, "INSERT INTO t VALUES (?, ?, ?)");
    insert.Bind(int64_t{7}).Bind(0.5).Bind(std::string("a\0b", 3)).Step();
    return insert.ok();
  }
  int64_t Rows() {
    Statement count(database_, "SELECT count(*) FROM t");
    return count.Step() ? count.Int(0) : -1;
  }

  sqlite3* database_ = nullptr;
};

TEST_F(SqliteTest, ParametersAreBoundInOrderAndReadBack) {
  ASSERT_TRUE(Insert());
  Statement row(database_, "SELECT n, r, s, NULL FROM t");
  ASSERT_TRUE(row.Step());
  EXPECT_EQ(row.Int(0), 7);
  EXPECT_EQ(row.Real(1), 0.5);
  EXPECT_EQ(row.Text(2), std::string("a\0b", 3));
  EXPECT_EQ(row.Text(3), "");
  EXPECT_FALSE(row.Step());
  EXPECT_TRUE(row.ok()) << "no more rows is no failure";
}

TEST_F(SqliteTest, AFailureIsKeptAndNamed) {
  Statement wrong(database_, "SELECT n FROM nowhere");
  EXPECT_FALSE(wrong.Step());
  EXPECT_FALSE(wrong.ok());
  const absl::Status error = SqliteError(database_, "file");
  EXPECT_TRUE(absl::IsUnavailable(error));
  EXPECT_EQ(error.message(), "file: no such table: nowhere");
}

TEST_F(SqliteTest, WhatIsNotCommittedIsUndone) {
  {
    Transaction transaction(database_);
    ASSERT_TRUE(transaction.Begin());
    ASSERT_TRUE(Insert());
  }
  EXPECT_EQ(Rows(), 0);
  {
    Transaction transaction(database_);
    ASSERT_TRUE(transaction.Begin());
    ASSERT_TRUE(Insert());
    ASSERT_TRUE(transaction.Commit());
  }
  EXPECT_EQ(Rows(), 1);
}

}  // namespace
}  // namespace heddle::store

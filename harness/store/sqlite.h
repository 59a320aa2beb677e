// The calls of SQLite that the store makes, as objects that clean up after themselves.
//
// Thread rule: one thread for each database connection. A connection outlives what is made of it.
#ifndef HEDDLE_HARNESS_STORE_SQLITE_H_
#define HEDDLE_HARNESS_STORE_SQLITE_H_

#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace heddle::store {

// Unavailable, with the database's name and its last error.
absl::Status SqliteError(sqlite3* database, const std::string& path);

// One prepared statement; parameters are bound in the order of the calls. A failure is kept: ok()
// is false from then on, Step() finds no row, and SqliteError() says what it was.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& Bind(const std::string& text);
  Statement& Bind(int64_t number);
  Statement& Bind(double number);

  // True: there is a row, which the getters below read.
  bool Step();
  bool ok() const { return !failed_; }

  int64_t Int(int column) const { return sqlite3_column_int64(statement_, column); }
  double Real(int column) const { return sqlite3_column_double(statement_, column); }
  // NULL is "".
  std::string Text(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  bool failed_ = false;
};

// Everything between Begin() and Commit(), or nothing. False: it failed.
class Transaction {
 public:
  explicit Transaction(sqlite3* database) : database_(database) {}
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Waits for other writers here, and so never in the middle.
  bool Begin() { return open_ = Run("BEGIN IMMEDIATE"); }
  bool Commit();

 private:
  bool Run(const char* sql);

  sqlite3* const database_;
  bool open_ = false;
};

}  // namespace heddle::store

#endif  // HEDDLE_HARNESS_STORE_SQLITE_H_

#include "harness/store/sqlite.h"

#include "absl/strings/str_cat.h"

namespace heddle::store {

absl::Status SqliteError(sqlite3* database, const std::string& path) {
  return absl::UnavailableError(absl::StrCat(path, ": ", sqlite3_errmsg(database)));
}

Statement::Statement(sqlite3* database, const char* sql) {
  failed_ = sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK;
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::Bind(const std::string& text) {
  sqlite3_bind_text(statement_, ++bound_, text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::Bind(int64_t number) {
  sqlite3_bind_int64(statement_, ++bound_, number);
  return *this;
}

Statement& Statement::Bind(double number) {
  sqlite3_bind_double(statement_, ++bound_, number);
  return *this;
}

bool Statement::Step() {
  if (failed_) return false;
  const int result = sqlite3_step(statement_);
  failed_ = result != SQLITE_ROW && result != SQLITE_DONE;
  return result == SQLITE_ROW;
}

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (text == nullptr) return "";
  return std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

Transaction::~Transaction() {
  if (open_) Run("ROLLBACK");
}

bool Transaction::Commit() {
  if (!Run("COMMIT")) return false;
  open_ = false;
  return true;
}

bool Transaction::Run(const char* sql) {
  return sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

}  // namespace heddle::store

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace meridian::control {

struct CloseDatabase {
  void operator()(sqlite3* database) const;
};
using DatabasePtr = std::unique_ptr<sqlite3, CloseDatabase>;

/// Opens or creates `file` (mode 0600) with a write-ahead log that is synced at each commit.
Result<DatabasePtr> open_database(const std::filesystem::path& file);

/// Statements without parameters or rows.
Result<void> execute(sqlite3& database, const char* sql);

/// One prepared statement. Parameters are bound from the left; an error sticks and is what step()
/// returns.
class Statement {
 public:
  Statement(sqlite3& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& integer(std::int64_t value);
  Statement& text(std::string_view value);
  Statement& blob(std::string_view value);
  Statement& null();

  /// True: a row stands ready. False: done.
  Result<bool> step();
  /// For statements that return no row: how many rows it changed.
  Result<std::int64_t> run();

  std::int64_t integer_at(int column) const;
  /// Of a text or blob column.
  std::string bytes_at(int column) const;

 private:
  void check(int code);

  sqlite3& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  int error_ = 0;
};

/// Rolled back when it goes away uncommitted. Takes the write lock at once, so that what it reads
/// stays true until it commits.
class Transaction {
 public:
  static Result<Transaction> begin(sqlite3& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Result<void> commit();

 private:
  explicit Transaction(sqlite3& database) : database_(&database) {}
  sqlite3* database_;  // null: committed or moved from
};

}  // namespace meridian::control

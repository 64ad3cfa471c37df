#include "controller/store/sqlite.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace meridian::control {
namespace {

constexpr std::chrono::milliseconds kBusyTimeout{5'000};

Error database_error(sqlite3& database) { return Error("store", sqlite3_errmsg(&database)); }

}  // namespace

void CloseDatabase::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<DatabasePtr> open_database(const std::filesystem::path& file) {
  // Created here, because SQLite gives its log the mode of the database but creates that as 0644.
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return Error(file.string(), std::strerror(errno));
  ::close(descriptor);

  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(file.c_str(), &opened, flags, nullptr);
  DatabasePtr database(opened);
  if (code != SQLITE_OK) return Error(file.string(), sqlite3_errstr(code));
  sqlite3_busy_timeout(opened, static_cast<int>(kBusyTimeout.count()));
  const auto set = execute(*database,
                           "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                           "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
  if (!set) return at(file.string(), set.error());
  return database;
}

Result<void> execute(sqlite3& database, const char* sql) {
  if (sqlite3_exec(&database, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return database_error(database);
  return {};
}

Statement::Statement(sqlite3& database, std::string_view sql) : database_(database) {
  check(sqlite3_prepare_v2(&database, sql.data(), static_cast<int>(sql.size()), &statement_,
                           nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::check(int code) {
  if (error_ == SQLITE_OK) error_ = code;
}

Statement& Statement::integer(std::int64_t value) {
  if (error_ == SQLITE_OK) check(sqlite3_bind_int64(statement_, ++bound_, value));
  return *this;
}

Statement& Statement::text(std::string_view value) {
  if (error_ == SQLITE_OK)
    check(sqlite3_bind_text64(statement_, ++bound_, value.data(), value.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
  return *this;
}

Statement& Statement::blob(std::string_view value) {
  // A null pointer would bind NULL, not an empty blob.
  const char* bytes = value.empty() ? "" : value.data();
  if (error_ == SQLITE_OK)
    check(sqlite3_bind_blob64(statement_, ++bound_, bytes, value.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::null() {
  if (error_ == SQLITE_OK) check(sqlite3_bind_null(statement_, ++bound_));
  return *this;
}

Result<bool> Statement::step() {
  if (error_ != SQLITE_OK) return database_error(database_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_error(database_);
}

Result<std::int64_t> Statement::run() {
  const auto stepped = step();
  if (!stepped) return stepped.error();
  return sqlite3_changes64(&database_);
}

std::int64_t Statement::integer_at(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::bytes_at(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

Result<Transaction> Transaction::begin(sqlite3& database) {
  const auto begun = execute(database, "BEGIN IMMEDIATE");
  if (!begun) return begun.error();
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // A failed roll-back leaves the transaction to be undone when the file is opened next.
  if (database_ != nullptr) (void)execute(*database_, "ROLLBACK");
}

Result<void> Transaction::commit() {
  const auto committed = execute(*database_, "COMMIT");
  if (committed) database_ = nullptr;
  return committed;
}

}  // namespace meridian::control

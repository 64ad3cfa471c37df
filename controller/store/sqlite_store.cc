#include "controller/store/sqlite_store.h"

#include <algorithm>
#include <utility>

#include <google/protobuf/util/time_util.h>
#include <sqlite3.h>

namespace meridian::control {
namespace {

constexpr std::int64_t kSchemaVersion = 2;

// objects: a resource as each revision left it. A null body: deleted there. A configuration is,
// for each resource, its newest row that is not newer than the revision.
constexpr const char* kSchema = R"(
CREATE TABLE schema (version INTEGER NOT NULL);
INSERT INTO schema VALUES (2);
CREATE TABLE revisions (
  revision INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  author TEXT NOT NULL,
  comment TEXT NOT NULL,
  changes BLOB NOT NULL);
CREATE TABLE objects (
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  revision INTEGER NOT NULL,
  body BLOB,
  PRIMARY KEY (kind, name, revision)) WITHOUT ROWID;
CREATE INDEX objects_by_revision ON objects (revision);
CREATE TABLE join_tokens (
  id TEXT PRIMARY KEY,
  secret_hash BLOB NOT NULL,
  role INTEGER NOT NULL,
  location TEXT NOT NULL,
  node TEXT NOT NULL,
  expires_ms INTEGER NOT NULL,
  uses_left INTEGER NOT NULL CHECK (uses_left >= 0),
  revoked INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE purges (sequence INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);
CREATE TABLE secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
)";

// From layout 1, which had no secrets.
constexpr const char* kToLayout2 = R"(
CREATE TABLE secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
UPDATE schema SET version = 2;
)";

std::int64_t milliseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

WallTime wall_time(std::int64_t milliseconds_since_epoch) {
  return WallTime(std::chrono::milliseconds(milliseconds_since_epoch));
}

std::int64_t signed_value(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Result<std::int64_t> query_integer(sqlite3& database, std::string_view sql) {
  Statement statement(database, sql);
  const auto row = statement.step();
  if (!row) return row.error();
  return *row ? statement.integer_at(0) : 0;
}

// Columns in the order of kTokenColumns.
constexpr std::string_view kTokenColumns =
    "id, secret_hash, role, location, node, expires_ms, uses_left, revoked";
StoredToken token_from(const Statement& row) {
  StoredToken token;
  token.id = row.bytes_at(0);
  const auto hash = row.bytes_at(1);
  std::copy_n(hash.begin(), std::min(hash.size(), token.secret_hash.size()),
              token.secret_hash.begin());
  token.role = static_cast<v1::Role>(row.integer_at(2));
  token.location = row.bytes_at(3);
  token.node = row.bytes_at(4);
  token.expires = wall_time(row.integer_at(5));
  token.uses_left = static_cast<std::uint32_t>(row.integer_at(6));
  token.revoked = row.integer_at(7) != 0;
  return token;
}

constexpr std::string_view kUseToken =
    "UPDATE join_tokens SET uses_left = uses_left - 1"
    " WHERE id = ? AND uses_left > 0 AND revoked = 0 AND expires_ms > ?";

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& file) {
  auto database = open_database(file);
  if (!database) return database.error();
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(*database)));
  if (const auto created = store->create_schema(); !created)
    return at(file.string(), created.error());
  return store;
}

Result<void> SqliteStore::create_schema() {
  auto transaction = Transaction::begin(*database_);
  if (!transaction) return transaction.error();
  const auto tables =
      query_integer(*database_, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema'");
  if (!tables) return tables.error();
  if (*tables == 0) {
    if (const auto created = execute(*database_, kSchema); !created) return created;
    return transaction->commit();
  }
  const auto version = query_integer(*database_, "SELECT version FROM schema");
  if (!version) return version.error();
  if (*version == 1) {
    if (const auto raised = execute(*database_, kToLayout2); !raised) return raised;
    return transaction->commit();
  }
  if (*version != kSchemaVersion)
    return Error("has the layout number " + std::to_string(*version) +
                 "; this controller knows number " + std::to_string(kSchemaVersion) +
                 " and older only: run the version that wrote it, or a newer one");
  return transaction->commit();
}

Result<Revision> SqliteStore::head() const {
  const auto newest = query_integer(*database_, "SELECT MAX(revision) FROM revisions");
  if (!newest) return newest.error();
  return Revision{static_cast<std::uint64_t>(*newest)};
}

Result<ConfigurationAt> SqliteStore::load() const {
  const std::lock_guard lock(mutex_);
  const auto newest = head();
  if (!newest) return newest.error();
  ConfigurationAt loaded{*newest, {}};
  Statement rows(*database_,
                 "SELECT name, body FROM objects AS o WHERE body IS NOT NULL AND revision ="
                 " (SELECT MAX(revision) FROM objects WHERE kind = o.kind AND name = o.name)");
  while (true) {
    const auto row = rows.step();
    if (!row) return row.error();
    if (!*row) return loaded;
    v1::Resource resource;
    if (!resource.ParseFromString(rows.bytes_at(1)))
      return Error("store", "the resource '" + rows.bytes_at(0) + "' is damaged");
    loaded.configuration.upsert(std::move(resource));
  }
}

Result<Committed> SqliteStore::commit(const NewRevision& change) {
  const std::lock_guard lock(mutex_);
  auto transaction = Transaction::begin(*database_);
  if (!transaction) return transaction.error();
  if (change.least > kMostLeast)
    return Error("store", "no revision can have the number " + std::to_string(change.least.value));
  const auto newest = head();
  if (!newest) return newest.error();
  if (*newest != change.base) return Committed{CommitOutcome::head_moved, {}};
  if (!change.join_token.empty()) {
    Statement use(*database_, kUseToken);
    const auto used = use.text(change.join_token).integer(milliseconds(change.time)).run();
    if (!used) return used.error();
    if (*used == 0) return Committed{CommitOutcome::token_spent, {}};
  }
  const auto revision = std::max(Revision{newest->value + 1}, change.least);
  if (const auto written = write_revision(change, revision); !written) return written.error();
  if (const auto forgotten = forget_revisions(); !forgotten) return forgotten.error();
  if (const auto committed = transaction->commit(); !committed) return committed.error();
  ++commits_;
  return Committed{CommitOutcome::committed, revision};
}

Result<void> SqliteStore::write_revision(const NewRevision& change, Revision revision) {
  v1::RevisionSummary summary;
  for (const auto& one : change.changes) *summary.add_changes() = one;
  const auto inserted = Statement(*database_, "INSERT INTO revisions VALUES (?, ?, ?, ?, ?)")
                            .integer(signed_value(revision.value))
                            .integer(milliseconds(change.time))
                            .text(change.author)
                            .text(change.comment)
                            .blob(summary.SerializeAsString())
                            .run();
  if (!inserted) return inserted.error();
  for (const auto& one : change.changes) {
    const auto& key = one.resource();
    Statement insert(*database_, "INSERT INTO objects VALUES (?, ?, ?, ?)");
    insert.integer(key.kind()).text(key.name()).integer(signed_value(revision.value));
    const auto* resource = change.after.find(key.kind(), key.name());
    const auto written = resource == nullptr ? insert.null().run()
                                             : insert.blob(resource->SerializeAsString()).run();
    if (!written) return written.error();
    // Large, and of no use once there is a newer one: nobody goes back to it.
    if (key.kind() != v1::KIND_ZONE_CONTENT) continue;
    const auto forgotten =
        Statement(*database_, "DELETE FROM objects WHERE kind = ? AND name = ? AND revision < ?")
            .integer(key.kind())
            .text(key.name())
            .integer(signed_value(revision.value))
            .run();
    if (!forgotten) return forgotten.error();
  }
  for (const auto& secret : change.secrets) {
    if (const auto written = write_secret(secret); !written) return written;
  }
  return {};
}

Result<void> SqliteStore::write_secret(const SealedSecret& secret) {
  const auto written =
      secret.sealed
          ? Statement(*database_, "INSERT OR REPLACE INTO secrets VALUES (?, ?)")
                .text(secret.name)
                .blob(*secret.sealed)
                .run()
          : Statement(*database_, "DELETE FROM secrets WHERE name = ?").text(secret.name).run();
  if (!written) return written.error();
  return {};
}

Result<std::map<std::string, std::string>> SqliteStore::secrets() const {
  const std::lock_guard lock(mutex_);
  Statement rows(*database_, "SELECT name, sealed FROM secrets");
  std::map<std::string, std::string> secrets;
  while (true) {
    const auto row = rows.step();
    if (!row) return row.error();
    if (!*row) return secrets;
    secrets.emplace(rows.bytes_at(0), rows.bytes_at(1));
  }
}

Result<std::string> SqliteStore::keep_secret(const std::string& name, const std::string& sealed) {
  const std::lock_guard lock(mutex_);
  const auto inserted = Statement(*database_, "INSERT OR IGNORE INTO secrets VALUES (?, ?)")
                            .text(name)
                            .blob(sealed)
                            .run();
  if (!inserted) return inserted.error();
  Statement row(*database_, "SELECT sealed FROM secrets WHERE name = ?");
  const auto found = row.text(name).step();
  if (!found) return found.error();
  return row.bytes_at(0);
}

Result<void> SqliteStore::forget_revisions() {
  Statement rows(*database_,
                 "SELECT revision FROM revisions ORDER BY revision DESC LIMIT 1 OFFSET ?");
  const auto found = rows.integer(signed_value(kKeptRevisions - 1)).step();
  if (!found) return found.error();
  if (!*found) return {};
  // Revisions leave one by one, so only what the oldest kept one superseded can go.
  const auto oldest = rows.integer_at(0);
  for (const std::string_view sql : {"DELETE FROM revisions WHERE revision < ?1",
                                     "DELETE FROM objects WHERE revision < ?1 AND (kind, name) IN"
                                     " (SELECT kind, name FROM objects WHERE revision = ?1)",
                                     "DELETE FROM objects WHERE revision = ?1 AND body IS NULL"}) {
    if (const auto deleted = Statement(*database_, sql).integer(oldest).run(); !deleted)
      return deleted.error();
  }
  return {};
}

Result<std::vector<v1::RevisionSummary>> SqliteStore::revisions(std::size_t limit) const {
  using google::protobuf::util::TimeUtil;
  const std::lock_guard lock(mutex_);
  Statement rows(*database_,
                 "SELECT changes, revision, time_ms, author, comment FROM revisions"
                 " ORDER BY revision DESC LIMIT ?");
  rows.integer(signed_value(limit));
  std::vector<v1::RevisionSummary> summaries;
  while (true) {
    const auto row = rows.step();
    if (!row) return row.error();
    if (!*row) return summaries;
    auto& summary = summaries.emplace_back();
    if (!summary.ParseFromString(rows.bytes_at(0))) return Error("store", "a revision is damaged");
    summary.set_revision(static_cast<std::uint64_t>(rows.integer_at(1)));
    *summary.mutable_time() = TimeUtil::MillisecondsToTimestamp(rows.integer_at(2));
    summary.set_author(rows.bytes_at(3));
    summary.set_comment(rows.bytes_at(4));
  }
}

Result<void> SqliteStore::add_token(const StoredToken& token, WallTime now) {
  const std::lock_guard lock(mutex_);
  auto transaction = Transaction::begin(*database_);
  if (!transaction) return transaction.error();
  auto count = query_integer(*database_, "SELECT COUNT(*) FROM join_tokens");
  if (!count) return count.error();
  if (*count >= signed_value(kMostJoinTokens)) {
    const auto deleted = Statement(*database_, "DELETE FROM join_tokens WHERE expires_ms <= ?")
                             .integer(milliseconds(now))
                             .run();
    if (!deleted) return deleted.error();
    count = query_integer(*database_, "SELECT COUNT(*) FROM join_tokens");
    if (!count) return count.error();
    if (*count >= signed_value(kMostJoinTokens))
      return Error(
          "there are " + std::to_string(kMostJoinTokens) +
          " join tokens that have not expired; wait, or create tokens with a shorter life");
  }
  const std::string_view hash(reinterpret_cast<const char*>(token.secret_hash.data()),
                              token.secret_hash.size());
  const auto inserted =
      Statement(*database_, "INSERT INTO join_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
          .text(token.id)
          .blob(hash)
          .integer(token.role)
          .text(token.location)
          .text(token.node)
          .integer(milliseconds(token.expires))
          .integer(token.uses_left)
          .integer(token.revoked ? 1 : 0)
          .run();
  if (!inserted) return inserted.error();
  return transaction->commit();
}

Result<std::optional<StoredToken>> SqliteStore::token(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  Statement row(*database_,
                "SELECT " + std::string(kTokenColumns) + " FROM join_tokens WHERE id = ?");
  const auto found = row.text(id).step();
  if (!found) return found.error();
  if (!*found) return std::optional<StoredToken>();
  return std::optional(token_from(row));
}

Result<std::vector<StoredToken>> SqliteStore::tokens() const {
  const std::lock_guard lock(mutex_);
  Statement rows(*database_, "SELECT " + std::string(kTokenColumns) +
                                 " FROM join_tokens ORDER BY expires_ms, id");
  std::vector<StoredToken> tokens;
  while (true) {
    const auto row = rows.step();
    if (!row) return row.error();
    if (!*row) return tokens;
    tokens.push_back(token_from(rows));
  }
}

Result<bool> SqliteStore::revoke_token(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Statement update(*database_, "UPDATE join_tokens SET revoked = 1 WHERE id = ?");
  const auto revoked = update.text(id).run();
  if (!revoked) return revoked.error();
  return *revoked > 0;
}

Result<bool> SqliteStore::use_token(const std::string& id, WallTime now) {
  const std::lock_guard lock(mutex_);
  const auto used = Statement(*database_, kUseToken).text(id).integer(milliseconds(now)).run();
  if (!used) return used.error();
  return *used > 0;
}

Result<PurgeSequence> SqliteStore::append_purge(const v1::Purge& purge) {
  const std::lock_guard lock(mutex_);
  auto transaction = Transaction::begin(*database_);
  if (!transaction) return transaction.error();
  const auto inserted = Statement(*database_, "INSERT INTO purges (body) VALUES (?)")
                            .blob(purge.SerializeAsString())
                            .run();
  if (!inserted) return inserted.error();
  const auto sequence = sqlite3_last_insert_rowid(database_.get());
  const auto trimmed = Statement(*database_, "DELETE FROM purges WHERE sequence <= ?")
                           .integer(sequence - signed_value(kKeptPurges))
                           .run();
  if (!trimmed) return trimmed.error();
  if (const auto committed = transaction->commit(); !committed) return committed.error();
  return PurgeSequence{static_cast<std::uint64_t>(sequence)};
}

Result<std::vector<v1::Purge>> SqliteStore::purges_after(PurgeSequence position,
                                                         std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  Statement rows(*database_,
                 "SELECT sequence, body FROM purges WHERE sequence > ? ORDER BY sequence LIMIT ?");
  rows.integer(signed_value(position.value)).integer(signed_value(limit));
  std::vector<v1::Purge> purges;
  while (true) {
    const auto row = rows.step();
    if (!row) return row.error();
    if (!*row) return purges;
    auto& purge = purges.emplace_back();
    if (!purge.ParseFromString(rows.bytes_at(1))) return Error("store", "a purge is damaged");
    purge.set_sequence(static_cast<std::uint64_t>(rows.integer_at(0)));
  }
}

Result<PurgeBounds> SqliteStore::purge_bounds() const {
  const std::lock_guard lock(mutex_);
  Statement row(*database_, "SELECT MIN(sequence), MAX(sequence) FROM purges");
  const auto found = row.step();
  if (!found) return found.error();
  return PurgeBounds{{static_cast<std::uint64_t>(row.integer_at(0))},
                     {static_cast<std::uint64_t>(row.integer_at(1))}};
}

}  // namespace meridian::control

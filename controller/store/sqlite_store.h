#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "controller/store/sqlite.h"
#include "controller/store/store.h"

namespace meridian::control {

/// Revisions, join tokens, sealed secrets and the purge log in one SQLite file. Any thread: calls
/// take turns. Everything that a call has changed is on disk when it returns.
class SqliteStore {
 public:
  /// Opens or creates it. A file that a newer controller has written is refused.
  static Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& file);

  /// The newest revision; 0 and empty in a new store.
  Result<ConfigurationAt> load() const;
  /// All of `change` or nothing, as the revision after `change.base` if that is still the newest,
  /// or as `change.least` if that is greater: numbers may have gaps. All but the newest
  /// kKeptRevisions are forgotten.
  Result<Committed> commit(const NewRevision& change);
  /// Newest first, at most `limit`.
  Result<std::vector<v1::RevisionSummary>> revisions(std::size_t limit) const;

  /// Tokens that expired before `now` make room if there are kMostJoinTokens.
  Result<void> add_token(const StoredToken& token, WallTime now);
  Result<std::optional<StoredToken>> token(const std::string& id) const;
  /// Ordered by expiry.
  Result<std::vector<StoredToken>> tokens() const;
  /// False: there is none of this id.
  Result<bool> revoke_token(const std::string& id);
  /// Takes one use. False: revoked, expired or used up meanwhile.
  Result<bool> use_token(const std::string& id, WallTime now);

  /// Keeps the newest kKeptPurges. `purge.sequence` is ignored.
  Result<PurgeSequence> append_purge(const v1::Purge& purge);
  /// What follows `position`, in order, at most `limit`.
  Result<std::vector<v1::Purge>> purges_after(PurgeSequence position, std::size_t limit) const;
  Result<PurgeBounds> purge_bounds() const;

  /// All of them, by name.
  Result<std::map<std::string, std::string>> secrets() const;
  /// Puts it there unless there is one of this name already. What is there now.
  Result<std::string> keep_secret(const std::string& name, const std::string& sealed);

  /// For metrics.
  std::uint64_t commits() const { return commits_; }

 private:
  explicit SqliteStore(DatabasePtr database) : database_(std::move(database)) {}
  Result<void> create_schema();
  Result<Revision> head() const;
  Result<void> write_revision(const NewRevision& change, Revision revision);
  Result<void> write_secret(const SealedSecret& secret);
  Result<void> forget_revisions();

  mutable std::mutex mutex_;  // guards database_
  DatabasePtr database_;
  std::atomic<std::uint64_t> commits_{0};
};

}  // namespace meridian::control

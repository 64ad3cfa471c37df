#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "controller/model/certificate_facts.h"
#include "controller/store/sqlite_store.h"
#include "controller/store/store.h"
#include "meridian/v1/admin.pb.h"

namespace meridian::control {

using ConfigurationPtr = std::shared_ptr<const ConfigurationAt>;

/// How a proposed change ended.
struct ChangeOutcome {
  Revision revision;                      // that holds now
  std::vector<v1::Change> changes;        // without secrets
  std::vector<v1::Violation> violations;  // not empty: refused
  bool stale = false;                     // refused: `expected_revision` is not the newest
  bool token_spent = false;               // refused: the join token is not good any more
};

/// Who asks for a change, and when.
struct ChangeOrigin {
  std::string author;
  WallTime time;
  std::string join_token = {};  // not empty: one use of it is taken together with the change
};

/// Secrets to be changed without a change of the configuration.
struct SecretChange {
  NodeSecrets after;
  std::vector<SealedSecret> sealed;  // what differs, for the store
  std::string comment;               // for the history
};

/// What a change of the configuration brings with it.
struct Completion {
  std::vector<v1::Violation> violations;  // not empty: it is refused
  std::optional<SecretChange> secrets;
};

/// The newest configuration, and the only way to the next one: validated whole, committed, and
/// only then announced. Any thread.
class Head {
 public:
  /// `store` must outlive it. `secrets` go with every revision.
  static Result<std::unique_ptr<Head>> load(SqliteStore& store, NodeSecrets secrets);

  /// Never null.
  ConfigurationPtr current() const;
  /// The Error is the store's.
  Result<ChangeOutcome> apply(const v1::ApplyRequest& request, const ChangeOrigin& origin);
  /// Makes a revision in which nothing but secrets differs, unless `change` has nothing to change:
  /// it sees them as they are then, and nobody else changes anything meanwhile. What holds now. The
  /// Error is the store's or that of `change`.
  using ChangeSecrets = std::function<Result<std::optional<SecretChange>>(const NodeSecrets& held)>;
  Result<ConfigurationPtr> change_secrets(const ChangeSecrets& change, const ChangeOrigin& origin);
  /// Makes an empty revision with a greater number than `held`, which a node has of another store,
  /// unless the newest has one: nodes take nothing that is older than what they hold. An Error also
  /// if `held` is greater than any revision may be.
  Result<void> overtake(Revision held, const std::string& node, WallTime now);
  /// Asked about each valid change before it is committed, as `revision`, at `now`; nobody else
  /// changes anything meanwhile. Set before any apply().
  using Complete = std::function<Result<Completion>(
      const Configuration& next, const NodeSecrets& held, Revision revision, WallTime now)>;
  void complete_with(Complete complete) { complete_ = std::move(complete); }
  /// Called after each commit, on the committing thread, in order. Set before any apply().
  void announce_to(std::function<void()> listener) { announce_ = std::move(listener); }

  /// For metrics.
  std::uint64_t refusals() const { return refusals_; }

 private:
  Head(SqliteStore& store, ConfigurationPtr current)
      : store_(store), current_(std::move(current)) {}

  /// Commits what `next` says; the outcome, with the Error if another controller was here.
  Result<Committed> commit(const NewRevision& next);
  void publish(ConfigurationAt next);

  SqliteStore& store_;
  std::function<void()> announce_ = [] {};
  Complete complete_ = [](const Configuration&, const NodeSecrets&, Revision, WallTime) {
    return Result<Completion>(Completion{});
  };
  std::mutex changing_;             // one change at a time, its announcement included
  CertificateReader certificates_;  // by who holds changing_
  mutable std::mutex reading_;      // guards current_
  ConfigurationPtr current_;
  std::atomic<std::uint64_t> refusals_{0};
};

}  // namespace meridian::control

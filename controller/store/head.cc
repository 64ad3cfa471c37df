#include "controller/store/head.h"

#include <utility>

#include "controller/model/change.h"
#include "controller/model/validate.h"

namespace meridian::control {

Result<std::unique_ptr<Head>> Head::load(SqliteStore& store, NodeSecrets secrets) {
  auto loaded = store.load();
  if (!loaded) return loaded.error();
  loaded->secrets = std::make_shared<const NodeSecrets>(std::move(secrets));
  return std::unique_ptr<Head>(
      new Head(store, std::make_shared<const ConfigurationAt>(std::move(*loaded))));
}

ConfigurationPtr Head::current() const {
  const std::lock_guard lock(reading_);
  return current_;
}

Result<ChangeOutcome> Head::apply(const v1::ApplyRequest& request, const ChangeOrigin& origin) {
  const std::lock_guard changing(changing_);
  const auto base = current();
  ChangeOutcome outcome{.revision = base->revision, .changes = {}, .violations = {}};
  if (request.expected_revision() != 0 && request.expected_revision() != base->revision.value) {
    outcome.stale = true;
    ++refusals_;
    return outcome;
  }
  auto proposal = propose(base->configuration, request, origin.time);
  outcome.changes = std::move(proposal.changes);
  outcome.violations = std::move(proposal.violations);
  if (outcome.violations.empty()) outcome.violations = validate(proposal.configuration);
  if (!outcome.violations.empty()) {
    ++refusals_;
    return outcome;
  }
  if (request.dry_run() || outcome.changes.empty()) return outcome;

  const auto committed = store_.commit({.base = base->revision,
                                        .time = origin.time,
                                        .author = origin.author,
                                        .comment = request.comment(),
                                        .changes = outcome.changes,
                                        .after = proposal.configuration,
                                        .join_token = origin.join_token});
  if (!committed) return committed.error();
  if (committed->outcome == CommitOutcome::token_spent) {
    outcome.token_spent = true;
    return outcome;
  }
  if (committed->outcome == CommitOutcome::head_moved)
    return Error("store",
                 "holds a revision that this controller has not made; is a second "
                 "controller running on the same directory?");
  outcome.revision = committed->revision;
  auto next = std::make_shared<const ConfigurationAt>(
      ConfigurationAt{committed->revision, std::move(proposal.configuration), base->secrets});
  {
    const std::lock_guard lock(reading_);
    current_ = std::move(next);
  }
  announce_();
  return outcome;
}

}  // namespace meridian::control

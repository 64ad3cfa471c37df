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
  if (outcome.violations.empty()) {
    outcome.violations = validate(proposal.configuration, certificates_);
    certificates_.forget_unused();
  }
  Completion completion;
  if (outcome.violations.empty()) {
    auto completed =
        complete_(proposal.configuration, *base->secrets, {base->revision.value + 1}, origin.time);
    if (!completed) return completed.error();
    completion = std::move(*completed);
    outcome.violations = std::move(completion.violations);
  }
  if (!outcome.violations.empty()) {
    ++refusals_;
    return outcome;
  }
  if (request.dry_run() || outcome.changes.empty()) return outcome;

  NewRevision next{.base = base->revision,
                   .time = origin.time,
                   .author = origin.author,
                   .comment = request.comment(),
                   .changes = outcome.changes,
                   .after = proposal.configuration,
                   .join_token = origin.join_token};
  auto secrets = base->secrets;
  if (completion.secrets) {
    next.secrets = std::move(completion.secrets->sealed);
    secrets = std::make_shared<const NodeSecrets>(std::move(completion.secrets->after));
  }
  const auto committed = commit(next);
  if (!committed) return committed.error();
  if (committed->outcome == CommitOutcome::token_spent) {
    outcome.token_spent = true;
    return outcome;
  }
  outcome.revision = committed->revision;
  publish({committed->revision, std::move(proposal.configuration), std::move(secrets)});
  return outcome;
}

Result<ConfigurationPtr> Head::change_secrets(const ChangeSecrets& change,
                                              const ChangeOrigin& origin) {
  const std::lock_guard changing(changing_);
  const auto base = current();
  auto changed = change(*base->secrets);
  if (!changed) return changed.error();
  if (!*changed) return base;
  auto& next = **changed;
  const auto committed = commit({.base = base->revision,
                                 .time = origin.time,
                                 .author = origin.author,
                                 .comment = std::move(next.comment),
                                 .changes = {},
                                 .after = base->configuration,
                                 .secrets = std::move(next.sealed)});
  if (!committed) return committed.error();
  publish({committed->revision, base->configuration,
           std::make_shared<const NodeSecrets>(std::move(next.after))});
  return current();
}

Result<void> Head::overtake(Revision held, const std::string& node, WallTime now) {
  if (held >= kMostLeast)
    return Error("revision " + std::to_string(held.value), "is greater than any that is made");
  const std::lock_guard changing(changing_);
  const auto base = current();
  if (base->revision >= held) return {};  // another node was first
  const auto committed = commit({.base = base->revision,
                                 .time = now,
                                 .author = "controller",
                                 .comment = "the node " + node + " holds revision " +
                                            std::to_string(held.value) + " of another store",
                                 .changes = {},
                                 .after = base->configuration,
                                 .least = {held.value + 1}});
  if (!committed) return committed.error();
  publish({committed->revision, base->configuration, base->secrets});
  return {};
}

Result<Committed> Head::commit(const NewRevision& next) {
  auto committed = store_.commit(next);
  if (committed && committed->outcome == CommitOutcome::head_moved)
    return Error("store",
                 "holds a revision that this controller has not made; is a second "
                 "controller running on the same directory?");
  return committed;
}

void Head::publish(ConfigurationAt next) {
  {
    const std::lock_guard lock(reading_);
    current_ = std::make_shared<const ConfigurationAt>(std::move(next));
  }
  announce_();
}

}  // namespace meridian::control

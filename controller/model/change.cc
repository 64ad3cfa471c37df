#include "controller/model/change.h"

#include <set>

#include "common/config/documents.h"
#include "controller/model/settle.h"

namespace meridian::control {
namespace {

v1::Violation violation(const ResourceId& id, std::string field, std::string reason) {
  v1::Violation violation;
  violation.mutable_resource()->set_kind(id.first);
  violation.mutable_resource()->set_name(id.second);
  violation.set_field(std::move(field));
  violation.set_reason(std::move(reason));
  return violation;
}

std::string text(const ResourceId& id) {
  return std::string(config::kind_text(id.first)) + " '" + id.second + "'";
}

bool same(const v1::Resource& a, const v1::Resource& b) {
  return a.SerializeAsString() == b.SerializeAsString();  // no map fields: one form each
}

void drop_line_ends(std::string& text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
}

/// Files end in a line break, which is no part of the secret. What comes without a value, as it was
/// shown, keeps that of `held`, the pool as it is; null: there is none.
void complete_secret_header(v1::OriginSecret& header, const v1::Resource* held) {
  auto& value = *header.mutable_value();
  drop_line_ends(value);
  if (value.empty() && held != nullptr)
    header.set_value(held->origin_pool().secret_header().value());
}

/// As complete_secret_header(), of those that rules and the settings of edges have.
void complete_rule_and_settings(v1::Resource& resource, const v1::Resource* held) {
  if (resource.rule().has_require_secret()) {
    auto& secret = *resource.mutable_rule()->mutable_require_secret();
    for (auto& value : *secret.mutable_values()) drop_line_ends(value);
    if (secret.values().empty() && held != nullptr)
      *secret.mutable_values() = held->rule().require_secret().values();
  }
  if (resource.has_edge_settings()) {
    auto& token = *resource.mutable_edge_settings()->mutable_debug_token();
    drop_line_ends(token);
    if (token.empty() && held != nullptr) token = held->edge_settings().debug_token();
  }
}

/// Makes one step of a request on a configuration, and notes what is wrong with the step itself.
class Steps {
 public:
  explicit Steps(Proposal& proposal) : proposal_(proposal) {}

  void upsert(v1::Resource resource) {
    const auto id = id_of(resource);
    if (id.first == v1::KIND_UNSPECIFIED) {
      proposal_.violations.push_back(violation(id, "kind", "is missing"));
      return;
    }
    if (!once(id)) return;
    if (resource.has_certificate() && resource.certificate().private_key_pem().empty()) {
      if (const auto* held = proposal_.configuration.find(id.first, id.second))
        resource.mutable_certificate()->set_private_key_pem(held->certificate().private_key_pem());
    }
    if (resource.has_tsig_key() && resource.tsig_key().secret().empty()) {
      if (const auto* held = proposal_.configuration.find(id.first, id.second))
        resource.mutable_tsig_key()->set_secret(held->tsig_key().secret());
    }
    if (resource.origin_pool().has_secret_header())
      complete_secret_header(*resource.mutable_origin_pool()->mutable_secret_header(),
                             proposal_.configuration.find(id.first, id.second));
    complete_rule_and_settings(resource, proposal_.configuration.find(id.first, id.second));
    proposal_.configuration.upsert(std::move(resource));
  }

  void erase(const v1::ResourceKey& key) {
    const ResourceId id{key.kind(), key.name()};
    if (!once(id)) return;
    if (!proposal_.configuration.erase(id))
      proposal_.violations.push_back(
          violation(id, "", "cannot be deleted: there is no " + text(id)));
  }

  const std::set<ResourceId>& touched() const { return touched_; }

 private:
  bool once(const ResourceId& id) {
    if (touched_.insert(id).second) return true;
    proposal_.violations.push_back(
        violation(id, "name", text(id) + " stands twice in this change; keep one"));
    return false;
  }

  Proposal& proposal_;
  std::set<ResourceId> touched_;
};

/// What was transferred is large, and its history is kept where it comes from.
v1::Resource for_history(const v1::Resource& resource) {
  auto shown = without_secrets(resource);
  if (shown.has_zone_content()) shown.mutable_zone_content()->mutable_zone()->clear_records();
  return shown;
}

v1::Change change_of(const ResourceId& id, const v1::Resource* before, const v1::Resource* after) {
  v1::Change change;
  change.mutable_resource()->set_kind(id.first);
  change.mutable_resource()->set_name(id.second);
  change.set_action(before == nullptr  ? v1::Change::ACTION_CREATED
                    : after == nullptr ? v1::Change::ACTION_DELETED
                                       : v1::Change::ACTION_UPDATED);
  if (before != nullptr) *change.mutable_before() = for_history(*before);
  if (after != nullptr) *change.mutable_after() = for_history(*after);
  return change;
}

}  // namespace

Proposal propose(const Configuration& base, const v1::ApplyRequest& request, WallTime now) {
  Proposal proposal;
  proposal.configuration = base;
  Steps steps(proposal);
  for (const auto& resource : request.upserts()) steps.upsert(resource);
  for (const auto& key : request.deletes()) steps.erase(key);
  auto touched = steps.touched();
  settle(base, proposal.configuration, touched, now);

  for (const auto& id : touched) {
    const auto* before = base.find(id.first, id.second);
    const auto* after = proposal.configuration.find(id.first, id.second);
    const bool unchanged =
        before != nullptr && after != nullptr ? same(*before, *after) : before == after;
    if (!unchanged) proposal.changes.push_back(change_of(id, before, after));
  }
  return proposal;
}

v1::Resource without_secrets(v1::Resource resource) {
  if (resource.has_certificate()) resource.mutable_certificate()->clear_private_key_pem();
  if (resource.has_tsig_key()) resource.mutable_tsig_key()->clear_secret();
  if (resource.origin_pool().has_secret_header())
    resource.mutable_origin_pool()->mutable_secret_header()->clear_value();
  if (resource.rule().has_require_secret())
    resource.mutable_rule()->mutable_require_secret()->clear_values();
  if (resource.has_edge_settings()) resource.mutable_edge_settings()->clear_debug_token();
  return resource;
}

}  // namespace meridian::control

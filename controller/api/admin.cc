#include "controller/api/admin.h"

#include <algorithm>
#include <utility>

#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>

#include "common/observe/log.h"
#include "controller/api/views.h"
#include "controller/identity/peer.h"
#include "controller/model/change.h"
#include "controller/secrets/vault.h"

namespace meridian::control {
namespace {

using google::protobuf::util::TimeUtil;
using grpc::Status;
using grpc::StatusCode;
using std::chrono::milliseconds;

constexpr std::size_t kLongestComment = 1'024;
constexpr std::uint32_t kMostUses = 10'000;
constexpr milliseconds kDefaultTokenLife = std::chrono::hours(1);
constexpr milliseconds kLongestTokenLife = std::chrono::hours(168);
constexpr std::size_t kDefaultRevisions = 20;

Status invalid(const std::string& what) { return {StatusCode::INVALID_ARGUMENT, what}; }

Status internal(const Error& error) {
  log::error("store failed", {{"reason", error}});
  return {StatusCode::INTERNAL, error.text()};
}

milliseconds duration_or(bool given, const google::protobuf::Duration& duration,
                         milliseconds otherwise) {
  return given ? milliseconds(TimeUtil::DurationToMilliseconds(duration)) : otherwise;
}

/// The name of the first ZoneContent that an operator would make or delete; null: there is none.
const std::string* zone_content_in(const v1::ApplyRequest& request) {
  for (const auto& resource : request.upserts()) {
    if (resource.has_zone_content()) return &resource.name();
  }
  for (const auto& key : request.deletes()) {
    if (key.kind() == v1::KIND_ZONE_CONTENT) return &key.name();
  }
  return nullptr;
}

}  // namespace

Status AdminService::permit(const Context& context, std::string& author) const {
  const auto caller = peer_name(*context.auth_context(), parts_.authority.trust_domain());
  if (!caller) return {StatusCode::UNAUTHENTICATED, caller.error().text()};
  author = peer_text(*caller);
  if (caller->role == v1::ROLE_ADMIN) return Status::OK;
  return {StatusCode::PERMISSION_DENIED,
          "only certificates of role admin may do this, not " + author};
}

AdminService::Reactor* AdminService::Apply(Context* context, const v1::ApplyRequest* request,
                                           v1::ApplyResponse* response) {
  return answer(context,
                [&](const std::string& author) { return apply(*request, author, *response); });
}

Status AdminService::apply(const v1::ApplyRequest& request, const std::string& author,
                           v1::ApplyResponse& response) {
  if (request.comment().size() > kLongestComment)
    return invalid("comment: longer than " + std::to_string(kLongestComment) + " bytes");
  if (const auto* name = zone_content_in(request); name != nullptr)
    return invalid("ZoneContent '" + *name +
                   "': only a transfer from the zone's primaries makes it");
  auto outcome = parts_.head.apply(request, {author, parts_.clocks.wall()});
  if (!outcome) return internal(outcome.error());
  if (outcome->stale)
    return {StatusCode::ABORTED, "the newest revision is " +
                                     std::to_string(outcome->revision.value) + ", not " +
                                     std::to_string(request.expected_revision()) +
                                     ": look at what has changed, then apply again"};
  response.set_revision(outcome->revision.value);
  for (auto& violation : outcome->violations) *response.add_violations() = std::move(violation);
  for (auto& change : outcome->changes) *response.add_changes() = std::move(change);
  if (!request.dry_run() && response.violations().empty() && !response.changes().empty())
    log::info("revision accepted", {{"revision", outcome->revision.value},
                                    {"author", author},
                                    {"changes", response.changes_size()}});
  return Status::OK;
}

AdminService::Reactor* AdminService::ListResources(Context* context,
                                                   const v1::ListResourcesRequest* request,
                                                   v1::ListResourcesResponse* response) {
  return answer(context, [&](const std::string&) {
    const auto head = parts_.head.current();
    response->set_revision(head->revision.value);
    for (const auto& [id, resource] : head->configuration.resources()) {
      if (request->kind() != v1::KIND_UNSPECIFIED && request->kind() != id.first) continue;
      if (!request->name().empty() && request->name() != id.second) continue;
      // Nothing that anybody declares, and large.
      if (resource.has_zone_content() && request->kind() != id.first) continue;
      *response->add_resources() = without_secrets(resource);
    }
    return Status::OK;
  });
}

AdminService::Reactor* AdminService::ListZones(Context* context,
                                               const v1::ListZonesRequest* request,
                                               v1::ListZonesResponse* response) {
  return answer(context, [&](const std::string&) {
    const auto head = parts_.head.current();
    for (const auto& [id, resource] : head->configuration.resources()) {
      if (!resource.has_zone()) continue;
      if (!request->name().empty() && request->name() != id.second) continue;
      *response->add_zones() = zone_view(resource, *head, parts_.transfers);
    }
    return Status::OK;
  });
}

AdminService::Reactor* AdminService::RefreshZone(Context* context,
                                                 const v1::RefreshZoneRequest* request,
                                                 v1::RefreshZoneResponse* response) {
  return answer(context, [&](const std::string& author) {
    const auto head = parts_.head.current();
    const auto* zone = head->configuration.find(v1::KIND_ZONE, request->zone());
    const auto wish = request->force() ? ZoneTransfers::Wish::transfer : ZoneTransfers::Wish::check;
    if (zone != nullptr) *response->mutable_zone() = zone_view(*zone, *head, parts_.transfers);
    if (zone == nullptr || !parts_.transfers.refresh(request->zone(), wish))
      return Status(StatusCode::NOT_FOUND,
                    "there is no Zone '" + request->zone() + "' that has primaries");
    log::info("zone refresh asked for", {{"zone", request->zone()}, {"author", author}});
    return Status::OK;
  });
}

AdminService::Reactor* AdminService::ListRevisions(Context* context,
                                                   const v1::ListRevisionsRequest* request,
                                                   v1::ListRevisionsResponse* response) {
  return answer(context, [&](const std::string&) {
    const std::size_t limit = request->limit() == 0 ? kDefaultRevisions : request->limit();
    auto revisions = parts_.store.revisions(std::min(limit, kKeptRevisions));
    if (!revisions) return internal(revisions.error());
    for (auto& revision : *revisions) *response->add_revisions() = std::move(revision);
    return Status::OK;
  });
}

AdminService::Reactor* AdminService::ListNodes(Context* context, const v1::ListNodesRequest*,
                                               v1::ListNodesResponse* response) {
  return answer(context, [&](const std::string&) {
    const auto head = parts_.head.current();
    response->set_revision(head->revision.value);
    *response->mutable_nodes() = nodes_view(*head, parts_.registry, parts_.board);
    return Status::OK;
  });
}

AdminService::Reactor* AdminService::CreateJoinToken(Context* context,
                                                     const v1::CreateJoinTokenRequest* request,
                                                     v1::CreateJoinTokenResponse* response) {
  return answer(context, [&](const std::string& author) {
    auto status = create_token(*request, *response);
    if (status.ok())
      log::info("join token created", {{"id", response->description().id()},
                                       {"author", author},
                                       {"role", tls::role_text(request->role())},
                                       {"location", request->location()}});
    return status;
  });
}

Status AdminService::create_token(const v1::CreateJoinTokenRequest& request,
                                  v1::CreateJoinTokenResponse& response) {
  if (request.role() != v1::ROLE_DNS && request.role() != v1::ROLE_EDGE)
    return invalid("role: must be dns or edge");
  if (request.location().empty()) return invalid("location: is missing");
  const auto head = parts_.head.current();
  if (head->configuration.find(v1::KIND_LOCATION, request.location()) == nullptr)
    return invalid("location: there is no location '" + request.location() + "'; apply it first");
  if (!request.node().empty() && !is_peer_name(request.node()))
    return invalid("node: '" + request.node() +
                   "' cannot be a node's name: letters, digits and '-', at most 63");
  const auto life = duration_or(request.has_ttl(), request.ttl(), kDefaultTokenLife);
  if (life <= milliseconds(0) || life > kLongestTokenLife)
    return invalid("ttl: must be more than 0 and at most 168h");
  if (request.uses() > kMostUses)
    return invalid("uses: must be at most " + std::to_string(kMostUses));

  const auto token = make_join_token(parts_.authority.fingerprint());
  if (!token) return internal(token.error());
  const auto now = parts_.clocks.wall();
  const StoredToken stored{.id = token->id,
                           .secret_hash = secret_hash(*token),
                           .role = request.role(),
                           .location = request.location(),
                           .node = request.node(),
                           .expires = now + life,
                           .uses_left = std::max(request.uses(), 1u),
                           .revoked = false};
  if (const auto added = parts_.store.add_token(stored, now); !added)
    return internal(added.error());
  response.set_token(token->text());
  *response.mutable_description() = view(stored);
  return Status::OK;
}

AdminService::Reactor* AdminService::ListJoinTokens(Context* context,
                                                    const v1::ListJoinTokensRequest*,
                                                    v1::ListJoinTokensResponse* response) {
  return answer(context, [&](const std::string&) {
    const auto tokens = parts_.store.tokens();
    if (!tokens) return internal(tokens.error());
    for (const auto& token : *tokens) *response->add_tokens() = view(token);
    return Status::OK;
  });
}

AdminService::Reactor* AdminService::RevokeJoinToken(Context* context,
                                                     const v1::RevokeJoinTokenRequest* request,
                                                     v1::RevokeJoinTokenResponse*) {
  return answer(context, [&](const std::string& author) {
    const auto revoked = parts_.store.revoke_token(request->id());
    if (!revoked) return internal(revoked.error());
    if (!*revoked)
      return Status(StatusCode::NOT_FOUND, "there is no join token '" + request->id() + "'");
    log::info("join token revoked", {{"id", request->id()}, {"author", author}});
    return Status::OK;
  });
}

AdminService::Reactor* AdminService::GetStatus(Context* context, const v1::GetStatusRequest*,
                                               v1::GetStatusResponse* response) {
  return answer(context, [&](const std::string&) {
    const auto head = parts_.head.current();
    const auto bounds = parts_.store.purge_bounds();
    if (!bounds) return internal(bounds.error());
    const auto count = [&](v1::Kind kind) {
      const auto& all = head->configuration.resources();
      return static_cast<std::uint32_t>(std::count_if(
          all.begin(), all.end(), [kind](const auto& entry) { return entry.first.first == kind; }));
    };
    response->set_revision(head->revision.value);
    response->set_software_version(MERIDIAN_VERSION);
    *response->mutable_started() = timestamp(parts_.started);
    *response->mutable_nodes() = nodes_view(*head, parts_.registry, parts_.board);
    response->set_purge_sequence(bounds->last.value);
    response->set_sites(count(v1::KIND_SITE));
    response->set_zones(count(v1::KIND_ZONE));
    *response->mutable_ca_expires() = timestamp(parts_.authority.expires());
    return Status::OK;
  });
}

AdminService::Reactor* AdminService::RotateCookieSecret(Context* context,
                                                        const v1::RotateCookieSecretRequest*,
                                                        v1::RotateCookieSecretResponse* response) {
  return answer(context, [&](const std::string& author) {
    const auto rotated =
        rotate_cookie_secret(parts_.head, parts_.seal, {author, parts_.clocks.wall()});
    if (!rotated) return internal(rotated.error());
    response->set_revision(rotated->revision.value);
    *response->mutable_sign_from() =
        TimeUtil::SecondsToTimestamp(static_cast<std::int64_t>(rotated->next.sign_from()));
    log::info("cookie secret changed", {{"revision", response->revision()}, {"author", author}});
    return Status::OK;
  });
}

}  // namespace meridian::control

#include "controller/gslbctl/client.h"

#include <chrono>
#include <utility>

#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>

#include "common/base/nearest.h"
#include "common/config/documents.h"
#include "common/control/channel.h"
#include "common/control/renewal.h"
#include "common/tls/identity.h"
#include "controller/gslbctl/changes.h"
#include "controller/gslbctl/own_certificate.h"
#include "controller/gslbctl/render.h"
#include "meridian/v1/admin.grpc.pb.h"

namespace meridian::gslbctl {
namespace {

/// More for each resource that is applied: certificates and their keys have to be read.
constexpr std::chrono::milliseconds kPatienceEach{5};
constexpr std::chrono::seconds kReportPatience{55};  // more; the controller gives up before

/// Where to see whether a change was made that no answer came to.
using Look = const char*;
constexpr Look kChangesNothing = nullptr;
constexpr Look kLookAtHistory = "`gslbctl history` shows it if it was";
constexpr Look kLookAtTokens = "`gslbctl token list` shows it if it was";

constexpr int kMostAttempts = 5;

Failure no_identity(const std::string& directory, const std::string& why,
                    const std::string& advice =
                        "`gslbctl init` makes one in admin/ of the controller's data directory; "
                        "name it with --identity") {
  return usage("the identity in " + directory + " cannot be used: " + why, advice);
}

/// "Connection refused" out of gRPC's "failed to connect to all addresses; last error: UNKNOWN:
/// ipv4:127.0.0.1:7443: Failed to connect to remote host: Connection refused".
std::string connection_error(const std::string& message) {
  for (const std::string_view before : {"remote host: ", "last error: ", "errors: "})
    if (const auto at = message.rfind(before); at != std::string::npos)
      return message.substr(at + before.size());
  return message;
}

/// gRPC's message for a connection that never stood, so that no request can have gone over it.
bool never_connected(const std::string& message) {
  return message.starts_with("failed to connect");
}

/// An answer that lists violations, as a Failure.
Failure refusal(const v1::ApplyResponse& response) {
  std::string text = "refused, nothing was changed:";
  for (const auto& violation : response.violations()) text += "\n  " + violation_text(violation);
  return refused(std::move(text));
}

}  // namespace

class Client::Connection {
 public:
  Connection(Settings settings, const tls::Identity& identity, std::chrono::milliseconds patience)
      : settings_(std::move(settings)),
        patience_(patience),
        channel_(control::make_channel(settings_.controller, identity)),
        stub_(v1::Admin::NewStub(channel_)) {}

  const Settings& settings() const { return settings_; }

  Result<tls::Identity> renew(const tls::Identity& identity) {
    auto renewed = control::renew(channel_, identity);
    if (!renewed) return Error(connection_error(renewed.error().text()));
    return renewed;
  }

  template <class Request, class Response>
  using Method = grpc::Status (v1::Admin::Stub::*)(grpc::ClientContext*, const Request&, Response*);

  template <class Request, class Response>
  Answer<Response> call(Method<Request, Response> method, const Request& request, Look look,
                        std::chrono::milliseconds more_patience = {}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + patience_ + more_patience);
    Response response;
    const auto status = (stub_.get()->*method)(&context, request, &response);
    if (status.ok()) return response;
    return failure(status, look);
  }

 private:
  Failure failure(const grpc::Status& status, Look look) const {
    switch (status.error_code()) {
      case grpc::StatusCode::UNAVAILABLE:
        // The controller's own answer (no DNS node is connected) came over a connection that works.
        if (channel_->GetState(false) == GRPC_CHANNEL_READY) return refused(status.error_message());
        if (look != kChangesNothing && !never_connected(status.error_message()))
          return unknown_outcome("went away before it answered", look);
        return unreachable(connection_error(status.error_message()));
      case grpc::StatusCode::DEADLINE_EXCEEDED:
        if (look != kChangesNothing) return unknown_outcome("did not answer in time", look);
        return unreachable("it did not answer in time");
      case grpc::StatusCode::UNAUTHENTICATED:
      case grpc::StatusCode::PERMISSION_DENIED:
        return refused(status.error_message(),
                       "the identity in " + settings_.identity +
                           " must be an administrator's: the controller's data directory has one "
                           "in admin/");
      case grpc::StatusCode::ABORTED:
        return overtaken(status.error_message());
      default:
        return refused(status.error_message());
    }
  }

  static Failure overtaken(const std::string& why) {
    auto failure = refused(why);
    failure.overtaken = true;
    return failure;
  }

  /// The request may have arrived and been obeyed.
  Failure unknown_outcome(const std::string& why, Look look) const {
    return {Exit::unreachable,
            "the controller at " + settings_.controller + " " + why +
                ": it is not known whether the change was made",
            look};
  }

  Failure unreachable(const std::string& why) const {
    return {Exit::unreachable,
            "cannot reach the controller at " + settings_.controller + ": " + why,
            "is it running there? Where `gslbctl init` made its directory, start it with\n"
            "  controller --dir DIR\n"
            "or name another one with --controller HOST:PORT"};
  }

  Settings settings_;
  std::chrono::milliseconds patience_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Admin::Stub> stub_;
};

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Answer<Client> Client::make(const Settings& settings, std::chrono::milliseconds patience) {
  const auto identity = tls::load_identity(settings.identity);
  if (!identity) return no_identity(settings.identity, identity.error().text());
  if (!*identity) return no_identity(settings.identity, "there is none");
  const auto expires = (*identity)->expires();
  if (expires && *expires < WallClock::now())
    return no_identity(settings.identity, "its certificate expired on " + time_text(*expires),
                       create_again(settings.identity, **identity));
  return Client(std::make_unique<Connection>(settings, **identity, patience));
}

const std::string& Client::controller() const { return connection_->settings().controller; }

const std::string& Client::identity() const { return connection_->settings().identity; }

Result<tls::Identity> Client::renew(const tls::Identity& identity) {
  return connection_->renew(identity);
}

Answer<v1::ApplyResponse> Client::apply(const v1::ApplyRequest& request) {
  return connection_->call(&v1::Admin::Stub::Apply, request,
                           request.dry_run() ? kChangesNothing : kLookAtHistory,
                           kPatienceEach * request.upserts_size());
}

Answer<v1::ListResourcesResponse> Client::list(v1::Kind kind, const std::string& name) {
  v1::ListResourcesRequest request;
  request.set_kind(kind);
  request.set_name(name);
  return connection_->call(&v1::Admin::Stub::ListResources, request, kChangesNothing);
}

Answer<v1::ListRevisionsResponse> Client::revisions(std::uint32_t limit) {
  v1::ListRevisionsRequest request;
  request.set_limit(limit);
  return connection_->call(&v1::Admin::Stub::ListRevisions, request, kChangesNothing);
}

Answer<v1::ListNodesResponse> Client::nodes() {
  return connection_->call(&v1::Admin::Stub::ListNodes, v1::ListNodesRequest(), kChangesNothing);
}

Answer<v1::CreateJoinTokenResponse> Client::create_token(
    const v1::CreateJoinTokenRequest& request) {
  return connection_->call(&v1::Admin::Stub::CreateJoinToken, request, kLookAtTokens);
}

Answer<v1::ListJoinTokensResponse> Client::tokens() {
  return connection_->call(&v1::Admin::Stub::ListJoinTokens, v1::ListJoinTokensRequest(),
                           kChangesNothing);
}

Answer<v1::RevokeJoinTokenResponse> Client::revoke_token(const std::string& id) {
  v1::RevokeJoinTokenRequest request;
  request.set_id(id);
  return connection_->call(&v1::Admin::Stub::RevokeJoinToken, request, kLookAtTokens);
}

Answer<v1::PurgeResponse> Client::purge(const v1::PurgeRequest& request) {
  using google::protobuf::util::TimeUtil;
  const std::chrono::milliseconds wait(TimeUtil::DurationToMilliseconds(request.wait()));
  return connection_->call(&v1::Admin::Stub::Purge, request, "purge again: that does no harm",
                           wait);
}

Answer<v1::ExplainResponse> Client::explain(const v1::ExplainQuery& query) {
  return connection_->call(&v1::Admin::Stub::Explain, query, kChangesNothing);
}

Answer<v1::HttpExplanation> Client::explain_http(const v1::HttpExplainQuery& query) {
  return connection_->call(&v1::Admin::Stub::ExplainHttp, query, kChangesNothing);
}

Answer<v1::SteeringReport> Client::report_steering(const v1::SteeringReportQuery& query) {
  return connection_->call(&v1::Admin::Stub::ReportSteering, query, kChangesNothing,
                           kReportPatience);
}

Answer<v1::ZoneKeysView> Client::zone_keys(const std::string& zone) {
  v1::GetZoneKeysRequest request;
  request.set_zone(zone);
  return connection_->call(&v1::Admin::Stub::GetZoneKeys, request, kChangesNothing);
}

Answer<v1::ZoneKeysView> Client::roll_zone_keys(const std::string& zone, v1::KeyRole role) {
  v1::RollZoneKeysRequest request;
  request.set_zone(zone);
  request.set_role(role);
  return connection_->call(&v1::Admin::Stub::RollZoneKeys, request, kLookAtHistory);
}

Answer<v1::ZoneKeysView> Client::confirm_zone_ds(const std::string& zone, bool withdrawn) {
  v1::ConfirmZoneDsRequest request;
  request.set_zone(zone);
  request.set_withdrawn(withdrawn);
  return connection_->call(&v1::Admin::Stub::ConfirmZoneDs, request, kLookAtHistory);
}

Answer<v1::GetStatusResponse> Client::status() {
  return connection_->call(&v1::Admin::Stub::GetStatus, v1::GetStatusRequest(), kChangesNothing);
}

Answer<v1::RotateCookieSecretResponse> Client::rotate_cookie_secret() {
  return connection_->call(&v1::Admin::Stub::RotateCookieSecret, v1::RotateCookieSecretRequest(),
                           kLookAtHistory);
}

Answer<v1::ListZonesResponse> Client::zones(const std::string& name) {
  v1::ListZonesRequest request;
  request.set_name(name);
  return connection_->call(&v1::Admin::Stub::ListZones, request, kChangesNothing);
}

Answer<v1::RefreshZoneResponse> Client::refresh_zone(const v1::RefreshZoneRequest& request) {
  return connection_->call(&v1::Admin::Stub::RefreshZone, request, kChangesNothing);
}

Answer<Found> find(Client& client, v1::Kind kind, const std::string& name) {
  const std::string kind_name(config::kind_text(kind));
  const auto all = client.list(kind, "");
  if (!all) return all.error();
  std::vector<std::string_view> names;
  for (const auto& resource : all->resources()) {
    if (resource.name() == name) return Found{resource, all->revision()};
    names.emplace_back(resource.name());
  }
  return refused("there is no " + kind_name + " '" + name + "'" + did_you_mean(name, names),
                 "`gslbctl get " + kind_name + "` lists them");
}

Answer<v1::ApplyResponse> apply_edit(Client& client, const v1::ResourceKey& key,
                                     const std::string& comment, const Edit& edit) {
  Failure overtaken;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    auto found = find(client, key.kind(), key.name());
    if (!found) return found.error();
    const auto edited = edit(found->resource);
    if (!edited) return edited.error();
    if (*edited == Edited::unchanged) {
      v1::ApplyResponse nothing;
      nothing.set_revision(found->revision);
      return nothing;
    }
    v1::ApplyRequest request;
    *request.add_upserts() = std::move(found->resource);
    request.set_expected_revision(found->revision);
    request.set_comment(comment);
    auto response = client.apply(request);
    if (response && !response->violations().empty()) return refusal(*response);
    if (response || !response.error().overtaken) return response;
    overtaken = response.error();
  }
  return overtaken;
}

}  // namespace meridian::gslbctl

#include "controller/gslbctl/client.h"

#include <chrono>
#include <utility>

#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>

#include "common/base/nearest.h"
#include "common/config/documents.h"
#include "common/control/channel.h"
#include "common/tls/identity.h"
#include "controller/gslbctl/changes.h"
#include "meridian/v1/admin.grpc.pb.h"

namespace meridian::gslbctl {
namespace {

constexpr std::chrono::seconds kPatience{10};
/// More for each resource that is applied: certificates and their keys have to be read.
constexpr std::chrono::milliseconds kPatienceEach{5};
constexpr std::chrono::seconds kReportPatience{65};  // the controller gives up before

constexpr int kMostAttempts = 5;

Failure no_identity(const std::string& directory, const std::string& why) {
  return usage("the identity in " + directory + " cannot be used: " + why,
               "`gslbctl init` makes one in admin/ of the controller's data directory; name it "
               "with --identity");
}

/// "Connection refused" out of gRPC's "failed to connect to all addresses; last error: UNKNOWN:
/// ipv4:127.0.0.1:7443: Failed to connect to remote host: Connection refused".
std::string connection_error(const std::string& message) {
  for (const std::string_view before : {"remote host: ", "last error: ", "errors: "})
    if (const auto at = message.rfind(before); at != std::string::npos)
      return message.substr(at + before.size());
  return message;
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
  Connection(Settings settings, const tls::Identity& identity)
      : settings_(std::move(settings)),
        channel_(control::make_channel(settings_.controller, identity)),
        stub_(v1::Admin::NewStub(channel_)) {}

  const std::string& controller() const { return settings_.controller; }

  template <class Request, class Response>
  using Method = grpc::Status (v1::Admin::Stub::*)(grpc::ClientContext*, const Request&, Response*);

  template <class Request, class Response>
  Answer<Response> call(Method<Request, Response> method, const Request& request,
                        std::chrono::milliseconds patience = kPatience) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + patience);
    Response response;
    const auto status = (stub_.get()->*method)(&context, request, &response);
    if (status.ok()) return response;
    return failure(status);
  }

 private:
  Failure failure(const grpc::Status& status) const {
    switch (status.error_code()) {
      case grpc::StatusCode::UNAVAILABLE:
        // The controller's own answer (no DNS node is connected) came over a connection that works.
        if (channel_->GetState(false) == GRPC_CHANNEL_READY) return refused(status.error_message());
        return unreachable(connection_error(status.error_message()));
      case grpc::StatusCode::DEADLINE_EXCEEDED:
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

  Failure unreachable(const std::string& why) const {
    return {Exit::unreachable,
            "cannot reach the controller at " + settings_.controller + ": " + why,
            "is it running there? Where `gslbctl init` made its directory, start it with\n"
            "  controller --dir DIR\n"
            "or name another one with --controller HOST:PORT"};
  }

  Settings settings_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Admin::Stub> stub_;
};

Client::Client(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Answer<Client> Client::make(const Settings& settings) {
  const auto identity = tls::load_identity(settings.identity);
  if (!identity) return no_identity(settings.identity, identity.error().text());
  if (!*identity) return no_identity(settings.identity, "there is none");
  const auto expires = (*identity)->expires();
  if (expires && *expires < WallClock::now())
    return no_identity(settings.identity, "its certificate has expired");
  return Client(std::make_unique<Connection>(settings, **identity));
}

const std::string& Client::controller() const { return connection_->controller(); }

Answer<v1::ApplyResponse> Client::apply(const v1::ApplyRequest& request) {
  return connection_->call(&v1::Admin::Stub::Apply, request,
                           kPatience + kPatienceEach * request.upserts_size());
}

Answer<v1::ListResourcesResponse> Client::list(v1::Kind kind, const std::string& name) {
  v1::ListResourcesRequest request;
  request.set_kind(kind);
  request.set_name(name);
  return connection_->call(&v1::Admin::Stub::ListResources, request);
}

Answer<v1::ListRevisionsResponse> Client::revisions(std::uint32_t limit) {
  v1::ListRevisionsRequest request;
  request.set_limit(limit);
  return connection_->call(&v1::Admin::Stub::ListRevisions, request);
}

Answer<v1::ListNodesResponse> Client::nodes() {
  return connection_->call(&v1::Admin::Stub::ListNodes, v1::ListNodesRequest());
}

Answer<v1::CreateJoinTokenResponse> Client::create_token(
    const v1::CreateJoinTokenRequest& request) {
  return connection_->call(&v1::Admin::Stub::CreateJoinToken, request);
}

Answer<v1::ListJoinTokensResponse> Client::tokens() {
  return connection_->call(&v1::Admin::Stub::ListJoinTokens, v1::ListJoinTokensRequest());
}

Answer<v1::RevokeJoinTokenResponse> Client::revoke_token(const std::string& id) {
  v1::RevokeJoinTokenRequest request;
  request.set_id(id);
  return connection_->call(&v1::Admin::Stub::RevokeJoinToken, request);
}

Answer<v1::PurgeResponse> Client::purge(const v1::PurgeRequest& request) {
  using google::protobuf::util::TimeUtil;
  const std::chrono::milliseconds wait(TimeUtil::DurationToMilliseconds(request.wait()));
  return connection_->call(&v1::Admin::Stub::Purge, request, wait + kPatience);
}

Answer<v1::ExplainResponse> Client::explain(const v1::ExplainQuery& query) {
  return connection_->call(&v1::Admin::Stub::Explain, query);
}

Answer<v1::HttpExplanation> Client::explain_http(const v1::HttpExplainQuery& query) {
  return connection_->call(&v1::Admin::Stub::ExplainHttp, query);
}

Answer<v1::SteeringReport> Client::report_steering(const v1::SteeringReportQuery& query) {
  return connection_->call(&v1::Admin::Stub::ReportSteering, query, kReportPatience);
}

Answer<v1::ZoneKeysView> Client::zone_keys(const std::string& zone) {
  v1::GetZoneKeysRequest request;
  request.set_zone(zone);
  return connection_->call(&v1::Admin::Stub::GetZoneKeys, request);
}

Answer<v1::ZoneKeysView> Client::roll_zone_keys(const std::string& zone, v1::KeyRole role) {
  v1::RollZoneKeysRequest request;
  request.set_zone(zone);
  request.set_role(role);
  return connection_->call(&v1::Admin::Stub::RollZoneKeys, request);
}

Answer<v1::ZoneKeysView> Client::confirm_zone_ds(const std::string& zone, bool withdrawn) {
  v1::ConfirmZoneDsRequest request;
  request.set_zone(zone);
  request.set_withdrawn(withdrawn);
  return connection_->call(&v1::Admin::Stub::ConfirmZoneDs, request);
}

Answer<v1::GetStatusResponse> Client::status() {
  return connection_->call(&v1::Admin::Stub::GetStatus, v1::GetStatusRequest());
}

Answer<v1::RotateCookieSecretResponse> Client::rotate_cookie_secret() {
  return connection_->call(&v1::Admin::Stub::RotateCookieSecret, v1::RotateCookieSecretRequest());
}

Answer<v1::ListZonesResponse> Client::zones(const std::string& name) {
  v1::ListZonesRequest request;
  request.set_name(name);
  return connection_->call(&v1::Admin::Stub::ListZones, request);
}

Answer<v1::RefreshZoneResponse> Client::refresh_zone(const v1::RefreshZoneRequest& request) {
  return connection_->call(&v1::Admin::Stub::RefreshZone, request);
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

#include "controller/identity/enroll.h"

#include <optional>
#include <string>
#include <utility>

#include "common/observe/log.h"
#include "controller/identity/peer.h"

namespace meridian::control {
namespace {

using grpc::Status;
using grpc::StatusCode;

constexpr int kMostTries = 8;  // of a change that others keep overtaking

Status token_status(TokenRefusal refusal) {
  const bool known = refusal == TokenRefusal::role || refusal == TokenRefusal::node;
  return {known ? StatusCode::PERMISSION_DENIED : StatusCode::UNAUTHENTICATED,
          std::string(refusal_text(refusal))};
}

std::optional<Status> malformed(const v1::EnrollRequest& request) {
  if (!is_peer_name(request.name()))
    return Status(
        StatusCode::INVALID_ARGUMENT,
        "'" + request.name() + "' cannot be a node's name: letters, digits and '-', at most 63");
  if (request.role() != v1::ROLE_DNS && request.role() != v1::ROLE_EDGE)
    return Status(StatusCode::INVALID_ARGUMENT, "the role must be dns or edge");
  return std::nullopt;
}

v1::ApplyRequest declaration(const v1::EnrollRequest& request, const StoredToken& token,
                             Revision base) {
  v1::ApplyRequest change;
  change.set_expected_revision(base.value);
  change.set_comment("enrolled with join token " + token.id);
  auto& resource = *change.add_upserts();
  resource.set_name(request.name());
  auto& node = *resource.mutable_node();
  node.set_role(request.role());
  node.set_location(token.location);
  *node.mutable_addresses() = request.addresses();
  if (request.has_https_port()) node.set_https_port(request.https_port());
  if (request.has_http_port()) node.set_http_port(request.http_port());
  return change;
}

std::string violations_text(const std::vector<v1::Violation>& violations) {
  std::string text;
  for (const auto& violation : violations) {
    if (!text.empty()) text += "; ";
    text += violation.resource().name() + ": " + violation.field() + ": " + violation.reason();
  }
  return text;
}

}  // namespace

grpc::ServerUnaryReactor* EnrollmentService::Enroll(grpc::CallbackServerContext* context,
                                                    const v1::EnrollRequest* request,
                                                    v1::EnrollResponse* response) {
  auto* reactor = context->DefaultReactor();
  const auto status = enroll(*request, *response);
  if (status.ok()) {
    ++enrolled_;
    log::info("node enrolled", {{"node", request->name()},
                                {"role", tls::role_text(request->role())},
                                {"location", response->location()},
                                {"peer", context->peer()}});
  } else {
    ++refused_;
    // At the bound only the counter speaks: hostile attempts must not fill the log.
    if (status.error_code() != StatusCode::RESOURCE_EXHAUSTED)
      log::warn("enrolment refused", {{"node", request->name()},
                                      {"reason", status.error_message()},
                                      {"peer", context->peer()}});
  }
  reactor->Finish(status);
  return reactor;
}

Status EnrollmentService::enroll(const v1::EnrollRequest& request, v1::EnrollResponse& response) {
  const auto steady = parts_.clocks.steady();
  {
    const std::lock_guard lock(attempts_mutex_);
    if (!attempts_.allowed(steady))
      return {StatusCode::RESOURCE_EXHAUSTED, "too many failed enrolments; try again in a second"};
  }
  const auto failed = [&](Status status) {
    const std::lock_guard lock(attempts_mutex_);
    attempts_.failed(steady);
    return status;
  };
  if (auto wrong = malformed(request)) return failed(std::move(*wrong));
  const auto presented = tls::parse_join_token(request.token());
  if (!presented)
    return failed({StatusCode::UNAUTHENTICATED, "no join token: " + presented.error().text()});
  const auto stored = parts_.store.token(presented->id);
  if (!stored) return {StatusCode::INTERNAL, stored.error().text()};
  const auto now = parts_.clocks.wall();
  if (const auto why = refusal(*stored, *presented, {request.role(), request.name()}, now))
    return failed(token_status(*why));

  const CertificateOrder order{request.role(), request.name(), parts_.node_certificate_life, now};
  if (auto issued = issue(request.csr_pem(), order, response); !issued.ok())
    return failed(std::move(issued));
  auto admitted = admit(request, **stored);
  if (!admitted.ok()) {
    response.Clear();
    return failed(std::move(admitted));
  }
  response.set_location((*stored)->location);
  return Status::OK;
}

Status EnrollmentService::admit(const v1::EnrollRequest& request, const StoredToken& token) {
  const Status spent(StatusCode::UNAUTHENTICATED, std::string(refusal_text(TokenRefusal::used_up)));
  for (int i = 0; i < kMostTries; ++i) {
    const auto head = parts_.head.current();
    const auto now = parts_.clocks.wall();
    if (const auto* declared = head->configuration.find(v1::KIND_NODE, request.name())) {
      if (declared->node().role() != request.role() ||
          declared->node().location() != token.location)
        return {StatusCode::ALREADY_EXISTS,
                "a node '" + request.name() + "' is declared with role " +
                    std::string(tls::role_text(declared->node().role())) + " in location " +
                    declared->node().location() + "; take another name, or delete that node first"};
      const auto used = parts_.store.use_token(token.id, now);
      if (!used) return {StatusCode::INTERNAL, used.error().text()};
      return *used ? Status::OK : spent;
    }
    if (request.role() == v1::ROLE_EDGE && request.addresses().empty())
      return {StatusCode::INVALID_ARGUMENT,
              "an edge that is not declared yet must say where visitors reach it: pass --address"};
    const auto outcome = parts_.head.apply(declaration(request, token, head->revision),
                                           {"enrollment", now, token.id});
    if (!outcome) return {StatusCode::INTERNAL, outcome.error().text()};
    if (outcome->token_spent) return spent;
    if (!outcome->violations.empty())
      return {StatusCode::INVALID_ARGUMENT, violations_text(outcome->violations)};
    if (!outcome->stale) return Status::OK;
  }
  return {StatusCode::UNAVAILABLE, "the configuration keeps changing; try again"};
}

grpc::ServerUnaryReactor* EnrollmentService::Renew(grpc::CallbackServerContext* context,
                                                   const v1::RenewRequest* request,
                                                   v1::EnrollResponse* response) {
  auto* reactor = context->DefaultReactor();
  const auto caller = peer_name(*context->auth_context(), parts_.authority.trust_domain());
  const auto status = caller ? renew(*caller, *request, *response)
                             : Status(StatusCode::UNAUTHENTICATED, caller.error().text());
  if (status.ok()) {
    ++renewed_;
  } else {
    ++refused_;
    // Strangers are only counted: anybody could fill the log.
    if (caller)
      log::warn("renewal refused",
                {{"node", peer_text(*caller)}, {"reason", status.error_message()}});
  }
  reactor->Finish(status);
  return reactor;
}

Status EnrollmentService::renew(const tls::PeerName& caller, const v1::RenewRequest& request,
                                v1::EnrollResponse& response) {
  const auto now = parts_.clocks.wall();
  if (caller.role == v1::ROLE_ADMIN)
    return issue(request.csr_pem(), {caller.role, caller.name, kAdminCertificateLife, now},
                 response);
  const auto head = parts_.head.current();
  const auto* declared = head->configuration.find(v1::KIND_NODE, caller.name);
  if (declared == nullptr)
    return {StatusCode::NOT_FOUND, "the node '" + caller.name + "' is not declared any more"};
  if (declared->node().role() != caller.role)
    return {StatusCode::PERMISSION_DENIED, "the node '" + caller.name +
                                               "' is declared with another role than its "
                                               "certificate has; enrol it anew"};
  const auto issued = issue(
      request.csr_pem(), {caller.role, caller.name, parts_.node_certificate_life, now}, response);
  response.set_location(issued.ok() ? declared->node().location() : "");
  return issued;
}

Status EnrollmentService::issue(std::string_view request_pem, const CertificateOrder& order,
                                v1::EnrollResponse& response) {
  auto chain = parts_.authority.issue(request_pem, order);
  if (!chain) return {StatusCode::INVALID_ARGUMENT, "csr_pem: " + chain.error().text()};
  response.set_chain_pem(std::move(*chain));
  response.set_ca_pem(parts_.authority.certificate_pem());
  return Status::OK;
}

}  // namespace meridian::control

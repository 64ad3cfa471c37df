#include "controller/distribute/services.h"

#include <utility>

#include "controller/identity/peer.h"

namespace meridian::control {
namespace {

using grpc::Status;
using grpc::StatusCode;

// A stream that ends before it began. Deletes itself in OnDone.
template <class Reactor>
class Refusal final : public Reactor {
 public:
  explicit Refusal(const Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

// The node that calls, or why it may not.
struct Caller {
  tls::PeerName peer;
  Status status;
};
Caller node_that_calls(const grpc::CallbackServerContext& context,
                       const std::string& trust_domain) {
  auto peer = peer_name(*context.auth_context(), trust_domain);
  if (!peer) return {{}, Status(StatusCode::UNAUTHENTICATED, peer.error().text())};
  if (peer->role != v1::ROLE_DNS && peer->role != v1::ROLE_EDGE)
    return {{},
            Status(StatusCode::PERMISSION_DENIED,
                   "only dns and edge nodes may make this call, not " + peer_text(*peer))};
  return {std::move(*peer), Status::OK};
}

}  // namespace

DistributionService::DistributionService(StreamContext& shared, std::string trust_domain)
    : shared_(shared), trust_domain_(std::move(trust_domain)) {}

grpc::ServerBidiReactor<v1::NodeMessage, v1::ControllerMessage>* DistributionService::Stream(
    grpc::CallbackServerContext* context) {
  auto caller = node_that_calls(*context, trust_domain_);
  if (!caller.status.ok())
    return new Refusal<grpc::ServerBidiReactor<v1::NodeMessage, v1::ControllerMessage>>(
        caller.status);
  return NodeStream::begin(shared_, *context, std::move(caller.peer));
}

HealthService::HealthService(ReportContext& shared, std::string trust_domain)
    : shared_(shared), trust_domain_(std::move(trust_domain)) {}

grpc::ServerReadReactor<v1::HealthReport>* HealthService::Report(
    grpc::CallbackServerContext* context, v1::HealthReportSummary* summary) {
  auto caller = node_that_calls(*context, trust_domain_);
  if (!caller.status.ok())
    return new Refusal<grpc::ServerReadReactor<v1::HealthReport>>(caller.status);
  return new ReportStream(shared_, std::move(caller.peer), *summary);
}

}  // namespace meridian::control

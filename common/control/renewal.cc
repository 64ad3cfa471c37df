#include "common/control/renewal.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "common/tls/certificate.h"
#include "meridian/v1/enrollment.grpc.pb.h"

namespace meridian::control {

WallTime renewal_time(WallTime not_before, WallTime not_after) {
  return not_before + (not_after - not_before) / 3 * 2;
}

WallTime renewal_time(const tls::Identity& identity) {
  const auto chain = tls::parse_chain(identity.chain_pem);
  if (!chain) return WallTime::min();
  const auto& leaf = *chain->front();
  return renewal_time(tls::not_before(leaf), tls::not_after(leaf));
}

Result<tls::Identity> renew(const std::shared_ptr<grpc::Channel>& channel,
                            const tls::Identity& identity) {
  const auto key = tls::parse_key(identity.key_pem);
  if (!key) return key.error();
  v1::RenewRequest request;
  request.set_csr_pem(tls::make_request(**key));
  v1::EnrollResponse response;
  grpc::ClientContext context;
  context.set_deadline(WallClock::now() + std::chrono::seconds(5));
  const auto stub = v1::Enrollment::NewStub(channel);
  if (const auto status = stub->Renew(&context, request, &response); !status.ok())
    return Error(status.error_message());
  const auto chain = tls::parse_chain(response.chain_pem());
  if (!chain) return at("the new certificate", chain.error());
  if (!tls::matches(*chain->front(), **key)) return Error("the new certificate is for another key");
  return tls::Identity{response.chain_pem(), identity.key_pem, response.ca_pem()};
}

}  // namespace meridian::control

#include "controller/identity/peer.h"

#include <string_view>

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include "common/tls/certificate.h"

namespace meridian::control {

Result<tls::PeerName> peer_name(const grpc::AuthContext& caller, const std::string& trust_domain) {
  const auto properties = caller.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (properties.empty())
    return Error("this call needs a client certificate of this control plane");
  const auto chain =
      tls::parse_chain(std::string_view(properties.front().data(), properties.front().size()));
  if (!chain) return at("client certificate", chain.error());
  for (const auto& uri : tls::uri_names(*chain->front())) {
    auto peer = tls::parse_peer_name(uri);
    if (peer && peer->trust_domain == trust_domain) return peer;
  }
  return Error("the client certificate names nobody of the trust domain " + trust_domain);
}

std::string peer_text(const tls::PeerName& peer) {
  return std::string(tls::role_text(peer.role)) + "/" + peer.name;
}

}  // namespace meridian::control

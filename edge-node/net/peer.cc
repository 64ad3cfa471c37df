#include "edge-node/net/peer.h"

#include <utility>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/tls/certificate.h"
#include "common/tls/edge_server_name.h"
#include "common/tls/identity.h"
#include "edge-node/net/visitor_tls.h"

namespace meridian::edge {
namespace {

Result<TlsContext> make_client_context(const tls::Identity& identity) {
  auto context = make_origin_context(identity.ca_pem);
  if (!context) return context.error();
  SSL_CTX_set_min_proto_version(context->get(), TLS1_3_VERSION);
  // Certificates of nodes are made for clients; who they name decides here, on both sides.
  X509_VERIFY_PARAM_set_purpose(SSL_CTX_get0_param(context->get()), X509_PURPOSE_SSL_CLIENT);
  const auto used = use_certificate(**context, identity.chain_pem, identity.key_pem);
  if (!used) return used.error();
  return context;
}

Result<TlsContext> make_server_context(const tls::Identity& identity) {
  const CertificateSource own{
      .name = "identity", .chain_pem = identity.chain_pem, .key_pem = identity.key_pem};
  return make_site_context(
      {.certificates = {&own, 1}, .id = tls::kEdgeServerName, .client_ca_pem = identity.ca_pem});
}

}  // namespace

Result<void> PeerIdentity::use(const tls::Identity& identity) {
  const auto name = identity.name();
  if (!name) return name.error();
  auto server = make_server_context(identity);
  if (!server) return server.error();
  auto client = make_client_context(identity);
  if (!client) return client.error();
  std::shared_ptr<const Side> next = std::make_shared<const Side>(
      Side{std::move(*server), std::move(*client), name->trust_domain});
  const std::lock_guard lock(mutex_);
  side_.swap(next);
  return boost::system::in_place_value;
}

std::shared_ptr<const PeerIdentity::Side> PeerIdentity::side() const {
  const std::lock_guard lock(mutex_);
  return side_;
}

TlsContext PeerIdentity::server() const {
  const auto now = side();
  return now ? now->server : nullptr;
}

TlsContext PeerIdentity::client() const {
  const auto now = side();
  return now ? now->client : nullptr;
}

std::string PeerIdentity::edge_of(const TlsSession& session) const {
  const auto now = side();
  if (!now) return {};
  const X509* certificate = session.peer_certificate();
  if (!certificate) return {};
  for (const auto& uri : tls::uri_names(*certificate)) {
    const auto name = tls::parse_peer_name(uri);
    if (name && name->trust_domain == now->trust_domain && name->role == v1::ROLE_EDGE)
      return name->name;
  }
  return {};
}

}  // namespace meridian::edge

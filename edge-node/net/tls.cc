#include "edge-node/net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/tls/certificate.h"
#include "common/tls/serving.h"
#include "edge-node/net/transport_bio.h"

namespace meridian::edge {

Result<TlsContext> make_tls_context(TlsSide side) {
  const auto* method = side == TlsSide::server ? TLS_server_method() : TLS_client_method();
  TlsContext context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context) return Error("TLS is not available: " + tls::last_error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);  // few system calls: all that is there at once
  // AES-128 with SHA-256 first: no weaker in practice, and a handshake's key schedule with it costs
  // a tenth less of the whole where the processor has instructions for both.
  SSL_CTX_set_ciphersuites(
      context.get(), "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
  SSL_CTX_set_cipher_list(context.get(), "ECDHE+AES128+AESGCM:ECDHE+AESGCM:ECDHE+CHACHA20");
  // Whoever begins chooses: of the others OpenSSL knows, the dearest costs 200 times as much.
  if (side == TlsSide::server) SSL_CTX_set1_groups_list(context.get(), "X25519:P-256:P-384:P-521");
  return context;
}

Result<void> use_certificate(SSL_CTX& context, std::string_view chain_pem,
                             std::string_view key_pem) {
  auto chain = tls::parse_chain(chain_pem);
  if (!chain) return at("chain_pem", chain.error());
  auto key = tls::parse_key(key_pem);
  if (!key) return at("private_key_pem", key.error());
  if (!tls::matches(*chain->front(), **key))
    return Error("private_key_pem", "does not belong to the certificate");
  if (SSL_CTX_use_certificate(&context, chain->front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(&context, key->get()) != 1)
    return Error("chain_pem",
                 tls::serving_problem(*chain, **key).value_or("cannot be served with"));
  for (std::size_t i = 1; i < chain->size(); ++i)
    SSL_CTX_add1_chain_cert(&context, (*chain)[i].get());
  return boost::system::in_place_value;
}

Result<TlsContext> make_origin_context(std::string_view ca_pem) {
  auto context = make_tls_context(TlsSide::client);
  if (!context) return context;
  SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, nullptr);
  if (ca_pem.empty()) {
    SSL_CTX_set_default_verify_paths(context->get());
    return context;
  }
  auto authorities = tls::parse_chain(ca_pem);
  if (!authorities) return at("ca_pem", authorities.error());
  for (const auto& authority : *authorities)
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context->get()), authority.get());
  return context;
}

void TlsSession::FreeSsl::operator()(SSL* ssl) const { SSL_free(ssl); }

void TlsSession::attach(TlsTransport& transport) { use_transport(*ssl_, transport); }

TlsSession TlsSession::connect(SSL_CTX& context, const std::string& server_name,
                               std::string_view protocol) {
  TlsSession session(SSL_new(&context));
  SSL* ssl = session.ssl_.get();
  SSL_set_connect_state(ssl);
  if (!protocol.empty()) {
    const std::string offer = static_cast<char>(protocol.size()) + std::string(protocol);
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned>(offer.size()));
  }
  unsigned char address[16];
  const bool is_address = inet_pton(AF_INET, server_name.c_str(), address) == 1 ||
                          inet_pton(AF_INET6, server_name.c_str(), address) == 1;
  if (is_address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server_name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, server_name.c_str());
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, server_name.c_str());
  }
  return session;
}

TlsSession TlsSession::connect_to_peer(SSL_CTX& context, std::string_view server_name) {
  TlsSession session(SSL_new(&context));
  SSL* ssl = session.ssl_.get();
  SSL_set_connect_state(ssl);
  SSL_set_tlsext_host_name(ssl, std::string(server_name).c_str());
  return session;
}

TlsSession::Step TlsSession::outcome(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {TlsWant::read, 0};
    case SSL_ERROR_WANT_WRITE:
      return {TlsWant::write, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {TlsWant::closed, 0};
    default:
      break;
  }
  failure_ = tls::last_error();
  if (failure_.empty()) failure_ = "the connection broke off";
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) {
    failure_ += ": ";
    failure_ += X509_verify_cert_error_string(verified);
  }
  return {TlsWant::failed, 0};
}

bool TlsSession::speaks_second() const { return SSL_is_server(ssl_.get()) == 1; }

bool TlsSession::last_flight_can_wait() const {
  return speaks_second() && SSL_version(ssl_.get()) == TLS1_3_VERSION;  // tickets
}

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return outcome(result);
  SSL_set_app_data(ssl_.get(), nullptr);
  begin_count_of_records(*ssl_);
  return {};
}

TlsSession::Step TlsSession::read(std::span<char> into) {
  ERR_clear_error();
  std::size_t size = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
  if (result != 1) return outcome(result);
  note_data(*ssl_);
  return {TlsWant::nothing, size};
}

bool TlsSession::is_flooded() const { return edge::is_flooded(*ssl_); }

bool TlsSession::has_received() const { return SSL_has_pending(ssl_.get()) == 1; }

TlsSession::Step TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t size = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &size);
  return result == 1 ? Step{TlsWant::nothing, size} : outcome(result);
}

void TlsSession::close() {
  ERR_clear_error();
  if (failure_.empty() && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

const X509* TlsSession::peer_certificate() const { return SSL_get0_peer_certificate(ssl_.get()); }

const X509* TlsSession::peer_authority() const {
  const STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl_.get());
  return chain ? sk_X509_value(chain, sk_X509_num(chain) - 1) : nullptr;
}

std::string_view TlsSession::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace meridian::edge

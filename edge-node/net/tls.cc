#include "edge-node/net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/base/hash.h"
#include "common/tls/certificate.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

/// In the order of preference (RFC 7301), whatever the visitor's is.
constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";

TlsContext make_context(const SSL_METHOD* method) {
  TlsContext context(SSL_CTX_new(method), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20");
  return context;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, chosen_size, kProtocols, sizeof kProtocols - 1, offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

/// The host_name in a server_name extension (RFC 6066 section 3), lower case; empty: malformed.
std::string parse_server_name(std::string_view extension) {
  const auto u16 = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(extension[i])) << 8 |
           static_cast<unsigned char>(extension[i + 1]);
  };
  if (extension.size() < 5 || u16(0) != extension.size() - 2 || extension[2] != 0 ||
      u16(3) != extension.size() - 5)
    return {};
  std::string name = http::lower_text(extension.substr(5));
  if (!name.empty() && name.back() == '.') name.pop_back();
  return name;
}

int on_client_hello(SSL* ssl, int* alert, void*) {
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size))
    return SSL_CLIENT_HELLO_ERROR;
  const auto name = parse_server_name({reinterpret_cast<const char*>(bytes), size});
  auto* chooser = static_cast<CertificateChooser*>(SSL_get_app_data(ssl));
  SSL_CTX* context = name.empty() ? nullptr : chooser->choose(name);
  if (!context) return SSL_CLIENT_HELLO_ERROR;
  // OpenSSL does not take these over. A ticket would stand in for a client's certificate.
  const int verify = SSL_CTX_get_verify_mode(context);
  SSL_set_verify(ssl, verify, nullptr);
  if (verify != SSL_VERIFY_NONE) SSL_set_options(ssl, SSL_OP_NO_TICKET);
  // Before a ticket is looked at, so that one of another site does not fit.
  return SSL_set_SSL_CTX(ssl, context) ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

Result<void> use_certificate(SSL_CTX& context, std::string_view chain_pem,
                             std::string_view key_pem) {
  auto chain = tls::parse_chain(chain_pem);
  if (!chain) return at("chain_pem", chain.error());
  auto key = tls::parse_key(key_pem);
  if (!key) return at("private_key_pem", key.error());
  if (SSL_CTX_use_certificate(&context, chain->front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(&context, key->get()) != 1)
    return Error("private_key_pem", "does not belong to the certificate: " + tls::last_error());
  for (std::size_t i = 1; i < chain->size(); ++i)
    SSL_CTX_add1_chain_cert(&context, (*chain)[i].get());
  return boost::system::in_place_value;
}

}  // namespace

Result<TlsContext> make_certificate_context(std::string_view chain_pem, std::string_view key_pem,
                                            std::string_view id) {
  auto context = make_context(TLS_server_method());
  if (auto used = use_certificate(*context, chain_pem, key_pem); !used) return used.error();
  const auto context_id = sha256(id);
  SSL_CTX_set_session_id_context(context.get(), context_id.data(), context_id.size());
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

Result<TlsContext> make_front_context() {
  auto context = make_context(TLS_server_method());
  if (!context) return Error("TLS is not available: " + tls::last_error());
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets instead
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  SSL_CTX_set_client_hello_cb(context.get(), on_client_hello, nullptr);
  return context;
}

Result<TlsContext> make_origin_context(std::string_view ca_pem) {
  auto context = make_context(TLS_client_method());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (ca_pem.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
    return context;
  }
  auto authorities = tls::parse_chain(ca_pem);
  if (!authorities) return at("ca_pem", authorities.error());
  for (const auto& authority : *authorities)
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.get());
  return context;
}

Result<void> use_client_certificate(SSL_CTX& context, std::string_view chain_pem,
                                    std::string_view key_pem) {
  return use_certificate(context, chain_pem, key_pem);
}

void TlsSession::FreeSsl::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsSession TlsSession::accept(SSL_CTX& front, int socket, CertificateChooser& chooser) {
  TlsSession session(SSL_new(&front));
  SSL_set_fd(session.ssl_.get(), socket);
  SSL_set_app_data(session.ssl_.get(), &chooser);
  SSL_set_accept_state(session.ssl_.get());
  return session;
}

TlsSession TlsSession::connect(SSL_CTX& context, int socket, const std::string& server_name,
                               std::string_view protocol) {
  TlsSession session(SSL_new(&context));
  SSL* ssl = session.ssl_.get();
  SSL_set_fd(ssl, socket);
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

TlsSession TlsSession::connect_to_peer(SSL_CTX& context, int socket, std::string_view server_name) {
  TlsSession session(SSL_new(&context));
  SSL* ssl = session.ssl_.get();
  SSL_set_fd(ssl, socket);
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

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return outcome(result);
  SSL_set_app_data(ssl_.get(), nullptr);
  return {};
}

TlsSession::Step TlsSession::read(std::span<char> into) {
  ERR_clear_error();
  std::size_t size = 0;
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
  return result == 1 ? Step{TlsWant::nothing, size} : outcome(result);
}

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

std::string TlsSession::server_name() const {
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name ? http::lower_text(name) : std::string();
}

std::vector<std::string> TlsSession::peer_uris() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate ? tls::uri_names(*certificate) : std::vector<std::string>();
}

std::string_view TlsSession::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace meridian::edge

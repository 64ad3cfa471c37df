#include "edge-node/net/visitor_tls.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "common/base/hash.h"
#include "common/tls/certificate.h"
#include "edge-node/http/token.h"
#include "edge-node/net/transport_bio.h"

namespace meridian::edge {
namespace {

/// In the order of preference (RFC 7301), whatever the visitor's is.
constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";

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

TlsHost& host_of(SSL* ssl) { return *static_cast<TlsHost*>(SSL_get_app_data(ssl)); }

void forget_tickets(SSL* ssl) {
  SSL_set_options(ssl, SSL_OP_NO_TICKET);
  SSL_set_num_tickets(ssl, 0);
}

int on_client_hello(SSL* ssl, int* alert, void*) {
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  std::string name;
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size)) {
    name = parse_server_name({reinterpret_cast<const char*>(bytes), size});
    if (name.empty()) return SSL_CLIENT_HELLO_ERROR;
  }
  SSL_CTX* context = host_of(ssl).choose(name);
  if (!context) return SSL_CLIENT_HELLO_ERROR;
  // OpenSSL does not take these over. A ticket would stand in for a client's certificate.
  const int verify = SSL_CTX_get_verify_mode(context);
  SSL_set_verify(ssl, verify, nullptr);
  if (verify != SSL_VERIFY_NONE) forget_tickets(ssl);
  // Before a ticket is looked at, so that one of another site does not fit.
  return SSL_set_SSL_CTX(ssl, context) ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

/// Sets what seals or opens a ticket. As OpenSSL wants it: -1 failed, 0 not ours, 1 done, 2 done,
/// and it is to be replaced.
int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int seals) {
  TicketKeyring* keys = host_of(ssl).tickets();
  if (!keys) return 0;
  const TicketKey& sealing = keys->sealing();
  const TicketKey* key = &sealing;
  if (seals) {
    std::copy(sealing.name.begin(), sealing.name.end(), name);
    if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1) return -1;
  } else {
    key = keys->opening({reinterpret_cast<const char*>(name), sealing.name.size()});
    if (!key) return 0;
  }
  static EVP_CIPHER* const kCipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  if (EVP_CipherInit_ex(cipher, kCipher, nullptr, key->cipher.data(), iv, seals) != 1) return -1;
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(
          OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key->mac.data()), key->mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(mac, parameters) != 1) return -1;
  return key == &sealing ? 1 : 2;
}

/// The staples of a context's certificates.
using Staples = std::vector<std::pair<const X509*, std::shared_ptr<const Staple>>>;

void free_staples(void*, void* staples, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Staples*>(staples);
}

int staples_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_staples);
  return index;
}

int on_status_request(SSL* ssl, void*) {
  const X509* const shown = SSL_get_certificate(ssl);
  const auto* staples =
      static_cast<const Staples*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), staples_index()));
  for (const auto& [certificate, staple] : *staples) {
    if (certificate != shown) continue;
    const auto response = staple->response(WallClock::now());
    if (!response) break;
    SSL_set_tlsext_status_ocsp_resp(ssl, OPENSSL_memdup(response->data(), response->size()),
                                    static_cast<long>(response->size()));
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

Result<void> verify_clients(SSL_CTX& context, const SiteTlsSource& source) {
  const auto authorities = tls::parse_chain(source.client_ca_pem);
  if (!authorities) return at("ca_pem", authorities.error());
  for (const auto& authority : *authorities) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), authority.get());
    SSL_CTX_add_client_CA(&context, authority.get());
  }
  SSL_CTX_set_verify(
      &context,
      source.client_required ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER,
      nullptr);
  return boost::system::in_place_value;
}

}  // namespace

Result<TlsContext> make_site_context(const SiteTlsSource& source) {
  auto context = make_tls_context(TlsSide::server);
  if (!context) return context.error();
  auto staples = std::make_unique<Staples>();
  for (const auto& from : source.certificates) {
    const auto used = use_certificate(**context, from.chain_pem, from.key_pem);
    if (!used) return Error(from.name + "." + used.error().where, used.error().what);
    if (from.staple) staples->emplace_back(SSL_CTX_get0_certificate(context->get()), from.staple);
  }
  if (!staples->empty()) {
    SSL_CTX_set_ex_data(context->get(), staples_index(), staples.release());
    SSL_CTX_set_tlsext_status_cb(context->get(), on_status_request);
  }
  const auto context_id = sha256(source.id);
  SSL_CTX_set_session_id_context(context->get(), context_id.data(), context_id.size());
  SSL_CTX_set_alpn_select_cb(context->get(), choose_protocol, nullptr);
  if (!source.client_ca_pem.empty()) {
    if (const auto set = verify_clients(**context, source); !set) return set.error();
  }
  return context;
}

Result<TlsContext> make_front_context() {
  auto context = make_tls_context(TlsSide::server);
  if (!context) return context;
  SSL_CTX* const front = context->get();
  SSL_CTX_set_session_cache_mode(front, SSL_SESS_CACHE_OFF);  // tickets instead
  SSL_CTX_set_timeout(front, std::chrono::seconds(kTicketPeriod).count());
  SSL_CTX_set_num_tickets(front, 1);
  // Whom a site names is believed, also if another authority has signed that one.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(front), X509_V_FLAG_PARTIAL_CHAIN);
  if (kernel_seals_tls()) SSL_CTX_set_options(front, SSL_OP_ENABLE_KTLS);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(front, on_ticket);
  SSL_CTX_set_alpn_select_cb(front, choose_protocol, nullptr);
  SSL_CTX_set_client_hello_cb(front, on_client_hello, nullptr);
  return context;
}

TlsSession accept_visitor(SSL_CTX& front, TlsHost& host) {
  SSL* const ssl = SSL_new(&front);
  SSL_set_app_data(ssl, &host);
  SSL_set_accept_state(ssl);
  if (!host.allows_tls12()) SSL_set_min_proto_version(ssl, TLS1_3_VERSION);
  if (!host.tickets()) forget_tickets(ssl);
  return TlsSession(ssl);
}

std::shared_ptr<const VisitorCertificate> visitor_certificate(const TlsSession& session) {
  const X509* certificate = session.peer_certificate();
  const X509* authority = session.peer_authority();
  if (!certificate) return nullptr;
  return std::make_shared<const VisitorCertificate>(
      VisitorCertificate{.der = tls::certificate_to_der(*certificate),
                         .subject = tls::subject(*certificate),
                         .fingerprint = to_hex(tls::fingerprint(*certificate)),
                         .authority = authority ? to_hex(tls::fingerprint(*authority)) : ""});
}

}  // namespace meridian::edge

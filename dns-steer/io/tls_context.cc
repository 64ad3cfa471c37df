#include "dns-steer/io/tls_context.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "common/disk/file.h"
#include "common/tls/certificate.h"

namespace meridian::dns {
namespace {

constexpr std::size_t kMostFileOctets = std::size_t{1} << 20;
constexpr std::array<unsigned char, 4> kAlpn{3, 'd', 'o', 't'};
constexpr char kTls12Ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// A client that offers protocols must offer ours (RFC 7301 section 3.2); one that offers none is
/// taken for what it connected to.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, chosen_size, kAlpn.data(), kAlpn.size(), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

Result<void> use(SSL_CTX& context, const std::filesystem::path& chain_file,
                 const std::filesystem::path& key_file) {
  const auto chain_text = read_file(chain_file, kMostFileOctets);
  if (!chain_text) return chain_text.error();
  const auto key_text = read_file(key_file, kMostFileOctets);
  if (!key_text) return key_text.error();
  const auto chain = tls::parse_chain(*chain_text);
  if (!chain) return at(chain_file.string(), chain.error());
  const auto key = tls::parse_key(*key_text);
  if (!key) return at(key_file.string(), key.error());
  if (!tls::matches(*chain->front(), **key))
    return Error(key_file.string(),
                 "is not the key of the first certificate in " + chain_file.string());
  if (SSL_CTX_use_certificate(&context, chain->front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(&context, key->get()) != 1)
    return Error(chain_file.string(), "cannot be used: " + tls::last_error());
  for (std::size_t i = 1; i < chain->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(&context, chain->at(i).get()) != 1)
      return Error(chain_file.string(), "cannot be used: " + tls::last_error());
  }
  return {};
}

}  // namespace

Result<TlsContextPtr> load_tls_context(const std::filesystem::path& chain,
                                       const std::filesystem::path& key) {
  TlsContextPtr context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return Error("TLS", tls::last_error());
  auto& made = *context;
  SSL_CTX_set_min_proto_version(&made, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(&made, kTls12Ciphers);
  SSL_CTX_set_options(&made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Idle connections give their buffers back.
  SSL_CTX_set_mode(&made, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Resumption by tickets, which the client keeps; a shared cache would be a lock.
  SSL_CTX_set_session_cache_mode(&made, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(&made, choose_protocol, nullptr);
  if (auto used = use(made, chain, key); !used) return used.error();
  return context;
}

TlsFiles::TlsFiles(std::filesystem::path chain, std::filesystem::path key)
    : chain_(std::move(chain)), key_(std::move(key)) {}

std::string TlsFiles::state() const {
  std::string text;
  for (const auto& file : {chain_, key_}) {
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0) found = {};
    text += fmt::format("{}.{}.{}.{}.{} ", found.st_dev, found.st_ino, found.st_size,
                        found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
  }
  return text;
}

Result<TlsContextPtr> TlsFiles::look() {
  auto now = state();
  // Two files are not replaced at once: both are read when nothing has changed between two looks.
  const bool settled = now == last_ || last_.empty();
  last_ = now;
  if (!settled || now == loaded_) return TlsContextPtr();
  loaded_ = std::move(now);
  return load_tls_context(chain_, key_);
}

}  // namespace meridian::dns

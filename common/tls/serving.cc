#include "common/tls/serving.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace meridian::tls {
namespace {

/// That of OpenSSL as edges have it: whatever is weaker than 112 bits is refused.
constexpr int kSecurityLevel = 2;
constexpr std::array<std::string_view, 5> kKinds{"RSA", "RSA-PSS", "EC", "ED25519", "ED448"};
constexpr std::array<std::string_view, 3> kCurves{"prime256v1", "secp384r1", "secp521r1"};

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

template <class Known>
bool has(const Known& known, std::string_view text) {
  return std::find(known.begin(), known.end(), text) != known.end();
}

std::string kind_of(const EVP_PKEY& key) {
  const char* name = EVP_PKEY_get0_type_name(&key);
  return name != nullptr ? name : "unknown";
}

/// Empty: the key spells its curve out instead of naming it (RFC 5480 forbids that).
std::string curve_of(const EVP_PKEY& key) {
  char name[80] = "";
  std::size_t size = 0;
  const bool named = EVP_PKEY_get_group_name(&key, name, sizeof name, &size) == 1;
  int spelled_out = 0;
  EVP_PKEY_get_int_param(&key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelled_out);
  ERR_clear_error();
  return named && spelled_out == 0 ? std::string(name, size) : "";
}

std::string too_small(const EVP_PKEY& key) {
  const auto kind = kind_of(key);
  return "has too small a key: " + kind + " " + std::to_string(EVP_PKEY_get_bits(&key)) +
         " bits, at least " + (kind == "EC" ? "256" : "2048");
}

std::string weak_signature(const X509& certificate) {
  int digest = NID_undef;
  X509_get_signature_info(const_cast<X509*>(&certificate), &digest, nullptr, nullptr, nullptr);
  if (digest == NID_undef) return "is signed in a way that visitors refuse";
  return std::string("is signed with ") + OBJ_nid2ln(digest) + ", which visitors refuse";
}

/// What OpenSSL itself would take, though hardly any visitor does.
std::optional<std::string> unknown_key(const EVP_PKEY& key) {
  const auto kind = kind_of(key);
  if (!has(kKinds, kind))
    return "has a key of the kind " + kind + "; visitors know RSA, ECDSA and Ed25519";
  if (kind != "EC") return std::nullopt;
  const auto curve = curve_of(key);
  if (has(kCurves, curve)) return std::nullopt;
  return "has a key on " + (curve.empty() ? "a curve without a name" : "the curve " + curve) +
         "; visitors know P-256, P-384 and P-521";
}

/// OpenSSL's newest error, in words.
std::string refusal(const X509& certificate) {
  const auto code = ERR_peek_last_error();
  const auto reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
  const auto text = last_error();
  switch (reason) {
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
      return too_small(*X509_get0_pubkey(&certificate));
    case SSL_R_CA_MD_TOO_WEAK:
      return weak_signature(certificate);
    default:
      return "cannot be served with: " + text;
  }
}

}  // namespace

std::optional<std::string> serving_problem(const std::vector<X509Ptr>& chain, EVP_PKEY& key) {
  const std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_server_method()));
  if (!context) return "cannot be judged: " + last_error();
  SSL_CTX_set_security_level(context.get(), kSecurityLevel);
  ERR_clear_error();
  X509* const leaf = chain.front().get();
  const auto* public_key = X509_get0_pubkey(leaf);
  const std::string first = "its first certificate ";
  if (public_key == nullptr) {
    ERR_clear_error();
    return first + "has a key of a kind that is not known here";
  }
  if (const auto unknown = unknown_key(*public_key)) return first + *unknown;
  if (SSL_CTX_use_certificate(context.get(), leaf) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), &key) != 1)
    return first + refusal(*leaf);
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) != 1)
      return "certificate " + std::to_string(i + 1) + " in it " + refusal(*chain[i]);
  return std::nullopt;
}

}  // namespace meridian::tls

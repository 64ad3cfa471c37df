#include "controller/identity/authority.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "common/disk/file.h"

namespace meridian::control {
namespace {

using BioPtr = std::unique_ptr<BIO, decltype([](BIO* b) { BIO_free(b); })>;
using RequestPtr = std::unique_ptr<X509_REQ, decltype([](X509_REQ* r) { X509_REQ_free(r); })>;
using NumberPtr = std::unique_ptr<BIGNUM, decltype([](BIGNUM* n) { BN_free(n); })>;
using ExtensionPtr =
    std::unique_ptr<X509_EXTENSION, decltype([](X509_EXTENSION* e) { X509_EXTENSION_free(e); })>;

constexpr std::chrono::minutes kClockTolerance{5};  // a peer whose clock is behind must not refuse
constexpr std::uint64_t kMostPemBytes = 1 << 20;

Error openssl_error(std::string what) { return Error(std::move(what) + ": " + tls::last_error()); }

bool is_trust_domain(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), fits);
}

bool set_serial(X509& certificate) {
  // 127 random bits: unpredictable (CA/Browser baseline: at least 64), positive, 16 bytes.
  const NumberPtr serial(BN_new());
  return serial && BN_rand(serial.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)) != nullptr;
}

bool set_life(X509& certificate, WallTime from, WallTime until) {
  const auto set = [](ASN1_TIME* field, WallTime time) {
    return ASN1_TIME_set(field, WallClock::to_time_t(time)) != nullptr;
  };
  return set(X509_getm_notBefore(&certificate), from) &&
         set(X509_getm_notAfter(&certificate), until);
}

bool set_common_name(X509_NAME* name, std::string text) {
  text.resize(std::min<std::size_t>(text.size(), 64));  // ub-common-name, RFC 5280 appendix A.1
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

// `value` in OpenSSL's extension syntax. Ours only: it is never built from what a peer sent
// without is_peer_name() or is_trust_domain() having accepted it.
bool add_extension(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

Result<RequestPtr> parse_request(std::string_view pem) {
  if (pem.size() > kMostPemBytes) return Error("the certificate request is too large");
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  RequestPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  if (!request) {
    (void)tls::last_error();
    return Error("is not a certificate request (PKCS#10) in PEM");
  }
  return request;
}

Result<EVP_PKEY*> acceptable_key(X509_REQ& request) {
  EVP_PKEY* key = X509_REQ_get0_pubkey(&request);
  if (key == nullptr || X509_REQ_verify(&request, key) != 1) {
    (void)tls::last_error();
    return Error("the certificate request is not signed by its own key");
  }
  char group[32] = {};
  const bool p256 = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
                    EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) == 1 &&
                    std::string_view(group) == "prime256v1";
  const bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= 2048 &&
                   EVP_PKEY_get_bits(key) <= 8192;
  if (!p256 && !rsa) return Error("the key must be ECDSA P-256, or RSA of 2048 to 8192 bits");
  return key;
}

std::string names_of(const tls::PeerName& peer) {
  auto names = "URI:" + peer.uri();
  if (peer.role == v1::ROLE_CONTROLLER) names += ",DNS:" + std::string(tls::kControllerServerName);
  return names;
}

}  // namespace

bool is_peer_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), fits);
}

Authority::Authority(tls::KeyPtr key, tls::X509Ptr certificate, std::string trust_domain)
    : key_(std::move(key)),
      certificate_(std::move(certificate)),
      trust_domain_(std::move(trust_domain)),
      certificate_pem_(tls::certificate_to_pem(*certificate_)) {}

Result<Authority> Authority::create(const std::string& trust_domain, WallTime now) {
  if (!is_trust_domain(trust_domain))
    return Error("'" + trust_domain +
                 "' is not a trust domain: lower-case letters, digits, '-' and '.' only");
  auto key = tls::make_key();
  tls::X509Ptr ca(X509_new());
  if (!key || !ca) return openssl_error("cannot make a key");
  auto* subject = X509_get_subject_name(ca.get());
  const bool made = X509_set_version(ca.get(), X509_VERSION_3) == 1 && set_serial(*ca) &&
                    set_life(*ca, now - kClockTolerance, now + kCaLife) &&
                    set_common_name(subject, "Meridian CA " + trust_domain) &&
                    X509_set_issuer_name(ca.get(), subject) == 1 &&
                    X509_set_pubkey(ca.get(), key.get()) == 1 &&
                    add_extension(*ca, *ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(*ca, *ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(*ca, *ca, NID_subject_key_identifier, "hash") &&
                    add_extension(*ca, *ca, NID_subject_alt_name, "URI:spiffe://" + trust_domain) &&
                    X509_sign(ca.get(), key.get(), EVP_sha256()) > 0;
  if (!made) return openssl_error("cannot make the CA's certificate");
  return Authority(std::move(key), std::move(ca), trust_domain);
}

Result<Authority> Authority::load(const std::filesystem::path& directory) {
  const auto certificate_file = directory / "ca.pem";
  const auto key_file = directory / "ca-key.pem";
  const auto pem = read_file(certificate_file, kMostPemBytes);
  if (!pem) return pem.error();
  auto chain = tls::parse_chain(*pem);
  if (!chain) return at(certificate_file.string(), chain.error());
  const auto key_pem = read_file(key_file, kMostPemBytes);
  if (!key_pem) return key_pem.error();
  auto key = tls::parse_key(*key_pem);
  if (!key) return at(key_file.string(), key.error());
  auto& ca = chain->front();
  if (!tls::matches(*ca, **key))
    return Error(key_file.string(), "is not the key of the certificate in ca.pem");
  constexpr std::string_view kScheme = "spiffe://";
  for (const auto& uri : tls::uri_names(*ca)) {
    if (uri.starts_with(kScheme) && is_trust_domain(std::string_view(uri).substr(kScheme.size())))
      return Authority(std::move(*key), std::move(ca), uri.substr(kScheme.size()));
  }
  return Error(certificate_file.string(), "names no trust domain: it is not a Meridian CA");
}

Result<void> Authority::save(const std::filesystem::path& directory) const {
  if (const auto made = make_directory(directory); !made) return made;
  const auto saved = write_file_atomically(directory / "ca-key.pem", tls::key_to_pem(*key_), 0600);
  if (!saved) return saved;
  return write_file_atomically(directory / "ca.pem", certificate_pem_, 0644);
}

Sha256 Authority::fingerprint() const { return tls::fingerprint(*certificate_); }

WallTime Authority::expires() const { return tls::not_after(*certificate_); }

Result<std::string> Authority::issue(std::string_view request_pem,
                                     const CertificateOrder& order) const {
  if (!is_peer_name(order.name))
    return Error("'" + order.name + "' is not a node name: letters, digits and '-', at most 63");
  const auto request = parse_request(request_pem);
  if (!request) return request.error();
  const auto key = acceptable_key(**request);
  if (!key) return key.error();
  const auto until = std::min<WallTime>(order.now + order.life, expires());
  if (until <= order.now) return Error("the CA's certificate has expired");

  const tls::PeerName peer{trust_domain_, order.role, order.name};
  const std::string usage =
      order.role == v1::ROLE_CONTROLLER ? "serverAuth,clientAuth" : "clientAuth";
  tls::X509Ptr leaf(X509_new());
  const bool made =
      leaf && X509_set_version(leaf.get(), X509_VERSION_3) == 1 && set_serial(*leaf) &&
      set_life(*leaf, order.now - kClockTolerance, until) &&
      set_common_name(X509_get_subject_name(leaf.get()),
                      std::string(tls::role_text(order.role)) + "/" + order.name) &&
      X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get())) == 1 &&
      X509_set_pubkey(leaf.get(), *key) == 1 &&
      add_extension(*leaf, *certificate_, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(*leaf, *certificate_, NID_key_usage, "critical,digitalSignature") &&
      add_extension(*leaf, *certificate_, NID_ext_key_usage, usage) &&
      add_extension(*leaf, *certificate_, NID_subject_key_identifier, "hash") &&
      add_extension(*leaf, *certificate_, NID_authority_key_identifier, "keyid:always") &&
      add_extension(*leaf, *certificate_, NID_subject_alt_name, names_of(peer)) &&
      X509_sign(leaf.get(), key_.get(), EVP_sha256()) > 0;
  if (!made) return openssl_error("cannot make the certificate");
  return tls::certificate_to_pem(*leaf) + certificate_pem_;
}

}  // namespace meridian::control

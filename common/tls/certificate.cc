#include "common/tls/certificate.h"

#include <ctime>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace meridian::tls {
namespace {

constexpr std::size_t kMostCertificates = 16;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

BioPtr reader(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::vector<std::string> alternative_names(const X509& certificate, int type) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const auto* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != type) continue;
    // Both GEN_URI and GEN_DNS hold an IA5String.
    const auto* text = name->d.ia5;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  GENERAL_NAMES_free(all);
  return names;
}

}  // namespace

void FreeKey::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
void FreeX509::operator()(X509* certificate) const { X509_free(certificate); }

KeyPtr make_key() { return KeyPtr(EVP_EC_gen("P-256")); }

std::string key_to_pem(EVP_PKEY& key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
  return contents(bio.get());
}

Result<KeyPtr> parse_key(std::string_view pem) {
  // No passphrase: an encrypted key is an error, not a prompt on somebody's terminal.
  static constexpr char kNone[] = "";
  KeyPtr key(
      PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, nullptr, const_cast<char*>(kNone)));
  if (!key) {
    (void)last_error();
    return Error("is not an unencrypted private key in PEM form");
  }
  return key;
}

Result<std::vector<X509Ptr>> parse_chain(std::string_view pem) {
  std::vector<X509Ptr> chain;
  const auto bio = reader(pem);
  while (chain.size() <= kMostCertificates) {
    X509Ptr next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    chain.push_back(std::move(next));
  }
  const auto why = ERR_peek_last_error();
  ERR_clear_error();
  if (chain.size() > kMostCertificates)
    return Error("holds more than " + std::to_string(kMostCertificates) + " certificates");
  if (chain.empty()) return Error("holds no certificate in PEM form");
  if (ERR_GET_REASON(why) != PEM_R_NO_START_LINE)
    return Error("certificate " + std::to_string(chain.size() + 1) + " in it is damaged");
  return chain;
}

std::string certificate_to_pem(X509& certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), &certificate);
  return contents(bio.get());
}

std::string make_request(EVP_PKEY& key) {
  const std::unique_ptr<X509_REQ, decltype(&X509_REQ_free)> request(X509_REQ_new(), X509_REQ_free);
  X509_REQ_set_version(request.get(), X509_REQ_VERSION_1);
  X509_REQ_set_pubkey(request.get(), &key);
  X509_REQ_sign(request.get(), &key, EVP_sha256());
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(bio.get(), request.get());
  return contents(bio.get());
}

std::string certificate_to_der(const X509& certificate) {
  const int size = i2d_X509(&certificate, nullptr);
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* into = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(&certificate, &into);
  return der;
}

std::string subject(const X509& certificate) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), X509_get_subject_name(&certificate), 0,
                     XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return contents(text.get());
}

Sha256 fingerprint(const X509& certificate) {
  Sha256 digest{};
  unsigned size = digest.size();
  X509_digest(&certificate, EVP_sha256(), digest.data(), &size);
  return digest;
}

std::vector<std::string> uri_names(const X509& certificate) {
  return alternative_names(certificate, GEN_URI);
}

std::vector<std::string> dns_names(const X509& certificate) {
  return alternative_names(certificate, GEN_DNS);
}

int key_kind(const X509& certificate) {
  const auto* key = X509_get0_pubkey(&certificate);
  ERR_clear_error();
  return key != nullptr ? EVP_PKEY_get_base_id(key) : 0;
}

WallTime to_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  // "Never" is the year 9999 (RFC 5280 section 4.1.2.5), and the clock ends in 2262.
  const std::chrono::seconds since(timegm(&parts));
  const auto last = std::chrono::floor<std::chrono::seconds>(WallTime::max().time_since_epoch());
  return WallTime(std::min(since, last));
}

WallTime not_before(const X509& certificate) { return to_time(X509_get0_notBefore(&certificate)); }
WallTime not_after(const X509& certificate) { return to_time(X509_get0_notAfter(&certificate)); }

bool matches(const X509& certificate, const EVP_PKEY& key) {
  const bool same = X509_check_private_key(&certificate, &key) == 1;
  ERR_clear_error();
  return same;
}

std::string last_error() {
  std::string text;
  while (const auto code = ERR_get_error()) {
    char line[256];
    ERR_error_string_n(code, line, sizeof line);
    if (!text.empty()) text += "; ";
    text += line;
  }
  return text;
}

}  // namespace meridian::tls

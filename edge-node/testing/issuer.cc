#include "edge-node/testing/issuer.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

namespace meridian::edge::testing {
namespace {

tls::X509Ptr unsigned_certificate(EVP_PKEY& key, long serial, const char* name) {
  tls::X509Ptr made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 24 * 3600);
  X509_set_pubkey(made.get(), &key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  return made;
}

void add(X509& certificate, int kind, const std::string& text) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, text.c_str());
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Issuer::Issuer() : key_(tls::make_key()), certificate_(unsigned_certificate(*key_, 1, "issuer")) {
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  add(*certificate_, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
}

TestCertificate Issuer::issue(const std::vector<std::string>& names,
                              const std::string& responder) const {
  const auto key = tls::make_key();
  const auto leaf = unsigned_certificate(*key, 2, "leaf");
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get()));
  std::string alternatives;
  for (const auto& name : names) alternatives += (alternatives.empty() ? "DNS:" : ",DNS:") + name;
  add(*leaf, NID_subject_alt_name, alternatives);
  add(*leaf, NID_info_access, "OCSP;URI:" + responder);
  X509_sign(leaf.get(), key_.get(), EVP_sha256());
  return {tls::certificate_to_pem(*leaf) + tls::certificate_to_pem(*certificate_),
          tls::key_to_pem(*key)};
}

std::string Issuer::answer(const std::string& chain_pem, Verdict verdict,
                           std::chrono::seconds lasts) const {
  const auto chain = tls::parse_chain(chain_pem);
  OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), chain->front().get(), certificate_.get());
  ASN1_TIME* from = X509_gmtime_adj(nullptr, -24 * 3600);
  ASN1_TIME* until = X509_gmtime_adj(nullptr, lasts.count());
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  const bool good = verdict == Verdict::good;
  OCSP_basic_add1_status(basic, id, good ? V_OCSP_CERTSTATUS_GOOD : V_OCSP_CERTSTATUS_REVOKED,
                         OCSP_REVOKED_STATUS_UNSPECIFIED, good ? nullptr : from, from, until);
  OCSP_basic_sign(basic, certificate_.get(), key_.get(), EVP_sha256(), nullptr, 0);
  OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  unsigned char* bytes = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &bytes);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  OCSP_RESPONSE_free(response);
  OCSP_BASICRESP_free(basic);
  ASN1_TIME_free(until);
  ASN1_TIME_free(from);
  OCSP_CERTID_free(id);
  return der;
}

}  // namespace meridian::edge::testing

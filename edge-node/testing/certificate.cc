#include "edge-node/testing/certificate.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "common/tls/certificate.h"

namespace meridian::edge::testing {

TestCertificate make_test_certificate(const std::vector<std::string>& names, TestKey kind) {
  const tls::KeyPtr key = kind == TestKey::rsa ? tls::KeyPtr(EVP_RSA_gen(2048)) : tls::make_key();
  const tls::X509Ptr certificate(X509_new());
  X509* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 24 * 3600);
  X509_set_pubkey(x, key.get());
  std::string alternatives = "IP:127.0.0.1";
  for (const auto& name : names) alternatives += ",DNS:" + name;
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternatives.c_str());
  X509_add_ext(x, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(x, key.get(), EVP_sha256());
  return {tls::certificate_to_pem(*x), tls::key_to_pem(*key)};
}

}  // namespace meridian::edge::testing

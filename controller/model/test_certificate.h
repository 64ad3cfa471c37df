#pragma once

#include <string>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "common/tls/certificate.h"
#include "meridian/v1/config.pb.h"

namespace meridian::control {

struct TestValidity {
  long begins = 0;  // seconds from now
  long ends = 3600;
};

/// A self-signed certificate and its key for tests. `names` as OpenSSL writes alternative names:
/// "DNS:shop.example,DNS:*.shop.example"; empty: none.
inline v1::Certificate test_certificate(const std::string& names,
                                        const tls::KeyPtr& key = tls::make_key(),
                                        const TestValidity& validity = {}) {
  const tls::X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), validity.begins);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), validity.ends);
  X509_set_pubkey(certificate.get(), key.get());
  if (!names.empty()) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  const bool ed25519 = EVP_PKEY_is_a(key.get(), "ED25519") == 1;  // has its own digest
  X509_sign(certificate.get(), key.get(), ed25519 ? nullptr : EVP_sha256());
  v1::Certificate result;
  result.set_chain_pem(tls::certificate_to_pem(*certificate));
  result.set_private_key_pem(tls::key_to_pem(*key));
  return result;
}

}  // namespace meridian::control

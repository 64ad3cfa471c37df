#pragma once

#include <string>

#include <openssl/x509v3.h>

#include "common/tls/certificate.h"
#include "meridian/v1/config.pb.h"

namespace meridian::control {

/// A self-signed certificate and its key for tests. `names` as OpenSSL writes alternative names:
/// "DNS:shop.example,DNS:*.shop.example"; empty: none.
inline v1::Certificate test_certificate(const std::string& names) {
  const auto key = tls::make_key();
  const tls::X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  if (!names.empty()) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  v1::Certificate result;
  result.set_chain_pem(tls::certificate_to_pem(*certificate));
  result.set_private_key_pem(tls::key_to_pem(*key));
  return result;
}

}  // namespace meridian::control

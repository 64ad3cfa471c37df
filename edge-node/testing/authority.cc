#include "edge-node/testing/authority.h"

#include <openssl/x509v3.h>

namespace meridian::edge::testing {
namespace {

tls::X509Ptr draft(EVP_PKEY& key, const std::string& name) {
  tls::X509Ptr certificate(X509_new());
  X509* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(x, &key);
  return certificate;
}

void extend(X509& certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Authority::Authority() : key_(tls::make_key()), certificate_(draft(*key_, "authority")) {
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  extend(*certificate_, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
}

tls::Identity Authority::issue(v1::Role role, const std::string& name) const {
  const auto key = tls::make_key();
  const auto leaf = draft(*key, "node");
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get()));
  const tls::PeerName peer{.trust_domain = "test", .role = role, .name = name};
  extend(*leaf, NID_subject_alt_name, "URI:" + peer.uri());
  extend(*leaf, NID_ext_key_usage, "clientAuth");
  X509_sign(leaf.get(), key_.get(), EVP_sha256());
  const auto ca_pem = tls::certificate_to_pem(*certificate_);
  return {.chain_pem = tls::certificate_to_pem(*leaf) + ca_pem,
          .key_pem = tls::key_to_pem(*key),
          .ca_pem = ca_pem};
}

}  // namespace meridian::edge::testing

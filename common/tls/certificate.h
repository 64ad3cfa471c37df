#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

#include "common/base/hash.h"
#include "common/base/result.h"
#include "common/base/time.h"

/// X.509 as values over OpenSSL. Every function may be called from any thread.
namespace meridian::tls {

struct FreeKey {
  void operator()(EVP_PKEY* key) const;
};
struct FreeX509 {
  void operator()(X509* certificate) const;
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;
using X509Ptr = std::unique_ptr<X509, FreeX509>;

/// A new ECDSA P-256 key.
KeyPtr make_key();
/// PKCS#8 PEM, not encrypted.
std::string key_to_pem(EVP_PKEY& key);
Result<KeyPtr> parse_key(std::string_view pem);
/// All certificates of a PEM text, in its order; at least one and at most 16.
Result<std::vector<X509Ptr>> parse_chain(std::string_view pem);
std::string certificate_to_pem(X509& certificate);
/// A PKCS#10 request for `key`, with an empty subject, in PEM.
std::string make_request(EVP_PKEY& key);

std::string certificate_to_der(const X509& certificate);
/// As RFC 4514 writes it.
std::string subject(const X509& certificate);
/// SHA-256 of the certificate's DER.
Sha256 fingerprint(const X509& certificate);
/// URI subject alternative names.
std::vector<std::string> uri_names(const X509& certificate);
/// DNS subject alternative names, as they stand; wildcards included.
std::vector<std::string> dns_names(const X509& certificate);
/// RSA, ECDSA and the like, as a number; the same for keys of the same kind. 0: it is unknown here.
int key_kind(const X509& certificate);
WallTime to_time(const ASN1_TIME* time);  // unreadable: the epoch
WallTime not_before(const X509& certificate);
WallTime not_after(const X509& certificate);
/// The key belongs to the certificate.
bool matches(const X509& certificate, const EVP_PKEY& key);

/// The text of OpenSSL's pending errors of this thread, cleared by the call.
std::string last_error();

}  // namespace meridian::tls

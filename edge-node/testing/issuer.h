#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/tls/certificate.h"
#include "edge-node/testing/certificate.h"

namespace meridian::edge::testing {

/// A public authority, and the OCSP responder of what it has signed.
class Issuer {
 public:
  Issuer();
  /// For a day; the chain ends with the issuer. `responder`: a URL.
  TestCertificate issue(const std::vector<std::string>& names, const std::string& responder) const;

  enum class Verdict { good, revoked };
  /// In DER, about the leaf of `chain_pem`.
  std::string answer(const std::string& chain_pem, Verdict verdict,
                     std::chrono::seconds lasts = std::chrono::hours(1)) const;

 private:
  tls::KeyPtr key_;
  tls::X509Ptr certificate_;
};

}  // namespace meridian::edge::testing

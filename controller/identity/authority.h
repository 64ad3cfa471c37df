#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/base/hash.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/tls/certificate.h"
#include "common/tls/identity.h"

namespace meridian::control {

inline constexpr std::chrono::hours kCaLife{24 * 3652};  // ten years
inline constexpr std::chrono::hours kControllerCertificateLife{24 * 90};
inline constexpr std::chrono::hours kAdminCertificateLife{24 * 365};
inline constexpr std::chrono::hours kNodeCertificateLife{24};

/// What a new certificate says.
struct CertificateOrder {
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::string name;
  std::chrono::seconds life{kNodeCertificateLife};
  WallTime now;
};

/// The control plane's own certificate authority (ECDSA P-256). It signs for its trust domain
/// only, and nobody below it may sign. Const calls may be made from any thread.
class Authority {
 public:
  /// A new key and a self-signed certificate, valid from `now` for kCaLife.
  static Result<Authority> create(const std::string& trust_domain, WallTime now);
  /// From `ca.pem` and `ca-key.pem` in `directory`.
  static Result<Authority> load(const std::filesystem::path& directory);
  /// The key first, the certificate last: where `ca.pem` is, all is.
  Result<void> save(const std::filesystem::path& directory) const;

  const std::string& trust_domain() const { return trust_domain_; }
  const std::string& certificate_pem() const { return certificate_pem_; }
  Sha256 fingerprint() const;
  WallTime expires() const;

  /// A certificate for the key of `request_pem` (PKCS#10), then the CA's own, in PEM. Nothing else
  /// in the request counts. The life ends with the CA's at the latest. An Error for a malformed
  /// request, one that its own key did not sign, or a key that is not EC P-256 or RSA of at least
  /// 2048 bits.
  Result<std::string> issue(std::string_view request_pem, const CertificateOrder& order) const;

 private:
  Authority(tls::KeyPtr key, tls::X509Ptr certificate, std::string trust_domain);

  tls::KeyPtr key_;
  tls::X509Ptr certificate_;
  std::string trust_domain_;
  std::string certificate_pem_;
};

/// Letters, digits and `-`, 1 to 63 of them: it becomes part of a certificate's URI.
bool is_peer_name(std::string_view name);

}  // namespace meridian::control

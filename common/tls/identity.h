#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"
#include "meridian/v1/config.pb.h"

namespace meridian::tls {

/// Whom a control-plane certificate names: `spiffe://<trust_domain>/<role>/<name>`.
struct PeerName {
  std::string trust_domain;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::string name;

  std::string uri() const;
  friend bool operator==(const PeerName&, const PeerName&) = default;
};
Result<PeerName> parse_peer_name(std::string_view uri);
/// "dns", "edge", "controller" or "admin"; "unspecified" for none.
std::string_view role_text(v1::Role role);

/// DNS name that every controller certificate carries and every client asks for.
inline constexpr std::string_view kControllerServerName = "controller.meridian.internal";

/// A certificate, its key, and whom to trust: what one side of mTLS needs. All PEM.
struct Identity {
  std::string chain_pem;  // the leaf first
  std::string key_pem;
  std::string ca_pem;

  /// From the leaf's URI SAN; an Error when it has none of ours.
  Result<PeerName> name() const;
  Result<WallTime> expires() const;
};

/// `chain.pem`, `key.pem`, `ca.pem` in `directory`. No value: there is no chain.pem. An Error:
/// they are damaged or do not belong together, and how.
Result<std::optional<Identity>> load_identity(const std::filesystem::path& directory);
/// Creates the directory (0700); the key gets mode 0600.
Result<void> save_identity(const std::filesystem::path& directory, const Identity& identity);

/// What `gslbctl token create` prints: `mrd1.<id>.<secret>.<CA fingerprint>`, the id and secret
/// in hexadecimal of 8 and 16 bytes, the fingerprint SHA-256 in hexadecimal.
struct JoinToken {
  std::string id;
  std::string secret;
  std::string ca_fingerprint;

  std::string text() const;
};
Result<JoinToken> parse_join_token(std::string_view text);

}  // namespace meridian::tls

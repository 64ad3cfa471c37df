#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/result.h"
#include "common/zone/records.h"
#include "meridian/v1/config.pb.h"

/// Transaction signatures (RFC 8945): messages of name servers that share a secret.
namespace meridian::tsig {

enum class Algorithm : std::uint8_t { hmac_sha256, hmac_sha384, hmac_sha512 };

inline constexpr std::size_t kLeastSecretOctets = 16;
inline constexpr std::size_t kMostSecretOctets = 256;

struct Key {
  zone::WireName name;  // lower case
  Algorithm algorithm = Algorithm::hmac_sha256;
  std::string secret;  // octets
};

/// A TsigKey resource as messages need it. The Error's `where` is the field ("name",
/// "spec.secret"); it never quotes the secret. Pure.
Result<Key> parse_key(const std::string& name, const v1::TsigKey& from);

/// "hmac-sha256." in wire form.
const zone::WireName& algorithm_name(Algorithm algorithm);
/// Octets of a whole MAC.
std::size_t mac_octets(Algorithm algorithm);

}  // namespace meridian::tsig

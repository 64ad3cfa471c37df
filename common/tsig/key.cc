#include "common/tsig/key.h"

#include <array>
#include <memory>
#include <utility>

#include <ldns/ldns.h>

namespace meridian::tsig {
namespace {

/// Base64 as people paste it: blanks and line ends do not count.
Result<std::string> decode(const std::string& text) {
  std::string dense;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') dense += c;
  }
  if (dense.find('\0') != std::string::npos || dense.size() > 4 * kMostSecretOctets)
    return Error("is not base64 of 16 to 256 octets");
  ldns_rdf* decoded = nullptr;
  const auto status = ldns_str2rdf_b64(&decoded, dense.c_str());
  const std::unique_ptr<ldns_rdf, decltype(&ldns_rdf_deep_free)> octets(decoded,
                                                                        &ldns_rdf_deep_free);
  if (status != LDNS_STATUS_OK || !octets)
    return Error("is not base64, as `openssl rand -base64 32` makes it");
  const auto count = ldns_rdf_size(octets.get());
  if (count < kLeastSecretOctets || count > kMostSecretOctets)
    return Error("holds " + std::to_string(count) + " octets, not 16 to 256");
  return std::string(reinterpret_cast<const char*>(ldns_rdf_data(octets.get())), count);
}

}  // namespace

Result<Key> parse_key(const std::string& name, const v1::TsigKey& from) {
  Key key;
  auto wire = zone::parse_name(name);
  if (!wire) return at("name", wire.error());
  key.name = zone::lower(std::move(*wire));
  switch (from.algorithm()) {
    case v1::TSIG_ALGORITHM_UNSPECIFIED:
    case v1::TSIG_ALGORITHM_HMAC_SHA256:
      key.algorithm = Algorithm::hmac_sha256;
      break;
    case v1::TSIG_ALGORITHM_HMAC_SHA384:
      key.algorithm = Algorithm::hmac_sha384;
      break;
    case v1::TSIG_ALGORITHM_HMAC_SHA512:
      key.algorithm = Algorithm::hmac_sha512;
      break;
    default:
      return Error("spec.algorithm", "is none that is known");
  }
  if (from.secret().empty()) return Error("spec.secret", "is missing");
  auto secret = decode(from.secret());
  if (!secret) return at("spec.secret", secret.error());
  key.secret = std::move(*secret);
  return key;
}

const zone::WireName& algorithm_name(Algorithm algorithm) {
  static const std::array<zone::WireName, 3> kNames{zone::parse_name("hmac-sha256").value(),
                                                    zone::parse_name("hmac-sha384").value(),
                                                    zone::parse_name("hmac-sha512").value()};
  return kNames[static_cast<std::size_t>(algorithm)];
}

std::size_t mac_octets(Algorithm algorithm) {
  constexpr std::array<std::size_t, 3> kOctets{32, 48, 64};
  return kOctets[static_cast<std::size_t>(algorithm)];
}

}  // namespace meridian::tsig

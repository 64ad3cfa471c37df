#include "controller/dnssec/key_records.h"

#include <span>
#include <utility>

#include <openssl/evp.h>

#include "common/base/hash.h"
#include "common/dnssec/key.h"
#include "common/zone/records.h"

namespace meridian::control {
namespace {

std::span<const std::uint8_t> octets(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string to_base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  text.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), octets(bytes).data(),
                      static_cast<int>(bytes.size()))));
  return text;
}

}  // namespace

Result<v1::ZoneKey> make_zone_key(v1::KeyRole role, v1::DnssecAlgorithm algorithm) {
  auto made = dnssec::make_key(static_cast<dnssec::Algorithm>(algorithm));
  if (!made) return made.error();
  v1::ZoneKey key;
  key.set_role(role);
  key.set_algorithm(algorithm);
  key.set_private_key(std::move(made->private_half));
  key.set_public_key(std::move(made->public_half));
  return key;
}

KeyRecords records_of(const std::string& zone, const v1::ZoneKey& key) {
  const auto flags = key.role() == v1::KEY_ROLE_ZSK ? dnssec::kZoneKey : dnssec::kSecureEntryPoint;
  const auto dnskey =
      dnssec::dnskey_data(flags, static_cast<dnssec::Algorithm>(key.algorithm()), key.public_key());
  KeyRecords records;
  records.tag = dnssec::key_tag(dnskey);
  const auto algorithm = std::to_string(key.algorithm());
  records.dnskey = std::to_string(flags) + " 3 " + algorithm + " " + to_base64(key.public_key());
  const auto apex = zone::parse_name(zone);
  if (!apex) return records;  // no Zone resource has such a name
  constexpr std::size_t kBeforeDigest = 4;
  const auto digest = dnssec::ds_data(zone::lower(*apex), dnskey).substr(kBeforeDigest);
  records.ds = std::to_string(records.tag) + " " + algorithm + " 2 " + to_hex(octets(digest));
  return records;
}

}  // namespace meridian::control

#include "dns-steer/dnssec/zone_signer.h"

#include <algorithm>
#include <span>
#include <utility>

namespace meridian::dns {
namespace {

// Clocks of validators differ from ours.
constexpr std::uint32_t kBackdated = 3600;
// Of the lifetime, the share by which expiry is spread.
constexpr std::uint32_t kSpread = 8;

void append_u16(std::vector<std::uint8_t>& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void append_u32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  append_u16(out, value >> 16);
  append_u16(out, value & 0xffff);
}

/// The parent knows it, or is to.
bool is_entry(v1::KeyRole role) { return role == v1::KEY_ROLE_CSK || role == v1::KEY_ROLE_KSK; }

}  // namespace

Result<ZoneSigner> ZoneSigner::load(const zone::WireName& apex, const v1::ZoneKeys& keys,
                                    std::uint32_t lifetime_seconds) {
  ZoneSigner signer(apex);
  signer.lifetime_ = lifetime_seconds;
  for (const auto& key : keys.keys()) {
    if (auto added = signer.add(key); !added)
      return at("key " + std::to_string(signer.keys_.size()), added.error());
  }
  signer.choose_signers();
  signer.keys_identity_ = signer.identity_of(&Key::signs_keys);
  signer.records_identity_ = signer.identity_of(&Key::signs_records);
  const auto any = [&signer](bool Key::*signs) {
    return std::any_of(signer.keys_.begin(), signer.keys_.end(),
                       [signs](const Key& key) { return key.*signs; });
  };
  if (!any(&Key::signs_keys) || !any(&Key::signs_records))
    return Error("keys", "are not enough to sign a zone with");
  return signer;
}

Result<void> ZoneSigner::add(const v1::ZoneKey& from) {
  if (!dnssec::is_known(from.algorithm()))
    return Error("is of an algorithm that this version does not know");
  const auto algorithm = static_cast<dnssec::Algorithm>(from.algorithm());
  auto loaded = dnssec::SigningKey::load(algorithm, {from.private_key(), from.public_key()});
  if (!loaded) return loaded.error();
  const auto flags = is_entry(from.role()) ? dnssec::kSecureEntryPoint : dnssec::kZoneKey;
  auto dnskey = dnssec::dnskey_data(flags, algorithm, from.public_key());
  const auto tag = dnssec::key_tag(dnskey);
  keys_.push_back(
      {std::move(*loaded), tag, from.role(), from.state(), std::move(dnskey), false, false});
  return {};
}

/// As v1::KeyState says. Whatever signs, every algorithm among the keys does (RFC 4035
/// section 2.2).
void ZoneSigner::choose_signers() {
  for (auto& key : keys_) {
    key.signs_keys = is_entry(key.role);
    key.signs_records = key.role == v1::KEY_ROLE_CSK ||
                        (key.role == v1::KEY_ROLE_ZSK && key.state == v1::KEY_STATE_ACTIVE);
  }
  for (auto& key : keys_) {
    if (key.role != v1::KEY_ROLE_ZSK) continue;
    key.signs_records |= std::none_of(keys_.begin(), keys_.end(), [&key](const Key& other) {
      return other.signs_records && other.key.algorithm() == key.key.algorithm();
    });
  }
}

Sha256 ZoneSigner::identity_of(bool Key::*signs) const {
  auto all = apex_ + std::to_string(lifetime_);
  for (const auto& key : keys_)
    if (key.*signs) all += key.dnskey;
  return sha256(all);
}

std::vector<zone::Record> ZoneSigner::key_records(WantedDs wanted) const {
  std::vector<zone::Record> records;
  const Key* newest = nullptr;
  for (const auto& key : keys_) {
    records.push_back({apex_, rr::kDnskey, 0, key.dnskey});
    // The last one that caches know: keys stand in the order of their making.
    if (is_entry(key.role) &&
        (key.state == v1::KEY_STATE_READY || key.state == v1::KEY_STATE_ACTIVE))
      newest = &key;
  }
  if (wanted == WantedDs::none) {
    // `0 0 0 00` and `0 3 0 AA==`.
    records.push_back({apex_, rr::kCds, 0, std::string("\0\0\0\0\0", 5)});
    records.push_back({apex_, rr::kCdnskey, 0, std::string("\0\0\3\0\0", 5)});
  } else if (newest != nullptr) {
    records.push_back({apex_, rr::kCds, 0, dnssec::ds_data(apex_, newest->dnskey)});
    records.push_back({apex_, rr::kCdnskey, 0, newest->dnskey});
  }
  return records;
}

bool ZoneSigner::sign(const CanonicalSet& set, const Validity& validity,
                      std::vector<std::uint8_t>& out) const {
  const auto before = out.size();
  for (const auto& key : keys_) {
    if (!(is_about_keys(set.type()) ? key.signs_keys : key.signs_records)) continue;
    if (append(key, set, validity, out)) continue;
    out.resize(before);
    return false;
  }
  return true;
}

bool ZoneSigner::append(const Key& key, const CanonicalSet& set, const Validity& validity,
                        std::vector<std::uint8_t>& out) const {
  constexpr std::size_t kFixed = 18;  // of the data, before the signer's name
  const auto begin = out.size();
  append_u16(out, rr::kRrsig);
  append_u16(out, 1);  // class IN
  append_u32(out, set.ttl());
  append_u16(out, kFixed + apex_.size() + dnssec::kSignatureOctets);
  append_u16(out, set.type());
  out.push_back(static_cast<std::uint8_t>(key.key.algorithm()));
  out.push_back(set.labels());
  append_u32(out, set.ttl());
  append_u32(out, validity.expiration);
  append_u32(out, validity.inception);
  append_u16(out, key.tag);
  out.insert(out.end(), apex_.begin(), apex_.end());
  // What is signed (RFC 4034 section 3.1.8.1) stands where the signature will, for a moment.
  const auto place = out.size();
  out.insert(out.end(), set.records().begin(), set.records().end());
  dnssec::Signature signature;
  const bool made = key.key.sign(std::span(out).subspan(begin + kRecordHead), signature);
  out.resize(place);
  if (made) out.insert(out.end(), signature.begin(), signature.end());
  return made;
}

Validity ZoneSigner::validity(std::uint32_t now, std::uint64_t chance) const {
  const auto earlier = static_cast<std::uint32_t>(chance % (lifetime_ / kSpread + 1));
  return {now - kBackdated, now + lifetime_ - earlier};
}

}  // namespace meridian::dns

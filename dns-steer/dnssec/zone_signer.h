#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/base/result.h"
#include "common/dnssec/key.h"
#include "common/zone/records.h"
#include "dns-steer/dnssec/canonical.h"
#include "dns-steer/zone/record_type.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// When a signature begins and ends to be valid, in seconds since 1970; compared as RFC 1982 says.
struct Validity {
  std::uint32_t inception = 0;
  std::uint32_t expiration = 0;
};

/// Whose DS record the parent zone is to have: CDS and CDNSKEY tell it.
enum class WantedDs : std::uint8_t { of_newest_key, none };

/// The keys of one zone, ready to sign, and the records that make them known. Immutable; const
/// calls may be made from any thread.
class ZoneSigner {
 public:
  /// `apex`: in wire form and lower case. The Error tells which key is wrong, and why.
  static Result<ZoneSigner> load(const zone::WireName& apex, const v1::ZoneKeys& keys,
                                 std::uint32_t lifetime_seconds);

  /// DNSKEY, CDS and CDNSKEY (RFC 7344, RFC 8078 section 4) of the apex, without a TTL.
  std::vector<zone::Record> key_records(WantedDs wanted) const;

  /// Appends the RRSIG records of `set` to `out`, each from its type on, as many as there are keys
  /// that sign its type. False: one could not be made; `out` is as before.
  bool sign(const CanonicalSet& set, const Validity& validity,
            std::vector<std::uint8_t>& out) const;

  /// Of a signature made at `now`. `chance` spreads expiry, so that not all are renewed at once.
  Validity validity(std::uint32_t now, std::uint64_t chance) const;
  /// From then on a signature that expires at `expiration` is to be replaced: while it is good for
  /// as long again, for a node that cannot.
  std::uint32_t renewal(std::uint32_t expiration) const { return expiration - lifetime_ / 2; }

  /// The same for the same keys that sign sets of this type: what they signed stays good.
  const Sha256& identity(std::uint16_t type) const {
    return is_about_keys(type) ? keys_identity_ : records_identity_;
  }

 private:
  struct Key {
    dnssec::SigningKey key;
    std::uint16_t tag = 0;
    v1::KeyRole role = v1::KEY_ROLE_UNSPECIFIED;
    v1::KeyState state = v1::KEY_STATE_UNSPECIFIED;
    std::string dnskey;  // data of its record
    bool signs_keys = false;
    bool signs_records = false;
  };
  explicit ZoneSigner(zone::WireName apex) : apex_(std::move(apex)) {}
  static bool is_about_keys(std::uint16_t type) {
    return type == rr::kDnskey || type == rr::kCds || type == rr::kCdnskey;
  }
  Result<void> add(const v1::ZoneKey& from);
  void choose_signers();
  Sha256 identity_of(bool Key::*signs) const;
  bool append(const Key& key, const CanonicalSet& set, const Validity& validity,
              std::vector<std::uint8_t>& out) const;

  zone::WireName apex_;
  std::uint32_t lifetime_ = 0;
  std::vector<Key> keys_;
  Sha256 keys_identity_{};     // of who signs keys
  Sha256 records_identity_{};  // of who signs all else
};

/// Offsets in an RRSIG record from its type on.
inline constexpr std::size_t kRecordHead = 10;  // type, class, TTL, length
inline constexpr std::size_t kExpirationOffset = kRecordHead + 8;

}  // namespace meridian::dns

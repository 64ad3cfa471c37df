#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "dns-steer/dnssec/canonical.h"
#include "dns-steer/dnssec/zone_sets.h"
#include "dns-steer/dnssec/zone_signer.h"
#include "dns-steer/query/now.h"
#include "dns-steer/query/siphash.h"

namespace meridian::dns {

/// Signatures that could not be made ahead: of names that do not exist, of names that a wildcard
/// stands for, of addresses not seen together before. The last ones are remembered; how many are
/// made in a second is bounded, so that queries for names without end cannot take a worker's time.
/// One a worker, on its thread.
class FreshSignatures {
 public:
  /// Each costs 30 us or so: at most a sixth of a core.
  static constexpr std::uint32_t kPerSecond = 5'000;

  /// `seed`: random, so that strangers cannot make two sets look alike.
  explicit FreshSignatures(std::uint64_t seed);

  /// Room to build a set in; what sign() is asked about.
  CanonicalSet& set() { return set_; }
  NsecRoom& nsec_room() { return nsec_room_; }

  /// The RRSIG records of set(), each from its type on, until the next call. Empty: no more are
  /// made in this second.
  Bytes sign(const ZoneSigner& signer, const Now& now);

  /// Since construction: made, and not made because of the bound.
  std::uint64_t made() const { return made_; }
  std::uint64_t refused() const { return refused_; }

 private:
  // With two keys, and signers' names of usual length.
  static constexpr std::size_t kMostOctets = 432;
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kEntries = 8'192;
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t renew_at = 0;
    std::uint16_t size = 0;  // 0: free
    bool used = false;       // since it was put here or a place was sought
    std::array<std::uint8_t, kMostOctets> octets;
  };

  std::uint64_t key_of(const ZoneSigner& signer);
  Entry& place_for(std::uint64_t key);
  bool take_token(Instant now);

  SipHashKey hash_key_;
  CanonicalSet set_;
  NsecRoom nsec_room_;
  std::vector<std::uint8_t> octets_;  // to hash, then to hand out
  std::vector<Entry> entries_;        // empty before the first signature
  Instant filled_at_{};
  double tokens_ = kPerSecond;
  std::uint64_t made_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace meridian::dns

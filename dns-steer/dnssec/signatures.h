#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "dns-steer/dnssec/zone_signer.h"
#include "dns-steer/zone/zone_data.h"

namespace meridian::dns {

/// Records that a steered name may answer with, all together.
struct SteeredSet {
  std::uint32_t node = 0;  // into ZoneData::nodes; no wildcard
  std::uint16_t type = 0;  // A, AAAA or HTTPS
  std::uint32_t ttl = 0;
  std::vector<std::vector<std::uint8_t>> data;  // of each record
  std::uint64_t key = 0;                        // tells it from the name's other sets of the type
};

/// Names what is signed at a node, counted from the zone's first, beside its static sets and its
/// NSEC record: what is steered by SteeredSet::key, and other NSEC records by the type that they
/// leave out.
std::uint64_t signature_key(std::uint32_t node, std::uint16_t type, std::uint32_t ttl,
                            std::uint64_t key);
/// In place of that type: the NSEC record is the one of whole copies of the zone (chain.h).
inline constexpr std::uint64_t kInChain = 0;

/// The signatures of one zone that are made ahead: RRSIG records from their type on, one after the
/// other where several keys sign. Empty where there are none, or none yet. Immutable; any thread.
class ZoneSignatures {
 public:
  /// `set`, `node`: counted from the zone's first.
  Bytes of_set(std::uint32_t set) const { return slot(set); }
  Bytes of_nsec(std::uint32_t node) const { return slot(sets_ + node); }
  /// `key`: a signature_key().
  Bytes of(std::uint64_t key) const;

  /// In whole copies of the zone: the node that is next to `node`, both counted from the zone's
  /// first; kNone: `node` has no NSEC record there. Only if has_chain().
  std::uint32_t next_in_chain(std::uint32_t node) const { return chain_[node]; }
  bool has_chain() const { return !chain_.empty(); }

  /// All that are needed are there.
  bool complete() const { return missing_ == 0; }
  /// When the first is to be renewed, in seconds since 1970.
  std::uint32_t renew_at() const { return renew_at_; }
  std::size_t count() const { return digests_.size() - missing_ - left_out_; }
  std::size_t octets() const;

 private:
  friend class ZoneSigning;
  using Digest = std::array<std::uint8_t, 16>;

  Bytes slot(std::size_t number) const {
    return Bytes(octets_).subspan(ends_[number], ends_[number + 1] - ends_[number]);
  }

  std::uint32_t sets_ = 0;
  std::uint32_t missing_ = 0;
  std::uint32_t left_out_ = 0;  // slots of what is not signed
  std::uint32_t renew_at_ = 0;
  std::vector<std::uint8_t> octets_;
  std::vector<std::uint32_t> ends_{0};  // slots: sets, NSEC records of nodes, then what has a key
  std::vector<Digest> digests_;         // of what each slot signs, and with which keys
  struct Keyed {
    std::uint64_t key = 0;
    std::uint32_t slot = kNone;
    friend bool operator==(const Keyed&, const Keyed&) = default;
  };
  std::vector<Keyed> keyed_;          // open addressing, at most half full
  std::vector<std::uint32_t> chain_;  // by node; empty: nobody holds a copy
};
using ZoneSignaturesPtr = std::shared_ptr<const ZoneSignatures>;

/// What is signed beside static sets and their denials.
struct MoreToSign {
  std::span<const SteeredSet> steered = {};
  /// nsec_chain() of a zone that others hold copies of. The records of steered nodes, which say
  /// what is steered there just now, are left out.
  std::span<const std::uint32_t> chain = {};
};

/// Makes the signatures of zone number `zone`, taking from `before` (may be null) what is still
/// good: by content, so that what has not changed is not signed again. While `may_sign()` is false
/// nothing is signed: what is missing is left out, what is due stays as long as it is good. Returns
/// `before` if nothing is to be changed. `now`: seconds since 1970. Pure but for the keys' chance.
ZoneSignaturesPtr sign_zone(const ZoneData& data, std::uint32_t zone, const ZoneSigner& signer,
                            const MoreToSign& more, const ZoneSignaturesPtr& before,
                            std::uint32_t now, const std::function<bool()>& may_sign);

/// Of all zones, by their number; null where a zone is not signed, or not yet.
struct Signatures {
  std::vector<ZoneSignaturesPtr> zones;
};

}  // namespace meridian::dns

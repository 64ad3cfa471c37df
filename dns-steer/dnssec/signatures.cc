#include "dns-steer/dnssec/signatures.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/base/hash.h"
#include "dns-steer/dnssec/zone_sets.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

/// RFC 1982: `a` is at or behind `b`.
bool reached(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) >= 0; }

}  // namespace

std::uint64_t signature_key(std::uint32_t node, std::uint16_t type, std::uint32_t ttl,
                            std::uint64_t key) {
  return mix(mix(std::uint64_t{node} << 16 | type) + ttl) + key;
}

Bytes ZoneSignatures::of(std::uint64_t key) const {
  if (keyed_.empty()) return {};
  const auto mask = keyed_.size() - 1;
  for (auto at = key & mask; keyed_[at].slot != kNone; at = (at + 1) & mask) {
    if (keyed_[at].key == key) return slot(keyed_[at].slot);
  }
  return {};
}

std::size_t ZoneSignatures::octets() const {
  return sizeof *this + octets_.size() + ends_.size() * sizeof ends_[0] +
         digests_.size() * sizeof digests_[0] + keyed_.size() * sizeof keyed_[0] +
         chain_.size() * sizeof chain_[0];
}

/// The signing of one zone, slot by slot.
class ZoneSigning {
 public:
  ZoneSigning(const ZoneData& data, const ZoneSigner& signer, const ZoneSignaturesPtr& before,
              std::uint32_t now, const std::function<bool()>& may_sign)
      : data_(data), signer_(signer), before_(before), now_(now), may_sign_(may_sign) {}

  ZoneSignaturesPtr run(const Zone& zone, const MoreToSign& more) {
    next_->sets_ = zone.sets;
    next_->renew_at_ = now_ + 0x7fffffff;
    for (auto node = zone.first_node; node < zone.first_node + zone.nodes; ++node)
      for (const auto& set : data_.sets_of(data_.nodes[node])) put_set(node, set);
    for (auto node = zone.first_node; node < zone.first_node + zone.nodes; ++node)
      put_nsec(zone, node, 0);
    const auto unnamed = next_->ends_.size() - 1;
    std::vector<std::uint64_t> keys;
    for (auto node = zone.first_node; node < zone.first_node + zone.nodes; ++node) {
      if (is_wildcard(data_.name(data_.nodes[node]))) continue;
      for (const auto type : steered_types(data_.nodes[node])) {
        keys.push_back(signature_key(node - zone.first_node, rr::kNsec, 0, type));
        put_nsec(zone, node, type);
      }
    }
    for (const auto& set : more.steered) keys.push_back(put_steered(zone, set));
    if (!more.chain.empty()) put_chain(zone, more.chain, keys);
    index(keys, unnamed);
    // All as it was, in the same places: then it is the same.
    if (before_ && changed_ == 0 && before_->missing_ == next_->missing_ &&
        before_->sets_ == next_->sets_ && before_->digests_ == next_->digests_ &&
        before_->keyed_ == next_->keyed_ && before_->chain_ == next_->chain_)
      return before_;
    return std::move(next_);
  }

 private:
  using Digest = ZoneSignatures::Digest;

  void put_set(std::uint32_t node, const RecordSet& set) {
    if (!is_signed(data_, node, set)) return leave_out();
    read_set(data_, data_.nodes[node], set, data_.name(data_.nodes[node]), set_);
    put();
  }

  /// What lies below a cut needs no denial: nobody is told that it is there.
  void put_nsec(const Zone& zone, std::uint32_t node, std::uint16_t absent) {
    const auto& at = data_.nodes[node];
    if (at.cut != kNone && at.cut != node) return leave_out();
    read_nsec(data_, node, data_.name(at), absent, room_);
    set_.begin(data_.name(at), rr::kNsec, zone.negative_ttl);
    set_.add(room_.data);
    set_.finish();
    put();
  }

  std::uint64_t put_steered(const Zone& zone, const SteeredSet& from) {
    set_.begin(data_.name(data_.nodes[from.node]), from.type, from.ttl);
    for (const auto& data : from.data) set_.add(data);
    set_.finish();
    put();
    return signature_key(from.node - zone.first_node, from.type, from.ttl, from.key);
  }

  void put_chain(const Zone& zone, std::span<const std::uint32_t> chain,
                 std::vector<std::uint64_t>& keys) {
    next_->chain_.assign(zone.nodes, kNone);
    for (std::size_t i = 0; i < chain.size(); ++i) {
      const auto node = chain[i];
      const auto next = chain[(i + 1) % chain.size()];
      next_->chain_[node - zone.first_node] = next - zone.first_node;
      if (data_.nodes[node].site != kNone) continue;
      read_chain_nsec(data_, node, next, {}, room_);
      set_.begin(data_.name(data_.nodes[node]), rr::kNsec, zone.negative_ttl);
      set_.add(room_.data);
      set_.finish();
      keys.push_back(signature_key(node - zone.first_node, rr::kNsec, 0, kInChain));
      put();
    }
  }

  void leave_out() {
    ++next_->left_out_;
    next_->digests_.push_back({});
    end_slot();
  }

  void end_slot() { next_->ends_.push_back(static_cast<std::uint32_t>(next_->octets_.size())); }

  /// The signatures of `set_`, taken or made.
  void put() {
    const auto records = set_.records();
    const auto& identity = signer_.identity(set_.type());
    seed_.assign(identity.begin(), identity.end());
    seed_.insert(seed_.end(), records.begin(), records.end());
    const auto hash = sha256({reinterpret_cast<const char*>(seed_.data()), seed_.size()});
    Digest digest;
    std::copy_n(hash.begin(), digest.size(), digest.begin());
    const auto old = find_old(digest);
    const bool due = old.empty() || reached(now_, signer_.renewal(expiration(old)));
    std::uint64_t chance = 0;
    std::memcpy(&chance, digest.data(), sizeof chance);
    if (due && may_sign_() && signer_.sign(set_, signer_.validity(now_, chance), next_->octets_)) {
      ++changed_;
    } else if (!old.empty() && !reached(now_, expiration(old))) {
      next_->octets_.insert(next_->octets_.end(), old.begin(), old.end());
    } else {
      ++next_->missing_;
    }
    const auto made = Bytes(next_->octets_).subspan(next_->ends_.back());
    const auto renewal = made.empty() ? now_ : signer_.renewal(expiration(made));
    if (!reached(renewal, next_->renew_at_)) next_->renew_at_ = renewal;
    next_->digests_.push_back(digest);
    end_slot();
  }

  static std::uint32_t expiration(Bytes signatures) {
    return WireReader(signatures.subspan(kExpirationOffset, 4)).u32();
  }

  /// As a rule it stands where it stood before.
  Bytes find_old(const Digest& digest) {
    if (!before_) return {};
    const auto place = next_->digests_.size();
    if (place < before_->digests_.size() && before_->digests_[place] == digest)
      return before_->slot(place);
    if (old_places_.empty()) {
      for (std::size_t i = 0; i < before_->digests_.size(); ++i)
        old_places_.emplace(word_of(before_->digests_[i]), i);
    }
    const auto found = old_places_.find(word_of(digest));
    if (found == old_places_.end() || before_->digests_[found->second] != digest) return {};
    return before_->slot(found->second);
  }

  static std::uint64_t word_of(const Digest& digest) {
    std::uint64_t word = 0;
    std::memcpy(&word, digest.data(), sizeof word);
    return word;
  }

  void index(std::span<const std::uint64_t> keys, std::size_t first_slot) {
    if (keys.empty()) return;
    auto& table = next_->keyed_;
    table.resize(std::bit_ceil(keys.size() * 2));
    const auto mask = table.size() - 1;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto at = keys[i] & mask;
      while (table[at].slot != kNone) at = (at + 1) & mask;
      table[at] = {keys[i], static_cast<std::uint32_t>(first_slot + i)};
    }
  }

  const ZoneData& data_;
  const ZoneSigner& signer_;
  const ZoneSignaturesPtr& before_;
  std::uint32_t now_;
  const std::function<bool()>& may_sign_;
  std::shared_ptr<ZoneSignatures> next_ = std::make_shared<ZoneSignatures>();
  std::size_t changed_ = 0;
  CanonicalSet set_;
  NsecRoom room_;
  std::vector<std::uint8_t> seed_;
  std::unordered_map<std::uint64_t, std::size_t> old_places_;
};

ZoneSignaturesPtr sign_zone(const ZoneData& data, std::uint32_t zone, const ZoneSigner& signer,
                            const MoreToSign& more, const ZoneSignaturesPtr& before,
                            std::uint32_t now, const std::function<bool()>& may_sign) {
  return ZoneSigning(data, signer, before, now, may_sign).run(data.zones[zone], more);
}

}  // namespace meridian::dns

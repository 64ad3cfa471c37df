#include "dns-steer/query/fresh_signatures.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace meridian::dns {

FreshSignatures::FreshSignatures(std::uint64_t seed) {
  for (std::size_t i = 0; i < hash_key_.size(); ++i) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    hash_key_[i] = static_cast<std::uint8_t>(seed >> 56);
  }
}

Bytes FreshSignatures::sign(const ZoneSigner& signer, const Now& now) {
  const auto key = key_of(signer);
  auto& entry = place_for(key);
  const auto past = [&now](std::uint32_t time) {
    return static_cast<std::int32_t>(now.unix_seconds - time) >= 0;
  };
  if (entry.size > 0 && entry.key == key && !past(entry.renew_at)) {
    entry.used = true;
    return Bytes(entry.octets).first(entry.size);
  }
  if (!take_token(now.instant)) {
    ++refused_;
    return {};
  }
  octets_.clear();
  const auto validity = signer.validity(now.unix_seconds, key);
  if (!signer.sign(set_, validity, octets_)) {
    ++refused_;
    return {};
  }
  ++made_;
  if (octets_.size() <= kMostOctets) {
    entry.key = key;
    entry.renew_at = signer.renewal(validity.expiration);
    entry.size = static_cast<std::uint16_t>(octets_.size());
    entry.used = false;
    std::copy(octets_.begin(), octets_.end(), entry.octets.begin());
  }
  return octets_;
}

std::uint64_t FreshSignatures::key_of(const ZoneSigner& signer) {
  const auto& identity = signer.identity(set_.type());
  octets_.assign(identity.begin(), identity.end());
  octets_.insert(octets_.end(), set_.records().begin(), set_.records().end());
  return siphash_2_4(hash_key_, octets_);
}

/// The entry of this key, else one that may be written over: free, or not used for the longest.
FreshSignatures::Entry& FreshSignatures::place_for(std::uint64_t key) {
  if (entries_.empty()) entries_.resize(kEntries);
  const auto ways = std::span(entries_).subspan(key % (kEntries / kWays) * kWays, kWays);
  for (auto& entry : ways)
    if (entry.size > 0 && entry.key == key) return entry;
  for (auto& entry : ways)
    if (entry.size == 0 || !entry.used) return entry;
  for (auto& entry : ways) entry.used = false;
  return ways[key >> 32 & (kWays - 1)];
}

bool FreshSignatures::take_token(Instant now) {
  const std::chrono::duration<double> since = now - filled_at_;
  if (since.count() > 0) {
    tokens_ = std::min<double>(kPerSecond, tokens_ + since.count() * kPerSecond);
    filled_at_ = now;
  }
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

}  // namespace meridian::dns

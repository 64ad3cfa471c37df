#include "dns-steer/zone/name.h"

#include <cstring>

namespace meridian::dns {
namespace {

constexpr std::uint64_t kSeed = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kMultiplier = 0xff51afd7ed558ccd;

/// Goes on from the hash of what follows the label. The names in the tables are an operator's, so
/// nobody can fill a chain: good distribution is enough.
std::uint64_t hash_label(std::uint64_t hash, Bytes label) {
  while (!label.empty()) {
    std::uint64_t word = 0;
    const auto taken = label.size() < sizeof word ? label.size() : sizeof word;
    std::memcpy(&word, label.data(), taken);
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 32;
    label = label.subspan(taken);
  }
  return hash;
}

}  // namespace

bool LookupName::read(WireReader& reader) {
  const auto begin = reader.position();
  std::size_t count = 0;
  std::size_t size = 0;
  for (;;) {
    const auto length = reader.u8();
    // 64 and more would be a compression pointer or an unknown label type: neither may stand in a
    // question, which has nothing before it to point to.
    if (!reader.ok() || length > 63) return false;
    size += length + std::size_t{1};
    if (size > kMostNameOctets) return false;
    if (length == 0) break;
    starts_[count++] = static_cast<std::uint8_t>(size - length - 1);
    (void)reader.bytes(length);
  }
  if (!reader.ok()) return false;
  starts_[count] = static_cast<std::uint8_t>(size - 1);
  take(reader.message().subspan(begin, size), count);
  return true;
}

void LookupName::assign(Bytes wire) {
  WireReader reader(wire);
  (void)read(reader);
}

void LookupName::take(Bytes wire, std::size_t labels) {
  labels_ = labels;
  size_ = wire.size();
  // Length octets are below 64, so bytewise is right.
  for (std::size_t i = 0; i < size_; ++i) {
    const auto c = wire[i];
    octets_[i] = static_cast<std::uint8_t>(c | (static_cast<unsigned>(c - 'A') < 26u ? 0x20 : 0));
  }
  auto hash = kSeed;
  hashes_[labels] = hash;
  for (auto i = labels; i-- > 0;) {
    hash = hash_label(hash,
                      Bytes(octets_.data() + starts_[i], std::size_t{starts_[i + 1]} - starts_[i]));
    hashes_[i] = hash;
  }
}

}  // namespace meridian::dns

#include "dns-steer/zone/name.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace meridian::dns {
namespace {

constexpr std::uint64_t kSeed = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kMultiplier = 0xff51afd7ed558ccd;

constexpr std::size_t kWord = sizeof(std::uint64_t);
static_assert(std::endian::native == std::endian::little, "the first octet is a word's lowest");

/// As many octets as are turned to lower case at once.
using Block [[gnu::vector_size(16)]] = std::uint8_t;

/// Copies `wire` in lower case, and some octets of no account behind it: `into` holds whole blocks,
/// and `readable` octets may be read.
void copy_lower(Bytes wire, std::size_t readable, std::uint8_t* into) {
  for (std::size_t at = 0; at < wire.size(); at += sizeof(Block)) {
    Block block{};
    if (at + sizeof block <= readable) [[likely]]
      std::memcpy(&block, wire.data() + at, sizeof block);
    else
      std::memcpy(&block, wire.data() + at, readable - at);
    // Length octets are below 64, so octet by octet is right. A comparison gives 0 or all bits.
    block |= reinterpret_cast<Block>(block - 'A' < 26) & 0x20;
    std::memcpy(into + at, &block, sizeof block);
  }
}

/// Goes on from the hash of what follows the label. Reads whole words. The names in the tables are
/// an operator's, so nobody can fill a chain: good distribution is enough.
std::uint64_t hash_label(std::uint64_t hash, const std::uint8_t* label, std::size_t size) {
  for (std::size_t at = 0; at < size; at += kWord) {
    std::uint64_t word = 0;
    std::memcpy(&word, label + at, kWord);
    if (const auto left = size - at; left < kWord) word &= (std::uint64_t{1} << left * 8) - 1;
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

bool LookupName::read(WireReader& reader) {
  const auto wire = reader.rest();
  const auto most = std::min(wire.size(), kMostNameOctets);
  std::size_t at = 0;
  std::size_t labels = 0;
  for (;;) {
    if (at >= most) return false;
    const auto length = wire[at];
    // 64 and more would be a compression pointer or an unknown label type: neither may stand in a
    // question, which has nothing before it to point to.
    if (length > 63) return false;
    starts_[labels] = static_cast<std::uint8_t>(at);
    if (length == 0) break;
    ++labels;
    at += length + std::size_t{1};
  }
  labels_ = labels;
  size_ = at + 1;
  copy_lower(reader.bytes(size_), wire.size(), octets_.data());
  auto hash = kSeed;
  hashes_[labels] = hash;
  for (auto i = labels; i-- > 0;) {
    const std::size_t start = starts_[i];
    hash = hash_label(hash, octets_.data() + start, starts_[i + 1] - start);
    hashes_[i] = hash;
  }
  return true;
}

void LookupName::assign(Bytes wire) {
  WireReader reader(wire);
  (void)read(reader);
}

}  // namespace meridian::dns

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace meridian::edge {

/// Spreads what differs in few bits over all of them (the finisher of MurmurHash3).
constexpr std::uint64_t stable_mix(std::uint64_t hash) {
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdULL;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ULL;
  return hash ^ hash >> 33;
}

/// FNV-1a, mixed. The same on every edge and in every version: who is inside a percentage must not
/// change with them.
constexpr std::uint64_t stable_hash(std::span<const std::uint8_t> bytes, std::uint64_t seed) {
  std::uint64_t hash = seed ^ 0xcbf29ce484222325ULL;
  for (const auto byte : bytes) hash = (hash ^ byte) * 0x100000001b3ULL;
  return stable_mix(hash);
}
constexpr std::uint64_t stable_hash(std::string_view text, std::uint64_t seed = 0) {
  std::uint64_t hash = seed ^ 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return stable_mix(hash);
}

}  // namespace meridian::edge

#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace meridian::dns {

using SipHashKey = std::array<std::uint8_t, 16>;

/// SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash for short inputs; what RFC 9018 signs
/// cookies with. The octets of the result in little-endian order are the hash as it is published.
std::uint64_t siphash_2_4(const SipHashKey& key, std::span<const std::uint8_t> message);

}  // namespace meridian::dns

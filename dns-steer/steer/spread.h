#pragma once

#include <cstdint>

#include "common/net/address.h"

namespace meridian::dns {

/// Where several edges of a location could answer, clients are spread over them by networks of
/// this size: narrower scopes would fill resolvers' caches, wider ones load edges unevenly.
inline constexpr std::uint8_t kSpreadBits4 = 24;
inline constexpr std::uint8_t kSpreadBits6 = 56;

/// The same on every node, so that all of them spread alike. Pure.
std::uint64_t address_hash(const IpAddress& address);

/// Of the network of `length` bits that `client` is in.
std::uint64_t network_hash(const IpAddress& client, std::uint8_t length);

/// Rendezvous hashing: whoever has the highest score for a network answers first, so that losing
/// one of N edges moves only its own share of the networks.
inline std::uint64_t spread_score(std::uint64_t network, std::uint64_t candidate) {
  auto x = network ^ candidate;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

}  // namespace meridian::dns

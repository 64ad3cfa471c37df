#include "dns-steer/steer/spread.h"

namespace meridian::dns {

std::uint64_t address_hash(const IpAddress& address) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const auto octet : address.bytes()) hash = (hash ^ octet) * 0x100000001b3;
  return spread_score(hash, 0);
}

std::uint64_t network_hash(const IpAddress& client, std::uint8_t length) {
  return address_hash(prefix_of(client, length).address);
}

}  // namespace meridian::dns

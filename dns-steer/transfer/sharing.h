#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/net/address.h"
#include "common/tsig/key.h"

namespace meridian::dns {

inline constexpr std::uint32_t kNoKey = 0xffffffff;

/// Fits a client if all that is given does.
struct TransferRule {
  std::vector<IpPrefix> client_prefixes;  // empty: any address
  std::vector<std::uint32_t> keys;        // into Sharing::keys; empty: it need not sign
};

/// A secondary that is told of changes.
struct Notified {
  Endpoint endpoint;
  std::uint32_t key = kNoKey;
};

struct SharedZone {
  std::string name;  // as the Zone resource's
  std::uint32_t serial = 0;
  std::vector<TransferRule> rules;
  std::vector<Notified> notify;
};

/// With whom zones are shared, at one revision. Immutable once built; any thread.
struct Sharing {
  std::vector<tsig::Key> keys;
  std::unordered_map<std::uint32_t, SharedZone> zones;  // by number in ZoneData
};

}  // namespace meridian::dns

#pragma once

#include <cstdint>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/geo/ranking.h"
#include "geoip-data/database/range_table.h"

namespace meridian::dns {

/// Which locations are best for the clients of a network, known from elsewhere than geography: an
/// operator's PrefixMap resource. What is learned of latencies enters as one of these too: the
/// longest prefix that holds a client names its locations, best first; all others follow by
/// distance.
struct PrefixMap {
  struct Entry {
    IpPrefix prefix;
    std::uint32_t list = 0;  // into `lists`
  };
  std::vector<Entry> entries{};
  std::vector<std::vector<LocationId>> lists{};  // each distinct order once

  /// The list of the longest prefix that holds each address, plus one; 0: none does.
  template <class Key>
  Ranges<Key> ranges() const;
};

}  // namespace meridian::dns

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/result.h"
#include "geoip-data/database/place.h"

namespace meridian {

/// The parts of a file in the MaxMind DB format (version 2.0).
struct SearchTree {
  std::span<const std::uint8_t> nodes;
  std::span<const std::uint8_t> data;
  std::uint32_t node_count = 0;
  unsigned record_bits = 0;  // 24, 28 or 32
  unsigned ip_version = 0;   // 4 or 6
};

/// Walks the tree once, in order, and reads each record once. IPv4 is what lies at ::/96 of a tree
/// for IPv6; the places where such trees point to it again are no client's. An Error for damage of
/// any sort: nodes in a ring, pointers that lead out, records that end early. Pure; any octets.
Result<Layer> read_tree(const SearchTree& tree);

}  // namespace meridian

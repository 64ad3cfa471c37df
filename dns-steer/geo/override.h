#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/geo/ranking.h"

namespace meridian::dns {

enum class OverrideAction : std::uint8_t { prefer, allow_only, deny };

/// A SteeringOverride, compiled: matches a client when any one of its lists does.
struct Override {
  std::vector<IpPrefix> prefixes{};
  std::vector<std::array<char, 2>> countries{};
  std::vector<LocationId> locations{};  // that `action` is about
  std::vector<std::uint32_t> asns{};
  std::vector<std::array<char, 2>> continents{};
  std::vector<std::string> subdivisions{};  // "US-CA"
  OverrideAction action = OverrideAction::prefer;

  /// It takes locations away from those whom it matches.
  bool restricts() const { return action != OverrideAction::prefer; }
};

/// What a table of places orders by, where no override says otherwise.
enum class RankBy : std::uint8_t {
  distance,
  nothing,  // rankings hold preferred locations only: the policy has an order of its own
};

/// All that a table of places depends on besides the databases and the locations.
struct RankingRule {
  RankBy by = RankBy::distance;
  std::vector<Override> overrides{};
};

}  // namespace meridian::dns

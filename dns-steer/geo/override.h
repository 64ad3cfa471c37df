#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/geo/prefix_map.h"
#include "dns-steer/geo/ranking.h"
#include "geoip-data/database/place.h"

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

/// What is known of one client.
struct ClientFacts {
  IpAddress address;
  Place place;
  std::string_view subdivision;  // "US-CA"; empty: not known
  std::uint32_t asn = 0;         // 0: not known
};

/// By what `rule` matches a client (`prefix`, `autonomous system`, `country`, `subdivision`,
/// `continent`); nothing if it does not. Pure.
std::optional<std::string_view> matched_by(const Override& rule, const ClientFacts& client);

/// What a table of places orders by, where no override says otherwise.
enum class RankBy : std::uint8_t {
  distance,
  nothing,  // rankings hold preferred locations only: the policy has an order of its own
};

/// All that a table of places depends on besides the databases and the locations.
struct RankingRule {
  RankBy by = RankBy::distance;
  std::vector<Override> overrides{};
  /// Comes after what overrides prefer and before `by`. Null: there is none.
  std::shared_ptr<const PrefixMap> prefix_map = nullptr;
  /// Rankings hold these locations only, ascending. Empty: all.
  std::vector<LocationId> among{};
};

}  // namespace meridian::dns

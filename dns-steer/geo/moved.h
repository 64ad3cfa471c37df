#pragma once

#include "dns-steer/geo/place_table.h"
#include "geoip-data/database/place.h"

namespace meridian::dns {

/// Shares of the address space, 0 to 1, each family for itself.
struct MovedShare {
  double v4 = 0;
  double v6 = 0;

  double most() const { return v4 > v6 ? v4 : v6; }
};

/// How much of the address space `after` leads to another first location than `before` did: of the
/// addresses that `world` (which `after` was compiled of) places, or that would move. Both tables
/// are for the same locations and the same rule. Pure.
MovedShare moved_share(const PlaceTable& before, const PlaceTable& after, const World& world);

}  // namespace meridian::dns

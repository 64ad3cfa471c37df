#pragma once

#include <span>

#include "dns-steer/steer/fleet.h"
#include "geoip-data/database/place.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// Where `policy` leads the clients of one family, to addresses of that family, as if every edge of
/// `candidates` were healthy; and where it leads them if each of `lost` is lost by itself. Empty
/// `lost`: the locations that most clients are led to. `world`: what the tables were compiled of.
/// Pure; takes some hundred milliseconds for a city database.
v1::SpaceReport report_space(const Fleet& fleet, const Policy& policy,
                             const CandidateSet& candidates, Family family, const World& world,
                             std::span<const LocationId> lost);

}  // namespace meridian::dns

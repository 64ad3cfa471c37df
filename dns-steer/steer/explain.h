#pragma once

#include <optional>

#include "common/net/address.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/health.h"
#include "dns-steer/steer/load.h"
#include "geoip-data/database/database.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// How choose() comes to what `client` gets for `site`, by asking the same functions. `entry`:
/// what the databases hold for the client. Leaves `id`, `node` and `revision` to the caller. Pure.
v1::ExplainResponse explain(const Fleet& fleet, const HealthTable& health, std::uint32_t site,
                            const IpAddress& client, const std::optional<GeoDatabase::Entry>& entry,
                            const LoadTable& load = kNoLoad);

}  // namespace meridian::dns

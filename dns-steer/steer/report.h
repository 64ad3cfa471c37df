#pragma once

#include "dns-steer/steer/fleet.h"
#include "geoip-data/database/place.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// Where a revision leads the whole address space, policy by policy (see report_space()). `world`:
/// what its tables were compiled of. An error in the report says which name of the request there is
/// not. Leaves `id`, `node`, `revision` and `took` to the caller. Pure; takes about a second for
/// each policy with a city database.
v1::SteeringReport report_steering(const Fleet& fleet, const World& world,
                                   const v1::SteeringReportRequest& request);

}  // namespace meridian::dns

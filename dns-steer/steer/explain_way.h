#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/health.h"
#include "dns-steer/steer/policy.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// Each policy that was asked on `way`, the outermost first: whom it led to and who was passed
/// over, and why. Pure.
std::vector<v1::AskedPolicy> explain_way(const Fleet& fleet, const HealthTable& health,
                                         std::uint32_t site, Family family, const Way& way);

/// How a method puts members in order, as half a sentence: "locations are ranked by distance".
std::string explain_method(Method method);

}  // namespace meridian::dns

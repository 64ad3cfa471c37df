#pragma once

#include <string>

#include "common/net/address.h"
#include "edge-node/protect/site_limits.h"

namespace meridian::edge {

/// What a site lets that client have, for a person: `30 requests at once and then one each 100 ms
/// (of 192.0.2.0/24), bodies up to 1000 bytes`. Empty: whatever it wants. Pure.
std::string limits_text(const SiteLimits& limits, const IpAddress& client);

}  // namespace meridian::edge

#pragma once

#include <string>

#include "common/base/result.h"
#include "edge-node/protect/limits.h"
#include "edge-node/protect/site_limits.h"
#include "meridian/v1/edge.pb.h"

namespace meridian::edge {

/// What visitors may cost: `defaults`, and what the settings say instead.
Result<VisitorLimits> compile_limits(const v1::EdgeSettings& from, const VisitorLimits& defaults);

/// What one client may take from the site `name`.
Result<SiteLimits> compile_site_limits(const std::string& name, const v1::SiteLimits& from);

/// How often somebody may ask. `limit`: tells it from all others, together with what it says.
Result<RatePace> compile_pace(const std::string& limit, const v1::RateLimit& from);

}  // namespace meridian::edge

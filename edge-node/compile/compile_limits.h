#pragma once

#include "edge-node/protect/limits.h"
#include "meridian/v1/edge.pb.h"

namespace meridian::edge {

/// What visitors may cost: `defaults`, and what the settings say instead.
VisitorLimits compile_limits(const v1::EdgeSettings& from, const VisitorLimits& defaults);

}  // namespace meridian::edge

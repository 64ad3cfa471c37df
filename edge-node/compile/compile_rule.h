#pragma once

#include "common/base/result.h"
#include "edge-node/request/rules.h"
#include "meridian/v1/config.pb.h"

namespace meridian::edge {

/// Refuses what could break a message apart: control characters in names, values, locations.
Result<Rule> compile_rule(const v1::Rule& from);

}  // namespace meridian::edge

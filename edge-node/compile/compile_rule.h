#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "edge-node/rules/rule.h"
#include "meridian/v1/config.pb.h"

namespace meridian::edge {

/// What rules may name, and who reads them.
struct RuleNeeds {
  const std::map<std::string, std::shared_ptr<const OriginPool>>& pools;
  unsigned workers = 1;
};

/// Refuses what could break a message apart: control characters in names, values, locations.
Result<RulePtr> compile_rule(const std::string& name, const v1::Rule& from, const RuleNeeds& needs);

}  // namespace meridian::edge

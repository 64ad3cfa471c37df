#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/base/result.h"
#include "dns-steer/steer/fleet.h"
#include "meridian/v1/config.pb.h"

namespace meridian::dns {

/// What a policy may name.
struct PolicyNames {
  const std::map<std::string, LocationId>& locations;
  const std::map<std::string, std::uint32_t>& policies;
};

/// A policy without its table, and not linked yet (steer/policy_tree.h). The Error names the field.
/// Pure.
Result<Policy> compile_policy(const std::string& name, const v1::SteeringPolicy& from,
                              const PolicyNames& names);

}  // namespace meridian::dns

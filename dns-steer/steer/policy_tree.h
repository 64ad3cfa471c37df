#pragma once

#include <cstddef>

#include "common/base/result.h"
#include "dns-steer/steer/fleet.h"

namespace meridian::dns {

/// Members of one policy; of them policies; policies from the outermost to the innermost; members
/// of a policy and of all that are nested in it. They bound the work of a query.
inline constexpr std::size_t kMostMembers = 256;
inline constexpr std::size_t kMostNestedPolicies = 16;
inline constexpr std::size_t kMostPolicyDepth = 4;
inline constexpr std::size_t kMostMembersTogether = 1000;

/// Finds out for each policy which others are nested in it, and where it may lead to; makes the
/// ring of locations if one is needed. The Error names the policy and its member: one that leads
/// back to itself, with the whole path, or exceeds a bound. Pure.
Result<void> link_policies(Fleet& fleet);

}  // namespace meridian::dns

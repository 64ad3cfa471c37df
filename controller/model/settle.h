#pragma once

#include <cstdint>
#include <set>

#include "common/base/time.h"
#include "controller/model/configuration.h"

namespace meridian::control {

/// `a` comes after `b` (RFC 1982).
bool is_newer_serial(std::uint32_t a, std::uint32_t b);
/// What follows `held` at `now`: the time in seconds, or one more where that is no progress.
std::uint32_t next_serial(std::uint32_t held, WallTime now);

/// Puts right in `next` what follows from the changes that made it of `base` and that no operator
/// says: the serials of zones whose answers change, and what was transferred for zones that have no
/// primaries any more. `touched`: which resources a change has named; those that it changes join
/// them. Pure.
void settle(const Configuration& base, Configuration& next, std::set<ResourceId>& touched,
            WallTime now);

}  // namespace meridian::control

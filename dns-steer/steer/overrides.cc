#include <algorithm>

#include "dns-steer/steer/fleet.h"

namespace meridian::dns {

LocationSet allowed_by(const Override& rule, std::size_t locations) {
  LocationSet allowed(locations);
  for (std::size_t i = 0; i < locations; ++i) {
    const auto location = static_cast<LocationId>(i);
    const bool named =
        std::find(rule.locations.begin(), rule.locations.end(), location) != rule.locations.end();
    if (!rule.restricts() || named == (rule.action == OverrideAction::allow_only))
      allowed.add(location);
  }
  return allowed;
}

}  // namespace meridian::dns

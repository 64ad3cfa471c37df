#pragma once

#include <optional>

#include "common/net/address.h"
#include "dns-steer/geo/override.h"
#include "dns-steer/steer/fleet.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::dns {

/// The override of `policy` that decides for a client, and by what it matches. Pure.
std::optional<v1::MatchedOverride> explain_override(const Fleet& fleet, const Policy& policy,
                                                    const ClientFacts& client);

/// What the prefix map of `policy` holds for a client. Pure; looks at each of its entries.
std::optional<v1::MatchedPrefix> explain_prefix_map(const Fleet& fleet, const Policy& policy,
                                                    const IpAddress& client);

}  // namespace meridian::dns

#pragma once

#include <vector>

#include "dns-steer/zone/build.h"
#include "meridian/v1/config.pb.h"

namespace meridian::dns {

/// The zones that `resources` declare, each with its content. A zone with primaries has what was
/// transferred, but for what contradicts a steered name: there steering has the last word. One of
/// which nothing has been transferred yet is not served. Pure.
std::vector<ZoneSource> zone_sources(const std::vector<v1::Resource>& resources,
                                     const std::vector<SteeredName>& steered);

}  // namespace meridian::dns

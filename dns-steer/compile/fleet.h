#pragma once

#include <vector>

#include "common/base/result.h"
#include "dns-steer/compile/geography.h"
#include "dns-steer/steer/fleet.h"
#include "meridian/v1/config.pb.h"

namespace meridian::dns {

/// Locations, edges, policies and sites of one revision, with their tables. The Error names
/// resource and field.
Result<Fleet> build_fleet(const std::vector<v1::Resource>& resources, Geography& geography);

}  // namespace meridian::dns

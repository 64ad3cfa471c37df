#pragma once

#include <vector>

#include "controller/gslbctl/render.h"
#include "meridian/v1/admin.pb.h"

namespace meridian::gslbctl {

/// Resources of one kind, a row each, with the columns that matter for the kind.
Table resource_table(v1::Kind kind, const std::vector<v1::Resource>& resources);

/// What refers to the resource: "Site www (spec.origin_pool)". From all resources.
std::vector<std::string> referrers(const v1::ResourceKey& key,
                                   const std::vector<v1::Resource>& resources);

}  // namespace meridian::gslbctl

#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/base/result.h"
#include "edge-node/origin/origin_pool.h"
#include "meridian/v1/config.pb.h"

namespace meridian::edge {

/// `known`: the origins of earlier snapshots; those that are the same are used again, new ones
/// are added.
Result<std::shared_ptr<const OriginPool>> compile_pool(
    const std::string& name, const v1::OriginPool& from,
    std::map<std::string, std::weak_ptr<Origin>>& known);

}  // namespace meridian::edge

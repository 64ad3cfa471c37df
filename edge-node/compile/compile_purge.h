#pragma once

#include <cstdint>
#include <vector>

#include "common/base/result.h"
#include "edge-node/cache/purge.h"
#include "edge-node/request/snapshot.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::edge {

/// What a purge names, in the form that lookups compare; each with `generation`. `snapshot` tells
/// whose a URL is. An Error names the field: nothing can be stored under what it says, or it is of
/// a kind that is not known here. Pure.
Result<std::vector<PurgeMark>> compile_purge(const v1::Purge& purge, const Snapshot& snapshot,
                                             std::uint64_t generation);

}  // namespace meridian::edge

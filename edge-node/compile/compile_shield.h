#pragma once

#include <memory>

#include "edge-node/compile/compile_pool.h"

namespace meridian::edge {

/// The edges of the shield's location that take visitors, as a pool to be asked before `pool`,
/// which is complete but for that. Null: `pool` has none, or it is where this edge stands itself,
/// or nobody is there.
Result<std::shared_ptr<const OriginPool>> compile_shield(const OriginPool& pool,
                                                         const v1::Shield& from,
                                                         const PoolNeeds& needs,
                                                         KnownOrigins& known);

}  // namespace meridian::edge

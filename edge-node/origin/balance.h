#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "edge-node/origin/origin_pool.h"

namespace meridian::edge {

/// The origins of a pool that one request may try, in order: those that are up, each once,
/// beginning with the next in turn. Pure. The pool outlives it.
class Candidates {
 public:
  /// `turn` grows by one with each request.
  Candidates(const OriginPool& pool, std::uint64_t turn);
  /// Null: there is no other one.
  std::shared_ptr<Origin> next();

 private:
  const OriginPool& pool_;
  std::uint64_t start_;
  std::uint64_t tried_ = 0;
};

/// No origin of the pool is up.
bool is_down(const OriginPool& pool);

}  // namespace meridian::edge

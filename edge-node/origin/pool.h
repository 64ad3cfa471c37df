#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "edge-node/net/stream.h"
#include "edge-node/origin/origin_pool.h"

namespace meridian::edge {

/// One worker's connections to origins that wait for their next request, the warmest taken first.
class IdleConnections {
 public:
  /// `workers` share each pool's limit.
  explicit IdleConnections(unsigned workers) : workers_(workers) {}

  /// Null: there is none. What the origin has closed meanwhile is dropped here.
  std::unique_ptr<Stream> take(const std::shared_ptr<Origin>& origin);
  /// One that is whole: the last response was read to its end. Dropped at the pool's limit.
  void put(const OriginPool& pool, const std::shared_ptr<Origin>& origin,
           std::unique_ptr<Stream> stream, Instant now);
  /// Drops what was idle for too long.
  void sweep(Instant now);
  void clear() { idle_.clear(); }

 private:
  struct Idle {
    std::unique_ptr<Stream> stream;
    Instant since;
  };
  unsigned workers_;
  std::unordered_map<std::shared_ptr<Origin>, std::vector<Idle>> idle_;
};

}  // namespace meridian::edge

#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "edge-node/net/stream.h"
#include "edge-node/origin/gate.h"
#include "edge-node/origin/origin_pool.h"

namespace meridian::edge {

/// A connection to an origin, counted as long as it is open. The stream is closed first.
struct CountedConnection {
  Admission place;
  std::unique_ptr<Stream> stream;
};

/// One worker's connections to origins that wait for their next request, the warmest taken first.
class IdleConnections {
 public:
  /// `workers` share each pool's limit.
  IdleConnections(unsigned workers, OriginGate& gate);

  /// Null: there is none. What the origin has closed meanwhile is dropped here.
  CountedConnection take(const OriginPtr& origin);
  /// The same without asking the system, but for what the poller has told of: for a request that
  /// may be sent again. What the origin says unasked in this very moment, such as a 408 before it
  /// closes, is read as the answer; so it is with any connection that HTTP/1.1 keeps, since nothing
  /// in an answer says which request it is for. A close without a word is seen, and the request
  /// sent again.
  CountedConnection take_unasked(const OriginPtr& origin);
  /// One that is whole: the last response was read to its end. Dropped at the pool's limit, and
  /// where another worker waits for a connection to the origin.
  void put(const OriginPool& pool, const OriginPtr& origin, CountedConnection connection,
           Instant now);
  /// Drops what was idle for too long.
  void sweep(Instant now);
  /// The oldest one to `origin`.
  void drop_one(const OriginPtr& origin);
  void clear() { idle_.clear(); }

 private:
  struct Idle {
    CountedConnection connection;
    Instant until;
  };
  template <typename IsStale>
  CountedConnection take_newest(const OriginPtr& origin, IsStale is_stale);
  unsigned workers_;
  OriginGate& gate_;
  std::unordered_map<OriginPtr, std::vector<Idle>> idle_;
};

}  // namespace meridian::edge

#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "edge-node/protect/client_counts.h"
#include "edge-node/rules/rate_limits.h"

namespace meridian::edge {

/// What one client may take from a site.
struct SiteLimits {
  std::optional<RatePace> requests;
  std::optional<ClientBound> connections;  // by which it asks
  std::optional<BytePace> bytes;           // of answers to it
  std::uint32_t concurrent_streams = 0;    // of one connection of HTTP/2; 0: as the edge allows
  std::uint64_t request_body_bytes = std::numeric_limits<std::uint64_t>::max();

  /// Who asks decides, also of what is in the cache.
  bool depend_on_client() const { return requests || connections || bytes; }
};

}  // namespace meridian::edge

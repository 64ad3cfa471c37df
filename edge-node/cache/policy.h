#pragma once

#include <chrono>
#include <cstdint>

namespace meridian::edge {

/// A site's departures from RFC 9111, with the defaults of config.proto.
struct CachePolicy {
  std::chrono::seconds default_ttl{0};
  std::chrono::seconds max_ttl{24 * 3600};
  std::uint64_t max_object_bytes = 64 << 20;
  bool ignore_query = false;
};

}  // namespace meridian::edge

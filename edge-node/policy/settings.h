#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace meridian::edge {

/// A site's departures from RFC 9111, with the defaults of cache.proto, and those of a rule.
struct CachePolicy {
  struct StatusTtl {
    int status;
    std::chrono::seconds ttl;
  };

  std::chrono::seconds default_ttl{0};
  std::chrono::seconds max_ttl{24 * 3600};
  std::vector<StatusTtl> status_ttls;
  std::chrono::seconds stale_while_revalidate{0};
  std::chrono::seconds stale_if_error{24 * 3600};
  std::chrono::seconds max_stale{24 * 3600};
  std::uint64_t max_object_bytes = 64 << 20;

  // What the cache key is made of. Names of cookies and fields are in lower case where letter case
  // does not count; a pattern may end with `*`.
  bool ignore_query = false;
  std::vector<std::string> ignore_query_parameters;
  std::vector<std::string> keep_query_parameters;
  std::vector<std::string> key_headers;
  std::vector<std::string> key_cookies;
  std::vector<std::string> bypass_cookies;

  std::optional<std::chrono::seconds> forced_ttl;  // of a rule: whatever the origin says
};

/// What rules make of the policy for one request; the last one that says something counts.
struct CacheOverride {
  bool bypass = false;
  std::optional<std::chrono::seconds> ttl;
  std::optional<std::chrono::seconds> stale_while_revalidate;
  std::optional<std::chrono::seconds> stale_if_error;

  void add(const CacheOverride& later) {
    bypass = bypass || later.bypass;
    if (later.ttl) ttl = later.ttl;
    if (later.stale_while_revalidate) stale_while_revalidate = later.stale_while_revalidate;
    if (later.stale_if_error) stale_if_error = later.stale_if_error;
  }
  CachePolicy apply_to(CachePolicy policy) const {
    policy.forced_ttl = ttl;
    if (stale_while_revalidate) policy.stale_while_revalidate = *stale_while_revalidate;
    if (stale_if_error) policy.stale_if_error = *stale_if_error;
    return policy;
  }
};

}  // namespace meridian::edge

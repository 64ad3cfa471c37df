#pragma once

#include <string>
#include <string_view>

#include "edge-node/http/fields.h"
#include "edge-node/policy/settings.h"

/// Which parts of a request tell stored responses apart, as a site's policy says. Pure; any thread.
namespace meridian::edge {

/// The path and those query parameters that count, in their order. With `ignore_query` the path.
std::string key_target(std::string_view target, const CachePolicy& policy);

/// What the policy's `key_headers` and `key_cookies` are in this request: empty where it names
/// none, else lines that each begin with a line feed. White space around list members does not
/// count.
std::string key_fields(const http::Fields& request, const CachePolicy& policy);

/// It carries a cookie that keeps it away from the cache.
bool bypasses_cache(const http::Fields& request, const CachePolicy& policy);

}  // namespace meridian::edge

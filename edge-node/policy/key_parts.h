#pragma once

#include <string>
#include <string_view>

#include "edge-node/http/fields.h"
#include "edge-node/policy/settings.h"

/// Which parts of a request tell stored responses apart, as a site's policy says. Pure; any thread.
namespace meridian::edge {

/// The path and those query parameters that count, in their order. With `ignore_query` the path.
/// Whatever the policy says, a parameter counts whose name some origins read as another one
/// (`%69d`, `id[`), or which some read as two (`a=1;id=2`); and a name to keep is kept however
/// origins spell it (`ID`, `page.size` for `page_size`).
std::string key_target(std::string_view target, const CachePolicy& policy);

/// What the policy's `key_headers` and `key_cookies` are in this request: empty where it names
/// none, else lines that each begin with a line feed. Fields count as in
/// append_selecting_value(), cookies by their exact text, all of one name in their order; and all
/// there are by theirs where it depends on the origin what a cookie is.
std::string key_fields(const http::Fields& request, const CachePolicy& policy);

/// It carries a cookie that keeps it away from the cache.
bool bypasses_cache(const http::Fields& request, const CachePolicy& policy);

}  // namespace meridian::edge

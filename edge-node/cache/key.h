#pragma once

#include <string>
#include <string_view>

namespace meridian::edge {

/// Under what a response is stored: host, path and query, or host and path alone. The two forms
/// of one URL differ, so a change of `ignore_query` never serves what was stored under the other.
/// The site is no part of it: a host belongs to one site, and purges by site compare epochs.
enum class QueryPart : bool { counts, ignored };
/// Follows the URL in the keys of what was asked for by plain HTTP: many origins answer that with
/// nothing but the way to HTTPS.
inline constexpr std::string_view kPlainHttp = "\nhttp";
std::string cache_key(std::string_view host, std::string_view target, QueryPart query);

}  // namespace meridian::edge

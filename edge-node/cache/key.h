#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meridian::edge {

/// Under what a response is stored: host, path and query, or host and path alone. The two forms
/// of one URL differ, so a change of `ignore_query` never serves what was stored under the other.
/// The site is no part of it: a host belongs to one site, and a stored response knows its own.
///
/// More that tells responses apart may follow after a line feed, which occurs in no URL: what
/// stands before it is what purges by URL and by prefix compare (url_part()).
enum class QueryPart : bool { counts, ignored };
/// Follows the URL in the keys of what was asked for by plain HTTP: many origins answer that with
/// nothing but the way to HTTPS.
inline constexpr std::string_view kPlainHttp = "\nhttp";
std::string cache_key(std::string_view host, std::string_view target, QueryPart query);

inline std::string_view url_part(std::string_view key) { return key.substr(0, key.find('\n')); }

/// Under what parts of a response are stored whose whole would be under `key`.
inline std::string parts_key(std::string_view key) { return std::string(key) + "\nparts"; }

/// A key with its hash, so that it is hashed once for all who look for it. Sees the bytes of
/// somebody else's text.
struct KeyRef {
  std::string_view text;
  std::uint64_t hash = 0;
};
/// `seed`: by chance, so that no stranger can choose keys that collide.
KeyRef hash_key(std::string_view text, std::uint64_t seed);

}  // namespace meridian::edge

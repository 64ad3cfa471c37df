#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "edge-node/http/range.h"
#include "edge-node/policy/freshness.h"
#include "edge-node/request/context.h"

namespace meridian::edge {

enum class Cacheable : std::uint8_t {
  yes,
  read_only,  // may be answered from the cache, but its own answer is not stored: HEAD
  no,
};
/// Pure.
Cacheable is_cacheable(const http::RequestHead& request);
/// Why a request that is not for the cache is forwarded, in the words of RFC 9211 section 2.2.
std::string_view forward_reason(const http::RequestHead& request);

/// A byte of a body is so far from its beginning that fetching all in front of it takes longer
/// than fetching what follows it alone. Pure.
bool is_far_in(std::uint64_t byte);
/// It is at the end of a body, or that far from its beginning that fetching all in front of it
/// takes longer than fetching it alone. Pure.
bool is_far(const http::SingleRange& range);

/// What one request asks of the cache.
struct CacheQuery {
  std::string key;
  RequestDirectives control;
  bool authorized = false;                   // it carries credentials
  std::optional<http::SingleRange> range{};  // the only one that a GET asks for
  bool far = false;                          // it is better asked for by itself than waited for
  bool counted = false;                      // by the cache, among those who ask for the key
};
CacheQuery make_query(Transaction& t);
/// The text of its key alone, but for pool_part().
std::string make_key(const http::RequestHead& request, const Site& site, bool tls);
/// The end of the keys of what is fetched from another pool than the site's: it is stored apart.
std::string pool_part(const Ruling& ruling);
/// Of a key, for a port that visitors name: the origin is told of it, and may answer with it.
std::string port_part(const http::RequestHead& request, bool tls);

/// What the cache has for it.
struct Found {
  ObjectPtr object;  // may be null
  bool usable = false;
  Use use = Use::stale;
  std::chrono::seconds age{0};
};
Found look_up(Transaction& t, const CacheQuery& query);
/// Why an object that was found is not used, in the words of RFC 9211 section 2.2. Pure.
std::string_view forward_reason(const Found& found);
/// The same of what is stored in parts; usable if the range that is asked for is.
Found look_up_parts(Transaction& t, const CacheQuery& query);

}  // namespace meridian::edge

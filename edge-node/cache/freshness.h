#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "common/base/time.h"
#include "edge-node/cache/policy.h"
#include "edge-node/http/cache_control.h"
#include "edge-node/http/fields.h"

/// RFC 9111 for a shared cache, as functions of `now`. Pure; any thread.
namespace meridian::edge {

/// How long a response stays fresh (section 4.2.1), at most `policy.max_ttl`; zero: always
/// revalidate. `now` is when it arrived. Invalid or repeated directives count as stale, never as
/// an error.
std::chrono::seconds freshness_lifetime(int status, const http::Fields& response,
                                        const CachePolicy& policy, WallTime now);

/// When an exchange with the origin took place.
struct ExchangeTimes {
  WallTime request;
  WallTime response;
};
/// The age that a response had when it arrived (corrected_initial_age, section 4.2.3).
std::chrono::seconds initial_age(const http::Fields& response, const ExchangeTimes& times);

enum class Store : std::uint8_t {
  yes,
  no_store,       // a directive forbids it, of the request or the response
  is_private,     // `private`
  authorization,  // for one user, and not marked as for all (section 3.5)
  vary_any,       // `Vary: *`
  set_cookie,     // a cookie for one user, and not marked `public` or `s-maxage`
  status,         // partial, or not understood
  no_lifetime,    // neither lifetime nor validator: of no use
};

/// Whether the response to a GET may be stored (section 3). Departures: a response with Set-Cookie
/// is stored only if `public` or `s-maxage` says so, because a leaked session is worse than a miss.
Store storable(const http::Fields& request, int status, const http::Fields& response,
               const CachePolicy& policy, WallTime now);

/// What decides about the use of a stored response; taken from it when it was stored.
struct Freshness {
  WallTime response_time;
  std::chrono::seconds initial_age{0};
  std::chrono::seconds lifetime{0};
  bool no_cache = false;         // revalidate before each use
  bool must_revalidate = false;  // never stale, even if the client takes that
  bool for_authorized = false;   // also for requests with Authorization
};
Freshness make_freshness(int status, const http::Fields& response, const CachePolicy& policy,
                         const ExchangeTimes& times);

/// Age of the response now (section 4.2.3).
std::chrono::seconds current_age(const Freshness& freshness, WallTime now);

enum class Use : std::uint8_t {
  fresh,           // send it
  stale,           // its lifetime is over: revalidate
  client_insists,  // the request's directives ask for a newer one: revalidate
};
Use may_use(const Freshness& stored, const http::CacheControl& request, WallTime now);

}  // namespace meridian::edge

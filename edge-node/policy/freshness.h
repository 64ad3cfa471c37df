#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "common/base/time.h"
#include "edge-node/http/fields.h"
#include "edge-node/policy/directives.h"
#include "edge-node/policy/settings.h"

/// RFC 9111 for a shared cache, as functions of `now`. Pure; any thread.
namespace meridian::edge {

/// How long a response stays fresh (section 4.2.1), at most `policy.max_ttl`; zero: always
/// revalidate. `now` is when it arrived. Invalid directives count as stale, never as an error.
std::chrono::seconds freshness_lifetime(int status, const http::Fields& response,
                                        const ResponseDirectives& directives,
                                        const CachePolicy& policy, WallTime now);

/// The origin itself says how long, whatever the policy. Pure.
bool has_explicit_lifetime(const http::Fields& response, const ResponseDirectives& directives,
                           WallTime now);

/// When an exchange with the origin took place.
struct ExchangeTimes {
  WallTime request;
  WallTime response;
  bool with_shield = false;  // in the origin's place: another edge, which counts ages as this one
};
/// The age that a response had when it arrived (corrected_initial_age, section 4.2.3). Of several
/// values of Age the first counts; one that is no number is ignored (section 5.1).
std::chrono::seconds initial_age(const http::Fields& response, const ExchangeTimes& times);

enum class Store : std::uint8_t {
  yes,
  no_store,       // a directive forbids it, of the request or the response
  is_private,     // `private`
  authorization,  // for one user, and not marked as for all (section 3.5)
  vary_any,       // `Vary: *`
  set_cookie,     // a cookie, and neither `public` nor s-maxage: nobody said that all may have it
  status,         // not understood, though it must be, or no answer to a whole request
  no_lifetime,    // neither lifetime nor validator: of no use
};

/// Whether the response to a GET may be stored (section 3).
Store storable(const http::Fields& request, int status, const http::Fields& response,
               const ResponseDirectives& directives, const CachePolicy& policy, WallTime now);

/// What decides about the use of a stored response; taken from it when it was stored.
struct Freshness {
  WallTime response_time;
  std::chrono::seconds received_age{0};  // as it says
  std::chrono::seconds initial_age{0};   // that, and what may have been lost on the way
  std::chrono::seconds lifetime{0};
  std::chrono::seconds stale_while_revalidate{0};  // behind the lifetime; RFC 5861 section 3
  std::chrono::seconds stale_if_error{0};          // behind the lifetime; RFC 5861 section 4
  std::chrono::seconds max_stale{24 * 3600};       // no request gets it staler than this
  bool no_cache = false;                           // revalidate before each use
  bool must_revalidate = false;                    // never stale only because the client takes that
  bool for_authorized = false;                     // also for requests with Authorization
};
Freshness make_freshness(int status, const http::Fields& response,
                         const ResponseDirectives& directives, const CachePolicy& policy,
                         const ExchangeTimes& times);

/// Age of the response now (section 4.2.3).
std::chrono::seconds current_age(const Freshness& freshness, WallTime now);

enum class Use : std::uint8_t {
  fresh,           // send it
  refresh,         // send it, and revalidate it meanwhile (RFC 5861 section 3)
  stale,           // its lifetime is over: revalidate
  client_insists,  // the request's directives ask for a newer one: revalidate
};
struct Judgement {
  Use use = Use::stale;
  std::chrono::seconds age{0};
};
/// Does not allocate.
Judgement judge(const Freshness& stored, const RequestDirectives& request, WallTime now);

/// A response may answer others than who asked for it without being revalidated for them first (RFC
/// 9111 sections 4 and 5.2.2.4), as far as its origin means it: however long the way was, it is for
/// those who have waited meanwhile. Does not allocate.
bool is_reusable(const Freshness& stored);

/// A stored response answers in place of an error of the origin's (RFC 9111 section 4.2.4,
/// RFC 5861 section 4).
bool may_stand_in(const Freshness& stored, const RequestDirectives& request, WallTime now);
/// What a stored response may stand in for.
bool is_origin_failure(int status);
/// What tells, where it is not stored itself, that the origin has no more what is stored; other
/// statuses only say that it does not give it now, or not to everybody.
bool is_origins_word(int status);

}  // namespace meridian::edge

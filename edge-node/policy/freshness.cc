#include "edge-node/policy/freshness.h"

#include <algorithm>

#include "edge-node/http/date.h"
#include "edge-node/http/token.h"
#include "edge-node/policy/vary.h"

namespace meridian::edge {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

/// Heuristically cacheable (RFC 9110 section 15.1), without 206: parts are not told apart by it.
bool is_heuristic_status(int status) {
  for (const int known : {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501})
    if (status == known) return true;
  return false;
}

/// A final status whose meaning for caching is known (section 3: "understood").
bool is_understood(int status) {
  return is_heuristic_status(status) || status == 302 || status == 303 || status == 307 ||
         status == 400 || status == 403 || status == 451 || (status >= 500 && status <= 504);
}

/// Not to a request for the whole: a part, or news about what is stored.
bool is_partial(int status) { return status == 206 || status == 304; }

std::optional<seconds> explicit_lifetime(const ResponseDirectives& directives,
                                         const http::Fields& response, WallTime now) {
  if (directives.s_maxage) return directives.s_maxage;
  if (directives.max_age) return directives.max_age;
  if (directives.targeted) return std::nullopt;  // Expires counts no more than Cache-Control
  const auto expires_text = response.find("expires");
  if (!expires_text) return std::nullopt;
  const auto expires = http::parse_date(*expires_text, now);
  if (!expires || response.count("expires") > 1) return seconds(0);
  const auto date = http::parse_date(response.find("date").value_or(""), now).value_or(now);
  return std::max(seconds(0), duration_cast<seconds>(*expires - date));
}

std::optional<seconds> ttl_of_status(int status, const CachePolicy& policy) {
  for (const auto& one : policy.status_ttls)
    if (one.status == status) return one.ttl;
  return std::nullopt;
}

/// A name that `no-cache="..."` or `private="..."` has is left out of what is stored.
bool has_cookie_to_store(const http::Fields& response, const ResponseDirectives& directives) {
  if (!response.has("set-cookie")) return false;
  for (const auto& name : directives.unstored_fields)
    if (http::same_word(name, "set-cookie")) return false;
  return true;
}

/// The origin says that all may have the cookie. What a rule says is about the rest of a response:
/// an origin that takes one path for another may give a visitor's own page under it.
bool is_cookie_for_all(const ResponseDirectives& directives, const CachePolicy& policy) {
  const bool overridden = policy.forced_ttl && (directives.is_private || directives.no_store);
  return (directives.is_public || directives.s_maxage) && !overridden;
}

seconds heuristic_lifetime(const http::Fields& response, WallTime now) {
  const auto modified = http::parse_date(response.find("last-modified").value_or(""), now);
  const auto date = http::parse_date(response.find("date").value_or(""), now).value_or(now);
  if (!modified || *modified > date) return seconds(0);
  return duration_cast<seconds>(date - *modified) / 10;  // section 4.2.2 suggests the tenth
}

}  // namespace

seconds freshness_lifetime(int status, const http::Fields& response,
                           const ResponseDirectives& directives, const CachePolicy& policy,
                           WallTime now) {
  if (policy.forced_ttl) return *policy.forced_ttl;
  auto lifetime = explicit_lifetime(directives, response, now);
  if (!lifetime) lifetime = ttl_of_status(status, policy);
  if (!lifetime && (is_heuristic_status(status) || directives.is_public))
    lifetime =
        policy.default_ttl > seconds(0) ? policy.default_ttl : heuristic_lifetime(response, now);
  return std::min(lifetime.value_or(seconds(0)), policy.max_ttl);
}

bool has_explicit_lifetime(const http::Fields& response, const ResponseDirectives& directives,
                           WallTime now) {
  return explicit_lifetime(directives, response, now).has_value();
}

seconds received_age(const http::Fields& response) {
  http::ListWords given(response.find("age").value_or(""));
  return parse_seconds(given.next().value_or("")).value_or(seconds(0));
}

seconds initial_age(const http::Fields& response, const ExchangeTimes& times) {
  const auto date =
      http::parse_date(response.find("date").value_or(""), times.response).value_or(times.response);
  const auto apparent = std::max(seconds(0), duration_cast<seconds>(times.response - date));
  const auto delay = std::max(seconds(0), duration_cast<seconds>(times.response - times.request));
  return std::max(apparent, received_age(response) + delay);
}

Store storable(const http::Fields& request, int status, const http::Fields& response,
               const ResponseDirectives& directives, const CachePolicy& policy, WallTime now) {
  if (is_partial(status)) return Store::status;
  if (parse_vary(response).any) return Store::vary_any;
  const bool forced = policy.forced_ttl.has_value();
  const bool for_all = directives.is_public || directives.s_maxage;
  if (request.has("authorization") && !for_all && !directives.must_revalidate)
    return Store::authorization;
  if (!forced) {
    if (parse_request_directives(request).no_store) return Store::no_store;
    if (directives.must_understand && !is_understood(status)) return Store::status;
    // An origin that says `must-understand, no-store` means the latter for those who do not
    // (5.2.2.3).
    if (directives.no_store && !directives.must_understand) return Store::no_store;
    if (directives.is_private) return Store::is_private;
    const auto lifetime = explicit_lifetime(directives, response, now);
    if (!lifetime && ttl_of_status(status, policy) == seconds(0)) return Store::no_lifetime;
  }
  if (has_cookie_to_store(response, directives) && !is_cookie_for_all(directives, policy))
    return Store::set_cookie;
  if (freshness_lifetime(status, response, directives, policy, now) > seconds(0)) return Store::yes;
  const bool validator = response.has("etag") || response.has("last-modified");
  return validator && status == 200 ? Store::yes : Store::no_lifetime;
}

Freshness make_freshness(int status, const http::Fields& response,
                         const ResponseDirectives& directives, const CachePolicy& policy,
                         const ExchangeTimes& times) {
  const bool forced = policy.forced_ttl.has_value();
  // A rule's lifetime begins when an edge gets the response, whatever caches of the origin say of
  // its age. What the shield says is how much of it is over.
  const auto age_at_shield = times.with_shield ? received_age(response) : seconds(0);
  Freshness result{
      .response_time = times.response,
      .received_age = forced ? age_at_shield : received_age(response),
      .initial_age = forced ? age_at_shield : initial_age(response, times),
      .lifetime = freshness_lifetime(status, response, directives, policy, times.response),
      .max_stale = policy.max_stale,
      .no_cache = directives.no_cache && !forced,
      .must_revalidate =
          directives.must_revalidate || directives.proxy_revalidate || directives.s_maxage,
      .for_authorized = directives.is_public || directives.s_maxage || directives.must_revalidate};
  if (directives.must_revalidate || directives.proxy_revalidate || result.no_cache) return result;
  // s-maxage forbids stale use by the cache's own leave, not what the origin allows beside it.
  const auto own_leave = [&](seconds ours) { return directives.s_maxage ? seconds(0) : ours; };
  result.stale_while_revalidate =
      std::min(directives.stale_while_revalidate.value_or(own_leave(policy.stale_while_revalidate)),
               policy.max_stale);
  result.stale_if_error = std::min(
      directives.stale_if_error.value_or(own_leave(policy.stale_if_error)), policy.max_stale);
  return result;
}

seconds current_age(const Freshness& freshness, WallTime now) {
  return freshness.initial_age +
         std::max(seconds(0), duration_cast<seconds>(now - freshness.response_time));
}

Judgement judge(const Freshness& stored, const RequestDirectives& request, WallTime now) {
  const auto age = current_age(stored, now);
  if (stored.no_cache) return {Use::stale, age};
  if (request.no_cache || (request.max_age && age > *request.max_age))
    return {Use::client_insists, age};
  const auto left = stored.lifetime - age;
  if (request.min_fresh && left < *request.min_fresh) return {Use::client_insists, age};
  if (left > seconds(0)) return {Use::fresh, age};
  if (-left < stored.stale_while_revalidate) return {Use::refresh, age};
  const bool client_takes_it = request.max_stale && !stored.must_revalidate &&
                               -left <= std::min(*request.max_stale, stored.max_stale);
  return {client_takes_it ? Use::fresh : Use::stale, age};
}

bool is_reusable(const Freshness& stored) {
  return !stored.no_cache && stored.lifetime + stored.stale_while_revalidate > stored.received_age;
}

bool may_stand_in(const Freshness& stored, const RequestDirectives& request, WallTime now) {
  if (stored.no_cache || request.no_cache) return false;
  const auto staleness = current_age(stored, now) - stored.lifetime;
  if (staleness < seconds(0)) return !stored.must_revalidate;
  auto allowed = stored.stale_if_error;
  if (request.stale_if_error && !stored.must_revalidate)
    allowed = std::max(allowed, std::min(*request.stale_if_error, stored.max_stale));
  return staleness < allowed;
}

bool is_origins_word(int status) { return status < 400 || status == 404 || status == 410; }

bool is_origin_failure(int status) {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

}  // namespace meridian::edge

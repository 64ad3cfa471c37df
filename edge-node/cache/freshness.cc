#include "edge-node/cache/freshness.h"

#include <algorithm>

#include "edge-node/cache/vary.h"
#include "edge-node/http/date.h"

namespace meridian::edge {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

/// Heuristically cacheable (RFC 9110 section 15.1), without 206, which is never stored.
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

std::optional<seconds> explicit_lifetime(const http::CacheControl& control,
                                         const http::Fields& response, WallTime now) {
  if (control.s_maxage) return control.s_maxage;
  if (control.max_age) return control.max_age;
  const auto expires_text = response.find("expires");
  if (!expires_text) return std::nullopt;
  const auto expires = http::parse_date(*expires_text, now);
  if (!expires || response.count("expires") > 1) return seconds(0);
  const auto date = http::parse_date(response.find("date").value_or(""), now).value_or(now);
  return std::max(seconds(0), duration_cast<seconds>(*expires - date));
}

seconds heuristic_lifetime(const http::Fields& response, WallTime now) {
  const auto modified = http::parse_date(response.find("last-modified").value_or(""), now);
  const auto date = http::parse_date(response.find("date").value_or(""), now).value_or(now);
  if (!modified || *modified > date) return seconds(0);
  return duration_cast<seconds>(date - *modified) / 10;  // section 4.2.2 suggests the tenth
}

}  // namespace

seconds freshness_lifetime(int status, const http::Fields& response, const CachePolicy& policy,
                           WallTime now) {
  const auto control = http::parse_cache_control(response);
  auto lifetime = explicit_lifetime(control, response, now);
  if (!lifetime && (is_heuristic_status(status) || control.is_public))
    lifetime =
        policy.default_ttl > seconds(0) ? policy.default_ttl : heuristic_lifetime(response, now);
  return std::min(lifetime.value_or(seconds(0)), policy.max_ttl);
}

seconds initial_age(const http::Fields& response, const ExchangeTimes& times) {
  const auto date =
      http::parse_date(response.find("date").value_or(""), times.response).value_or(times.response);
  const auto apparent = std::max(seconds(0), duration_cast<seconds>(times.response - date));
  const auto age = http::parse_seconds(response.find("age").value_or("")).value_or(seconds(0));
  const auto delay = std::max(seconds(0), duration_cast<seconds>(times.response - times.request));
  return std::max(apparent, age + delay);
}

Store storable(const http::Fields& request, int status, const http::Fields& response,
               const CachePolicy& policy, WallTime now) {
  const auto control = http::parse_cache_control(response);
  if (control.no_store || http::parse_cache_control(request).no_store) return Store::no_store;
  if (control.is_private) return Store::is_private;
  if (!is_understood(status)) return Store::status;
  const bool for_all = control.is_public || control.s_maxage;
  if (request.has("authorization") && !for_all && !control.must_revalidate)
    return Store::authorization;
  if (response.has("set-cookie") && !for_all) return Store::set_cookie;
  if (parse_vary(response).any) return Store::vary_any;
  if (freshness_lifetime(status, response, policy, now) > seconds(0)) return Store::yes;
  const bool validator = response.has("etag") || response.has("last-modified");
  return validator && status == 200 ? Store::yes : Store::no_lifetime;
}

Freshness make_freshness(int status, const http::Fields& response, const CachePolicy& policy,
                         const ExchangeTimes& times) {
  const auto control = http::parse_cache_control(response);
  return {
      .response_time = times.response,
      .initial_age = initial_age(response, times),
      .lifetime = freshness_lifetime(status, response, policy, times.response),
      .no_cache = control.no_cache,
      .must_revalidate = control.must_revalidate || control.proxy_revalidate || control.s_maxage,
      .for_authorized = control.is_public || control.s_maxage || control.must_revalidate};
}

seconds current_age(const Freshness& freshness, WallTime now) {
  return freshness.initial_age +
         std::max(seconds(0), duration_cast<seconds>(now - freshness.response_time));
}

Use may_use(const Freshness& stored, const http::CacheControl& request, WallTime now) {
  const auto age = current_age(stored, now);
  if (stored.no_cache) return Use::stale;
  if (request.no_cache || (request.max_age && age > *request.max_age)) return Use::client_insists;
  const auto left = stored.lifetime - age;
  if (request.min_fresh && left < *request.min_fresh) return Use::client_insists;
  if (left > seconds(0)) return Use::fresh;
  const bool stale_allowed = request.max_stale && !stored.must_revalidate;
  return stale_allowed && -left <= *request.max_stale ? Use::fresh : Use::stale;
}

}  // namespace meridian::edge

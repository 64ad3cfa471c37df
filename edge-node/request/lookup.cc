#include "edge-node/request/lookup.h"

#include "edge-node/cache/key.h"
#include "edge-node/policy/key_parts.h"
#include "edge-node/request/authority.h"
#include "edge-node/request/send.h"

namespace meridian::edge {

Cacheable is_cacheable(const http::RequestHead& request) {
  // Preconditions that only the origin can judge go to the origin, and so do WebSockets; other
  // protocols are not changed to, though Java's clients offer one with each request.
  if (request.framing.has_body() || request.fields.has_word("upgrade", "websocket") ||
      request.fields.has("if-match") || request.fields.has("if-unmodified-since"))
    return Cacheable::no;
  if (request.method == "GET") return Cacheable::yes;
  return request.method == "HEAD" ? Cacheable::read_only : Cacheable::no;
}

std::string_view forward_reason(const http::RequestHead& request) {
  return request.method == "GET" || request.method == "HEAD" ? "bypass" : "method";
}

std::string_view forward_reason(const Found& found) {
  return found.use == Use::stale || found.use == Use::refresh ? "stale" : "request";
}

bool is_far_in(std::uint64_t byte) {
  constexpr std::uint64_t kNearBytes = 1 << 20;
  return byte >= kNearBytes;
}

bool is_far(const http::SingleRange& range) { return !range.first || is_far_in(*range.first); }

std::string pool_part(const Ruling& ruling) {
  return ruling.pool ? "\npool " + ruling.pool->name : std::string();
}

std::string port_part(const http::RequestHead& request, bool tls) {
  const auto port = named_port(request, tls);
  return port == 0 ? std::string() : "\nport " + std::to_string(port);
}

std::string make_key(const http::RequestHead& request, const Site& site, bool tls) {
  const auto& policy = site.cache;
  auto key = cache_key(request.host, key_target(request.target, policy),
                       policy.ignore_query ? QueryPart::ignored : QueryPart::counts);
  if (!tls) key += kPlainHttp;
  key += port_part(request, tls);
  key += key_fields(request.fields, policy);
  return key;
}

CacheQuery make_query(Transaction& t) {
  const auto& request = t.request();
  std::optional<http::SingleRange> range;
  if (const auto field = request.fields.find("range");
      field && request.method == "GET" && request.fields.count("range") == 1)
    range = http::parse_single_range(*field);
  return {.key = make_key(request, *t.site, t.is_tls()) + pool_part(t.ruling),
          .control = parse_request_directives(request.fields),
          .authorized = request.fields.has("authorization"),
          .range = range,
          .far = range && is_far(*range)};
}

namespace {

/// Of an object, or of none.
Found judged(const Transaction& t, const CacheQuery& query, ObjectPtr object) {
  Found found;
  found.object = std::move(object);
  if (!found.object) return found;
  const auto now = WallClock::now();
  const Freshness& freshness = found.object->head->freshness;
  const auto judgement = judge(freshness, query.control, now);
  found.use = judgement.use;
  // As if its lifetime had ended; what may be used behind that still may.
  if (t.worker.cache.purged(*found.object) == Purged::soft && found.use == Use::fresh)
    found.use = freshness.stale_while_revalidate.count() > 0 ? Use::refresh : Use::stale;
  found.age = judgement.age;
  found.usable = (found.use == Use::fresh || found.use == Use::refresh) &&
                 (!query.authorized || freshness.for_authorized);
  return found;
}

}  // namespace

Found look_up(Transaction& t, const CacheQuery& query) {
  auto& cache = t.worker.cache;
  return judged(t, query, cache.find(cache.key(query.key), t.request().fields, t.site->purge_name));
}

Found look_up_parts(Transaction& t, const CacheQuery& query) {
  auto& cache = t.worker.cache;
  const auto key = parts_key(query.key);
  auto found = judged(t, query, cache.find(cache.key(key), t.request().fields, t.site->purge_name));
  found.usable = found.usable && found.use == Use::fresh &&
                 holds_portion(*found.object, t.request(), WallClock::now());
  return found;
}

}  // namespace meridian::edge

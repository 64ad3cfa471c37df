#include "edge-node/request/post_store.h"

#include <utility>

#include "edge-node/policy/invalidate.h"
#include "edge-node/policy/key_parts.h"
#include "edge-node/request/authority.h"
#include "edge-node/request/intake.h"
#include "edge-node/request/lookup.h"

namespace meridian::edge {

PostStore::PostStore(Transaction& t) : t_(t) {
  const auto& request = t.request();
  if (request.method != "POST" || t.ruling.cache.bypass ||
      bypasses_cache(request.fields, t.site->cache) ||
      t.worker.handed_over.load(std::memory_order_relaxed))
    return;
  policy_ = t.ruling.cache.apply_to(t.site->cache);
  policy_.forced_ttl.reset();  // what is given to a POST only the origin can judge
  RamTier& cache = t.worker.cache;
  const std::string text = make_key(request, *t.site, t.is_tls()) + pool_part(t.ruling);
  const KeyRef key = cache.key(text);
  const ObjectPtr stored = cache.find(key, request.fields, t.site->purge_name);
  auto join = cache.join({.key = key,
                          .request = request.fields,
                          .seen = stored.get(),
                          .site = t.site->purge_name,
                          .alone = true,
                          .counted = true,  // it does not ask for what is stored
                          .now = Clock::now()});
  if (join.leads) place_ = std::move(join.fill);
}

PostStore::~PostStore() { give_up(); }

void PostStore::give_up() {
  if (!place_) return;
  t_.worker.cache.abandon(place_);
  place_ = nullptr;
  body_.clear();
}

void PostStore::begin(const http::ResponseHead& response, const ExchangeTimes& times) {
  if (!place_) return;
  const auto& request = t_.request();
  const auto directives = parse_response_directives(response.fields);
  const auto uri = target_uri(request, authority_of(request, t_.is_tls()), t_.is_tls());
  // A session that it begins is for this visitor.
  const bool is_for_gets = response.status == 200 && !response.fields.has("set-cookie") &&
                           is_of_target(response.fields, uri) &&
                           has_explicit_lifetime(response.fields, directives, times.response) &&
                           storable(request.fields, response.status, response.fields, directives,
                                    policy_, times.response) == Store::yes;
  if (!is_for_gets) return give_up();
  http::ResponseHead head = response;
  head_ = make_head(*place_, policy_, request.fields, head, directives, times);
}

void PostStore::take(std::string_view bytes) {
  if (!place_) return;
  bytes_ += bytes.size();
  ChunkPtr chunk;
  if (bytes_ <= policy_.max_object_bytes) chunk = t_.worker.cache.make_chunk(bytes, *place_);
  if (!chunk) return give_up();
  body_.push_back(std::move(chunk));
}

void PostStore::end() {
  if (!place_ || !head_) return;
  const FillPtr place = std::exchange(place_, nullptr);
  RamTier& cache = t_.worker.cache;
  keep(cache, place, make_object(cache, std::move(head_), std::move(body_), Source::origin));
}

}  // namespace meridian::edge

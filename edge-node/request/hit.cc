#include "edge-node/request/hit.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "common/base/prefetch.h"
#include "edge-node/http/token.h"
#include "edge-node/http/write_http1.h"
#include "edge-node/policy/key_parts.h"
#include "edge-node/request/forwarding.h"
#include "edge-node/request/local_answer.h"
#include "edge-node/request/lookup.h"
#include "edge-node/request/send.h"
#include "edge-node/request/subject.h"

namespace meridian::edge {
namespace {

/// It may change what is answered, beside Vary and the site's own settings.
bool is_decisive(const http::Fields::Field& field) {
  using http::same_word;
  const std::string_view name = field.name;
  switch (name.size()) {
    case 5:
      return same_word(name, "range");
    case 6:
      return same_word(name, "pragma") || same_word(name, "expect");
    case 7:
      return same_word(name, "upgrade");
    case 8:
      return same_word(name, "if-range") || same_word(name, "if-match");
    case 10:
      return same_word(name, "connection") && !same_word(field.value, "keep-alive");
    case 13:
      return same_word(name, "cache-control") || same_word(name, "authorization") ||
             same_word(name, "if-none-match");
    case 14:
      return same_word(name, "meridian-debug");
    case 17:
      return same_word(name, "if-modified-since");
    case 19:
      return same_word(name, "if-unmodified-since");
    default:
      return false;
  }
}

bool is_plain(const http::RequestHead& request) {
  if (request.method != "GET" || request.framing.has_body() || !request.keep_alive ||
      request.version == http::Version::http10)
    return false;
  for (std::size_t i = 0; i < request.fields.size(); ++i)
    if (is_decisive(request.fields[i])) return false;
  return true;
}

/// Neither the site's settings nor its rules have more to say about the request.
bool is_simple(const Site& site, const http::RequestHead& request, const Visitor& visitor,
               const WorkerContext& worker) {
  return (visitor.tls || !site.delivery.redirect_to_https) && !site.client_certificate &&
         !site.limits.depend_on_client() &&
         (site.rules.empty() ||
          !any_rule_matches(site.rules,
                            subject_of(request, visitor.client, visitor.tls, site, worker))) &&
         !bypasses_cache(request.fields, site.cache);
}

std::uint64_t stamp_of(const Site& site, const Visitor& visitor, http::Version version) {
  return site.delivery.stamp << 2 | (visitor.tls ? 2 : 0) |
         (version == http::Version::http2 ? 1 : 0);
}

const ReadyHead* make_ready(const Object& object, const Site& site, const Visitor& visitor,
                            http::Version version, RamTier& cache) {
  const auto& head = *object.head;
  const auto& compression = site.delivery.compression;
  if (head.status == 204 || !head.fields.has("date") ||
      (!compression.codings.empty() &&
       is_compressible(compression, head.status, head.fields, object.body_bytes)))
    return nullptr;
  auto ready = std::make_unique<ReadyHead>();
  ready->stamp = stamp_of(site, visitor, version);
  http::Fields fields = head.fields;
  fields.erase("age");
  if (site.delivery.forwarding.via) fields.add("Via", via(head.version));
  complete_fields(fields, &site, visitor.tls);
  if (site.delivery.server_timing) fields.add("Server-Timing", "cache;desc=hit");
  if (version != http::Version::http2) {
    http::append_response(ready->http1, head.status, fields,
                          {http::Framing::Kind::length, object.body_bytes},
                          http::Persistence::keep_alive);
    ready->http1.resize(ready->http1.size() - 2);
  } else {
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (!http::same_word(fields[i].name, "content-length"))
        ready->fields.add(http::lower_text(fields[i].name), fields[i].value);
    ready->fields.add("content-length", std::to_string(object.body_bytes));
  }
  auto charge = cache.reserve(ready->memory_bytes());
  if (!charge) return nullptr;
  ready->charge = std::move(*charge);
  return object.ready.add(std::move(ready));
}

template <std::size_t N>
std::size_t put(std::array<char, N>& text, std::size_t at, std::chrono::seconds number) {
  const auto end = std::to_chars(text.data() + at, text.data() + text.size(), number.count()).ptr;
  return static_cast<std::size_t>(end - text.data());
}

}  // namespace

std::optional<Hit> find_hit(const http::RequestHead& request, const Visitor& visitor,
                            WorkerContext& worker, http::Version version, Miss* miss) {
  if (visitor.peer || !is_plain(request) || worker.draining.load(std::memory_order_relaxed) ||
      worker.handed_over.load(std::memory_order_relaxed))
    return std::nullopt;
  const Snapshot& snapshot = worker.slot.current();
  if (snapshot.limits->denied.contains(visitor.client)) return std::nullopt;
  Hit hit;
  hit.site = site_of(snapshot, request.host, visitor);
  if (hit.site) prefetch_lines(hit.site, sizeof *hit.site);
  if (!hit.site || !is_simple(*hit.site, request, visitor, worker)) return std::nullopt;
  auto key = make_key(request, *hit.site, visitor.tls);
  hit.object = worker.cache.find(worker.cache.key(key), request.fields, hit.site->purge_name);
  if (!hit.object) {
    if (miss) *miss = {.key = std::move(key), .site = hit.site};
    return std::nullopt;
  }
  const auto judgement = judge(hit.object->head->freshness, RequestDirectives(), WallClock::now());
  if (judgement.use != Use::fresh || worker.cache.purged(*hit.object) != Purged::no)
    return std::nullopt;
  hit.age = judgement.age;
  hit.left = hit.object->head->freshness.lifetime - judgement.age;
  hit.head = hit.object->ready.find(stamp_of(*hit.site, visitor, version));
  if (!hit.head) hit.head = make_ready(*hit.object, *hit.site, visitor, version, worker.cache);
  if (!hit.head) return std::nullopt;
  return hit;
}

Hit::Text Hit::text() const {
  constexpr std::string_view kStatus = "meridian; hit; ttl=";
  Text text;
  text.age_size = put(text.age, 0, age);
  std::memcpy(text.cache_status.data(), kStatus.data(), kStatus.size());
  text.cache_status_size = put(text.cache_status, kStatus.size(), left);
  return text;
}

void note_hit(const Hit& hit, const http::RequestHead& request, const Visitor& visitor,
              WorkerContext& worker, Instant start, HitSent sent) {
  auto& counters = worker.counters;
  const auto status = hit.object->head->status;
  counters.requests_started.add();
  counters.requests_finished.add();
  counters.responses[static_cast<std::size_t>(status / 100)].add();
  counters.cache_results[static_cast<std::size_t>(CacheResult::hit)].add();
  counters.bytes_sent.add(sent.bytes);
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  SiteCounts& counts = hit.site->meter->of(worker.index);
  counts.requests.add(duration);
  counts.responses[static_cast<std::size_t>(status / 100)].add();
  counts.bytes_sent.add(sent.bytes);
  if (!worker.access_log.enabled() || !is_logged(hit.site->log, status, worker.random())) return;
  AccessEntry entry = access_entry(request, visitor.client, visitor.tls);
  entry.site = hit.site->name;
  entry.status = status;
  entry.bytes = sent.bytes;
  entry.cache = cache_result_text(CacheResult::hit);
  entry.complete = sent.complete;
  entry.duration = duration;
  if (worker.slot.current().telling.trace_context) {
    auto trace = continue_trace(request.fields, worker.random);
    entry.trace_id = std::move(trace.trace_id);
    entry.span_id = std::move(trace.span_id);
    entry.parent_span_id = std::move(trace.parent_span_id);
  }
  worker.access_log.write(worker.index, access_line(entry));
}

}  // namespace meridian::edge

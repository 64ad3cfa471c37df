#include "edge-node/request/send.h"

#include <algorithm>
#include <random>
#include <span>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "edge-node/cache/parts.h"
#include "edge-node/http/conditional.h"
#include "edge-node/http/date.h"
#include "edge-node/http/range.h"
#include "edge-node/origin/balance.h"
#include "edge-node/request/forwarding.h"
#include "edge-node/request/limits.h"
#include "edge-node/request/telling.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kLongPiece = 8 * 1024;  // to be encoded: so many microseconds and more

void send_head(Transaction& t, int status, http::Fields& fields, http::Framing framing) {
  begin_encoding(t, status, fields, framing);
  if (t.peer)
    fields.set("Server", "meridian");
  else
    complete_fields(fields, t.site, t.exchange.visitor().tls);
  if (!fields.has("date")) fields.add("Date", http::format_date(WallClock::now()));
  change_by_rules(t.ruling, fields);
  tell(t, fields);
  t.log.status = status;
  t.exchange.send_head(status, fields, framing);
}

/// What another edge is to make of such an answer. It does better to ask the origins itself where
/// this one does not know the site yet, or reaches none of them.
void tell_peer(const Transaction& t, LocalAnswer& answer) {
  if (answer.status == 421 || answer.elsewhere ||
      (answer.status >= 502 && t.site && is_down(*t.pool())))
    answer.fields.set(kPeerField, kPeerRefuses);
  else if (answer.status >= 502)
    answer.fields.set(kPeerField, kPeerFails);
}

/// In no body but by chance.
std::string make_boundary() {
  std::random_device random;
  std::string boundary = "meridian";
  for (int i = 0; i < 4; ++i) boundary += std::to_string(random());
  return boundary;
}

std::string_view content_type(const StoredHead& stored) {
  return stored.fields.find("content-type").value_or("");
}

void choose_parts(Portion& portion, std::vector<http::ByteRange> parts, const StoredHead& stored,
                  std::uint64_t body_bytes) {
  portion.status = 206;
  portion.boundary = make_boundary();
  portion.framing.length = http::parts_end(portion.boundary).size();
  for (const auto& part : parts)
    portion.framing.length +=
        http::part_head(portion.boundary, content_type(stored), part, body_bytes).size() +
        part.size();
  portion.parts = std::move(parts);
}

/// What the encoder has made, counted. Nothing: it has failed, and the visitor is told.
std::optional<std::string_view> encoded(Transaction& t, std::optional<std::string_view> made) {
  if (made)
    t.worker.counters.encoder_output_bytes.add(made->size());
  else
    t.exchange.abort();
  return made;
}

}  // namespace

std::string_view Portion::cut(std::string_view piece) {
  const auto skipped = std::min<std::uint64_t>(skip, piece.size());
  skip -= skipped;
  piece.remove_prefix(skipped);
  piece = piece.substr(0, std::min<std::uint64_t>(rest, piece.size()));
  rest -= piece.size();
  return piece;
}

Portion choose_portion(const http::RequestHead& request, const StoredHead& stored,
                       std::optional<std::uint64_t> body_bytes, Body body, WallTime now) {
  using Kind = http::Framing::Kind;
  Portion portion;
  portion.status = stored.status;
  portion.framing =
      body_bytes ? http::Framing{Kind::length, *body_bytes} : http::Framing{Kind::until_close, 0};
  if (stored.status == 204) portion.framing = {};
  if (stored.status == 200 && http::is_not_modified(request.fields, stored.fields, now)) {
    portion.status = 304;
    portion.framing = {};
    portion.rest = 0;
    return portion;
  }
  if (stored.part) {  // what the origin made of the range
    portion.status = 206;
    portion.content_range = http::content_range(stored.part->part, stored.part->body_bytes);
    return portion;
  }
  const auto range = request.fields.find("range");
  if (!range || !body_bytes || stored.status != 200 || request.method != "GET" ||
      request.fields.count("range") > 1 || !http::range_applies(request.fields, stored.fields, now))
    return portion;
  const auto asked = http::parse_range(*range, *body_bytes);
  if (asked.kind == http::RangeAnswer::Kind::parts && asked.parts.size() > 1) {
    if (body == Body::stored) choose_parts(portion, asked.parts, stored, *body_bytes);
  } else if (asked.kind == http::RangeAnswer::Kind::parts) {
    const auto& part = asked.parts.front();
    portion.status = 206;
    portion.skip = part.first;
    portion.rest = part.size();
    portion.framing.length = portion.rest;
    portion.content_range = http::content_range(part, *body_bytes);
  } else if (asked.kind == http::RangeAnswer::Kind::unsatisfiable) {
    portion.status = 416;
    portion.rest = 0;
    portion.framing = {Kind::length, 0};
    portion.content_range = "bytes */" + std::to_string(*body_bytes);
  }
  return portion;
}

namespace {

/// Null: it is not there.
const StoredPart* part_with(const Parts& parts, const Portion& portion) {
  return portion.rest > 0 && portion.status == 206
             ? parts.find({portion.skip, portion.skip + portion.rest - 1})
             : nullptr;
}

}  // namespace

bool holds_portion(const Object& object, const http::RequestHead& request, WallTime now) {
  const Parts& parts = *object.parts;
  const auto portion =
      choose_portion(request, *object.head, parts.complete_bytes, Body::streaming, now);
  return portion.status == 304 || portion.status == 416 || part_with(parts, portion);
}

void send_stored_head(Transaction& t, const StoredHead& stored, const Portion& portion,
                      std::string_view cache_status) {
  http::Fields& fields = t.worker.fields_to_visitor;  // nothing waits before they are sent
  fields = stored.fields;
  const auto age = current_age(stored.freshness, WallClock::now());
  fields.set("Age", std::to_string(age.count()));
  if (t.decision) {
    t.decision->age = age;
    t.decision->lifetime = stored.freshness.lifetime;
    t.decision->cache_status = cache_status;
  }
  if (!portion.content_range.empty()) fields.set("Content-Range", portion.content_range);
  if (!portion.boundary.empty())
    fields.set("Content-Type", "multipart/byteranges; boundary=" + portion.boundary);
  if (portion.status == 304) {  // RFC 9110 section 15.4.5
    mark_not_modified(t, stored.status, fields);
    for (const std::string_view name : {"content-type", "content-encoding", "content-language"})
      fields.erase(name);
  }
  if (t.site->delivery.forwarding.via) fields.add("Via", via(stored.version));
  fields.add("Cache-Status", cache_status);
  send_head(t, portion.status, fields, portion.framing);
}

asio::awaitable<bool> send_piece(Transaction& t, std::string_view bytes) {
  if (bytes.empty() || t.request().method == "HEAD") co_return true;
  if (t.encoding) {
    // Others get their turn between two pieces.
    if (bytes.size() >= kLongPiece) co_await asio::post(t.worker.loop.context, asio::use_awaitable);
    t.worker.counters.encoder_input_bytes.add(bytes.size());
    const auto made = encoded(t, t.encoding->encode(bytes));
    if (!made) co_return false;
    if (made->empty()) co_return true;
    bytes = *made;
  }
  bool sent = false;
  if (is_paced(t))
    sent = co_await send_paced(t, bytes);
  else
    sent = co_await t.exchange.send_body(bytes);
  if (!sent) co_return false;
  t.log.bytes += bytes.size();
  t.worker.counters.bytes_sent.add(bytes.size());
  co_return true;
}

asio::awaitable<void> send_end(Transaction& t, const http::Fields* trailers) {
  if (t.encoding) {
    const auto made = encoded(t, t.encoding->end());
    if (!made) co_return;
    bool sent = false;
    if (is_paced(t))
      sent = co_await send_paced(t, *made);
    else
      sent = co_await t.exchange.send_body(*made);
    if (!sent) co_return;
    t.log.bytes += made->size();
    t.worker.counters.bytes_sent.add(made->size());
  }
  t.log.complete = co_await t.exchange.finish(trailers);
}

void send_abort(Transaction& t) { t.exchange.abort(); }

namespace {

/// One stretch of a stored body. False: the visitor is gone.
asio::awaitable<bool> send_stretch(Transaction& t, std::span<const ChunkPtr> chunks,
                                   Portion portion) {
  if (t.request().method == "HEAD") co_return true;
  for (const auto& chunk : chunks) {
    if (portion.rest == 0) break;
    const auto piece = portion.cut(chunk->bytes);
    const bool sent = co_await send_piece(t, piece);
    if (!sent) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> send_parts(Transaction& t, const Object& object, const Portion& portion) {
  for (const auto& part : portion.parts) {
    const auto head =
        http::part_head(portion.boundary, content_type(*object.head), part, object.body_bytes);
    const bool begun = co_await send_piece(t, head);
    if (!begun) co_return false;
    Portion stretch;
    stretch.skip = part.first;
    stretch.rest = part.size();
    const bool sent = co_await send_stretch(t, object.body, std::move(stretch));
    if (!sent) co_return false;
  }
  const auto end = http::parts_end(portion.boundary);
  const bool ended = co_await send_piece(t, end);
  co_return ended;
}

}  // namespace

/// Of what is stored in parts.
asio::awaitable<void> send_stored_part(Transaction& t, Found found, std::string status) {
  const Object& object = *found.object;
  auto portion = choose_portion(t.request(), *object.head, object.parts->complete_bytes,
                                Body::streaming, WallClock::now());
  const StoredPart* part = part_with(*object.parts, portion);
  send_stored_head(t, *object.head, portion, status);
  if (part) {
    portion.skip -= part->first;
    const bool sent = co_await send_stretch(t, part->chunks, std::move(portion));
    if (!sent) co_return;
  }
  co_await send_end(t);
}

asio::awaitable<void> send_stored(Transaction& t, Found found, std::string status) {
  if (found.object->parts) {
    co_await send_stored_part(t, std::move(found), std::move(status));
    co_return;
  }
  const StoredHead& head = *found.object->head;
  auto portion =
      choose_portion(t.request(), head, found.object->body_bytes, Body::stored, WallClock::now());
  EncodedHit hit(t, *found.object, portion.status == head.status);
  send_stored_head(t, head, portion, status);
  bool sent = true;
  if (portion.parts.empty())
    sent = co_await send_stretch(t, hit.chunks(), std::move(portion));
  else
    sent = co_await send_parts(t, *found.object, portion);
  if (!sent) co_return;
  hit.keep();
  co_await send_end(t);
}

asio::awaitable<void> send_object(Transaction& t, Found found) {
  t.cache_result = found.use == Use::refresh ? CacheResult::stale : CacheResult::hit;
  const auto left = found.object->head->freshness.lifetime - found.age;
  std::string status = "meridian; hit; ttl=" + std::to_string(left.count());
  co_await send_stored(t, std::move(found), std::move(status));
}

asio::awaitable<void> send_in_place(Transaction& t, Found found, int failure_status) {
  t.cache_result = CacheResult::stale;
  std::string status = "meridian; fwd=stale; fwd-status=" + std::to_string(failure_status) +
                       "; detail=stale-if-error";
  co_await send_stored(t, std::move(found), std::move(status));
}

asio::awaitable<void> send_local(Transaction& t, LocalAnswer answer) {
  if (answer.unseen && t.exchange.refuse_unseen()) co_return;
  if (t.peer) tell_peer(t, answer);
  const bool no_body = answer.status == 204;
  const http::Framing framing =
      no_body ? http::Framing() : http::Framing{http::Framing::Kind::length, answer.body.size()};
  send_head(t, answer.status, answer.fields, framing);
  const bool sent = co_await send_piece(t, no_body ? std::string_view() : answer.body);
  if (sent) co_await send_end(t);
}

void send_origin_head(Transaction& t, http::ResponseHead& head, std::string_view cache_status) {
  http::Fields& fields = head.fields;
  http::strip_hop_by_hop(fields);
  scrub_origin_fields(fields);
  if (t.site->delivery.forwarding.via) fields.add("Via", via(head.version));
  fields.add("Cache-Status", cache_status);
  if (t.decision) t.decision->cache_status = cache_status;
  send_head(t, head.status, fields, head.framing);
}

asio::awaitable<void> send_interim(Transaction& t, http::ResponseHead head) {
  http::Fields& fields = head.fields;
  http::strip_hop_by_hop(fields);
  scrub_origin_fields(fields);
  for (const std::string_view name : {"content-length", "surrogate-key", "cache-tag"})
    fields.erase(name);
  if (t.site->delivery.forwarding.via) fields.add("Via", via(head.version));
  hide_by_rules(t.ruling, fields);
  (void)co_await t.exchange.send_interim(head.status, fields);
}

void complete_fields(http::Fields& fields, const Site* site, bool tls) {
  fields.set("Server", "meridian");
  // Not over plain HTTP (RFC 6797 section 7.2), whatever the origin says.
  if (site && !site->delivery.hsts.empty()) {
    if (tls)
      fields.set("Strict-Transport-Security", site->delivery.hsts);
    else
      fields.erase("strict-transport-security");
  }
  // What purges know a response by is between the customer and the edges.
  fields.erase("surrogate-key");
  fields.erase("cache-tag");
}

void scrub_origin_fields(http::Fields& fields) {
  fields.erase_each("server", "via", "x-powered-by", "meridian-debug");
}

void change_by_rules(const Ruling& ruling, http::Fields& fields) {
  for (const auto& field : ruling.fields) change_field(fields, *field.change, field.value);
}

void hide_by_rules(const Ruling& ruling, http::Fields& fields) {
  for (const auto& field : ruling.fields)
    if (field.change->kind != HeaderChange::Kind::add) fields.erase(field.change->name);
}

AccessEntry access_entry(const http::RequestHead& request, const IpAddress& client, bool tls) {
  AccessEntry entry;
  entry.time = WallClock::now();
  entry.client = client.text();
  entry.scheme = tls ? "https" : "http";
  entry.host = request.host;
  entry.method = request.method;
  entry.target = request.target;
  switch (request.version) {
    case http::Version::http10:
      entry.protocol = "HTTP/1.0";
      break;
    case http::Version::http11:
      entry.protocol = "HTTP/1.1";
      break;
    case http::Version::http2:
      entry.protocol = "HTTP/2";
      break;
  }
  entry.referer = request.fields.find("referer").value_or("");
  entry.user_agent = request.fields.find("user-agent").value_or("");
  return entry;
}

bool is_logged(const LogChoice& choice, int status, std::uint64_t random) {
  if (!choice.enabled) return false;
  return choice.sample >= 1 || status >= 500 ||
         static_cast<double>(random >> 11) * 0x1p-53 < choice.sample;
}

void start_log(Transaction& t) {
  if (t.worker.access_log.enabled())
    t.entry = std::make_unique<AccessEntry>(access_entry(t.request(), t.client(), t.is_tls()));
}

namespace {

/// What was learnt on the way.
void complete_log(Transaction& t, AccessEntry& entry) {
  static_cast<AccessOutcome&>(entry) = t.log;
  entry.cache = cache_result_text(t.cache_result);
  if (const OriginVisit& visit = t.visit; visit.pool) {
    entry.pool = visit.pool->name;
    entry.origin = origin_of(visit);
    entry.first_byte = visit.first_byte;
  }
  if (!t.trace) return;
  entry.trace_id = t.trace->trace_id;
  entry.span_id = t.trace->span_id;
  entry.parent_span_id = t.trace->parent_span_id;
}

}  // namespace

void finish_log(Transaction& t, Instant end) {
  auto& counters = t.worker.counters;
  auto status_class = static_cast<std::size_t>(t.log.status / 100);
  if (status_class >= counters.responses.size()) status_class = 0;
  counters.responses[status_class].add();
  t.log.duration = std::chrono::duration_cast<std::chrono::microseconds>(end - t.start);
  if (t.site) {
    SiteCounts& counts = t.site->meter->of(t.worker.index);
    counts.requests.add(t.log.duration);
    counts.responses[status_class].add();
    counts.bytes_sent.add(t.log.bytes);
  }
  counters.cache_results[static_cast<std::size_t>(t.cache_result)].add();
  if (!t.entry || (t.entry->is_probe && t.worker.unlogged_probes.leave_out(end))) return;
  static const LogChoice kAll;
  if (!is_logged(t.site ? t.site->log : kAll, t.log.status, t.worker.random())) return;
  complete_log(t, *t.entry);
  t.worker.access_log.write(t.worker.index, access_line(*t.entry));
}

std::string_view cache_result_text(CacheResult result) {
  switch (result) {
    case CacheResult::none:
      return "none";
    case CacheResult::hit:
      return "hit";
    case CacheResult::stale:
      return "stale";
    case CacheResult::revalidated:
      return "revalidated";
    case CacheResult::miss:
      return "miss";
    case CacheResult::coalesced:
      return "coalesced";
    case CacheResult::pass:
      return "pass";
  }
  return "";
}

}  // namespace meridian::edge

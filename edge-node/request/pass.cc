#include "edge-node/request/pass.h"

#include <utility>

#include "edge-node/cache/key.h"
#include "edge-node/http/token.h"
#include "edge-node/policy/invalidate.h"
#include "edge-node/policy/key_parts.h"
#include "edge-node/request/authority.h"
#include "edge-node/request/forward.h"
#include "edge-node/request/lookup.h"
#include "edge-node/request/post_store.h"
#include "edge-node/request/send.h"

// GCC 12 mistakes the allocation of coroutines' frames for a mismatch where it inlines them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace meridian::edge {
namespace {

/// The one protocol that requests are let change to: others, such as h2c, would lead past all
/// that looks at requests.
constexpr std::string_view kWebSocket = "websocket";

bool asks_for_upgrade(const http::RequestHead& request) {
  return request.method == "GET" && request.version != http::Version::http10 &&
         request.fields.has_word("connection", "upgrade") &&
         request.fields.has_word("upgrade", kWebSocket) && !request.framing.has_body();
}

/// A change at the origin ends what is stored for that URL (RFC 9111 section 4.4). Where fields or
/// cookies make the key: what is stored for such a request as this one.
/// `spared` is this request's own; null: it has none.
void invalidate(Transaction& t, const http::ResponseHead& response, const Fill* spared) {
  const auto& request = t.request();
  const auto& policy = t.site->cache;
  const std::string rest =
      port_part(request, t.is_tls()) + key_fields(request.fields, policy) + pool_part(t.ruling);
  const auto uri = target_uri(request, authority_of(request, t.is_tls()), t.is_tls());
  for (const auto& target :
       invalidated_targets(request.method, uri, response.status, response.fields)) {
    for (const auto& url : {cache_key(request.host, key_target(target, policy), QueryPart::counts),
                            cache_key(request.host, target, QueryPart::ignored)}) {
      for (const std::string_view scheme : {std::string_view(), kPlainHttp}) {
        const std::string key = url + std::string(scheme) + rest;
        t.worker.cache.erase(t.worker.cache.key(key), spared);
      }
    }
  }
}

asio::awaitable<void> tunnel(Transaction& t, Fetched fetched) {
  auto& head = fetched.exchange->head();
  const std::string protocol(head.fields.find("upgrade").value_or(""));
  http::Fields fields = std::move(head.fields);
  http::strip_hop_by_hop(fields);
  scrub_origin_fields(fields);
  complete_fields(fields, t.site, t.is_tls());
  if (!fetched.set_cookie.empty()) fields.add("Set-Cookie", fetched.set_cookie);
  change_by_rules(t.ruling, fields);
  fields.add("Connection", "Upgrade");
  fields.add("Upgrade", protocol);
  t.log.status = 101;
  const auto origin = fetched.exchange->upgraded();
  co_await t.exchange.tunnel(fields, origin.stream, origin.unread);
  t.log.complete = true;
}

/// To the visitor, at once.
class Relayed final : public InterimListener {
 public:
  explicit Relayed(Transaction& t) : t_(t) {}
  asio::awaitable<void> on_interim(http::ResponseHead head) override {
    return send_interim(t_, std::move(head));
  }

 private:
  Transaction& t_;
};

/// False: it has come to nothing, on either side.
asio::awaitable<bool> relay_body(Transaction& t, Fetched& fetched, PostStore* store) {
  fetched.visitor = &t.exchange;
  const UntilDeparture until_departure(fetched.visitor, *fetched.exchange);
  for (;;) {
    const auto piece = co_await fetched.read_body();
    if (piece.outcome != Io::ok && !t.exchange.is_gone()) {
      t.log.origin_error = "the body broke off";
      t.worker.counters.origin_errors.add();
    }
    if (piece.outcome != Io::ok) send_abort(t);
    if (piece.outcome != Io::ok || piece.bytes.empty()) co_return piece.outcome == Io::ok;
    if (store) store->take(piece.bytes);
    const bool sent = co_await send_piece(t, piece.bytes);
    if (!sent) co_return false;
  }
}

/// `store` gets the answer too; null: nobody.
asio::awaitable<void> relay_answer(Transaction& t, Fetched& fetched, std::string_view reason,
                                   PostStore* store) {
  t.log.origin_error = fetched.error;
  if (!fetched.exchange) {
    co_await send_local(t, plain_answer(fetched.failure_status));
    co_return;
  }
  t.log.origin_error = {};
  auto& head = fetched.exchange->head();
  const bool to_head = t.request().method == "HEAD";
  http::Framing& framing = head.framing;
  if (framing.kind == http::Framing::Kind::chunked)
    framing.kind = http::Framing::Kind::until_close;  // the visitor's side frames it anew
  if (to_head)
    if (const auto length = http::parse_length(head.fields.find("content-length").value_or("")))
      framing = {http::Framing::Kind::length, *length};
  if (store) store->begin(head, fetched.times);
  const std::string status = fetched.shield_status + "meridian; fwd=" + std::string(reason) +
                             "; fwd-status=" + std::to_string(head.status);
  if (!fetched.set_cookie.empty()) {
    // To an edge apart from the answer's own, which it may store.
    if (t.peer)
      head.fields.add(kPeerField, std::string(kPeerCookie) + fetched.set_cookie);
    else
      head.fields.add("Set-Cookie", fetched.set_cookie);
  }
  send_origin_head(t, head, status);
  const bool whole = co_await relay_body(t, fetched, store);
  if (!whole) co_return;
  if (store) store->end();
  http::Fields trailers = fetched.exchange->trailers();
  hide_origin(t.worker, *fetched.pool, asked_for_of(t), trailers);
  scrub_origin_fields(trailers);
  trailers.erase_each("surrogate-key", "cache-tag");
  hide_by_rules(t.ruling, trailers);
  keep_connection(t.worker, fetched, Clock::now());
  co_await send_end(t, &trailers);
}

}  // namespace

asio::awaitable<void> pass(Transaction& t, std::string_view reason, std::string_view key) {
  auto& request = t.request();
  if (is_looping(t)) {
    t.worker.counters.loops.add();
    co_await send_local(t, plain_answer(508));
    co_return;
  }
  Relayed relayed(t);
  FetchPlan plan{.pool = t.pool(),
                 .method = request.method,
                 .target = request.target,
                 .fields = forward_fields(t),
                 .framing = request.framing,
                 .visitor = &t.exchange,
                 .most_body_bytes = t.site->limits.request_body_bytes,
                 .interim = &relayed,
                 .clean_trailers = [&t](http::Fields& trailers) { clean_trailers(trailers, t); },
                 .route = route_of(t)};
  if (!key.empty()) plan.shield = shield_of(t, key);
  const bool upgrade = asks_for_upgrade(request);
  if (upgrade) {
    plan.fields.add("Connection", "Upgrade");
    plan.fields.add("Upgrade", kWebSocket);
  } else if (request.fields.has_word("te", "trailers")) {
    plan.fields.add("TE", "trailers");
  }
  // RFC 9110 section 10.1.1: the origin decides whether it wants the body.
  if (request.expect_continue) plan.fields.add("Expect", "100-continue");
  t.cache_result = CacheResult::pass;
  PostStore store(t);
  const auto start = Clock::now();
  Fetched fetched = co_await fetch(t.worker, plan);
  t.log.origin_time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  t.visit = fetched.visit;
  note_visit(t.worker, *t.site, fetched.visit);
  if (fetched.exchange && fetched.exchange->head().status == 101) {  // to an upgrade
    co_await tunnel(t, std::move(fetched));
    co_return;
  }
  if (fetched.visitor_fault == VisitorFault::too_large) {
    t.worker.counters.bodies_too_large.add();
    t.log.refused = "site_request_body";
  }
  if (fetched.exchange) {
    invalidate(t, fetched.exchange->head(), store.place());
  } else if (fetched.visitor_fault == VisitorFault::gone) {
    http::ResponseHead presumed;  // the origin may have done it
    presumed.status = 200;
    invalidate(t, presumed, store.place());
  }
  co_await relay_answer(t, fetched, reason, &store);
  co_await stop_upload(fetched);
}

asio::awaitable<void> relay(Transaction& t, Fetched fetched, std::string_view reason) {
  co_await relay_answer(t, fetched, reason, nullptr);
  co_await stop_upload(fetched);
}

}  // namespace meridian::edge

#include "edge-node/request/handle.h"

#include <utility>

#include "edge-node/policy/key_parts.h"
#include "edge-node/request/coalesce.h"
#include "edge-node/request/disk_answer.h"
#include "edge-node/request/forward.h"
#include "edge-node/request/local_answer.h"
#include "edge-node/request/lookup.h"
#include "edge-node/request/pass.h"
#include "edge-node/request/send.h"
#include "edge-node/request/telling.h"

// GCC 12 mistakes the allocation of coroutines' frames for a mismatch where it inlines them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace meridian::edge {
namespace {

constexpr int kMaxLookups = 4;  // then a request goes to the origin by itself

/// There is too much to do already: no origin is asked.
bool is_shed(const Transaction& t) { return t.worker.overload.sheds_miss(t.worker.fetches); }

bool is_on_disk(const Transaction& t, const CacheQuery& query) {
  return t.worker.disk && t.worker.disk->find(query.key);
}

/// A condition is answered by a fetch that is under way rather than by the disk, which that may ask
/// already; a range far behind where it is, and a HEAD, have nothing of it.
bool asks_disk_first(Transaction& t, const CacheQuery& query, const Found& found) {
  if (found.object || !is_for_disk(t.request(), query) || !is_on_disk(t, query)) return false;
  return query.far || t.request().method == "HEAD" || !is_under_way(t, query);
}

asio::awaitable<void> send_shed(Transaction& t) {
  t.worker.counters.misses_shed.add();
  t.log.refused = "overload";
  auto answer = plain_answer(503);
  answer.elsewhere = true;
  co_await send_local(t, std::move(answer));
}

/// site -> rules -> cache lookup -> (hit: send) or (coalesce -> choose origin -> fetch -> store
/// while streaming, in coalesce.cc) -> send.
asio::awaitable<void> answer(Transaction& t) {
  if (auto local = answer_locally(t)) {
    co_await send_local(t, std::move(*local));
    co_return;
  }
  const Cacheable cacheable = is_cacheable(t.request());
  if (cacheable == Cacheable::no || t.ruling.cache.bypass ||
      bypasses_cache(t.request().fields, t.site->cache)) {
    if (is_shed(t))
      co_await send_shed(t);
    else
      co_await pass(t, forward_reason(t.request()));
    co_return;
  }
  if (t.worker.handed_over.load(std::memory_order_relaxed)) {
    co_await pass(t, "bypass; detail=restarting");
    co_return;
  }
  if (t.peer && t.peer->purges > t.worker.purges.applied().value) {
    t.worker.counters.lagging_peer_requests.add();
    co_await pass(t, "bypass; detail=purges-missing");
    co_return;
  }
  CacheQuery query = make_query(t);
  std::string_view reason = "uri-miss";
  if (t.decision) t.decision->key = query.key;
  for (int i = 0; i < kMaxLookups; ++i) {
    const Found found = look_up(t, query);
    // Another edge would take for fresh by its age what was purged softly: it gets nothing stale.
    if (found.usable && (!t.peer || found.use == Use::fresh)) {
      if (found.use == Use::refresh && !is_shed(t)) refresh(t, query, found);
      co_await send_object(t, found);
      co_return;
    }
    if (query.range && !found.object) {
      const Found parts = look_up_parts(t, query);
      if (parts.usable) {
        co_await send_object(t, parts);
        co_return;
      }
    }
    if (query.control.only_if_cached) {
      co_await send_local(t, plain_answer(504));
      co_return;
    }
    if (found.object) reason = forward_reason(found);
    if (asks_disk_first(t, query, found)) {
      const DiskAnswer answer = co_await answer_from_disk(t, query);
      if (answer == DiskAnswer::sent) co_return;
      if (answer == DiskAnswer::stale) reason = "stale";
    }
    if (is_shed(t) && !is_on_disk(t, query)) {
      if (!stands_in(t, query, found)) {
        co_await send_shed(t);
        co_return;
      }
      t.worker.counters.misses_shed.add();
      co_await send_in_place(t, found, 503);
      co_return;
    }
    if (cacheable == Cacheable::read_only || is_looping(t)) break;
    const Followed followed = co_await coalesce(t, query, found);
    if (followed == Followed::answered) co_return;
    if (followed == Followed::alone) {
      if (t.exchange.is_gone()) co_return;  // of many who waited, each would ask for nobody
      break;
    }
  }
  co_await pass(t, reason, query.key);
}

/// What the edge before says of the visitor; from anybody else it is of no account.
void read_peer(Transaction& t) {
  if (!t.exchange.visitor().peer) return;
  const std::string said = t.request().fields.combined(kPeerField);
  if (said.empty()) return;  // a probe
  t.peer = parse_peer_request(said);
  t.request().fields.erase(kPeerField);
  t.worker.counters.peer_requests.add();
}

}  // namespace

asio::awaitable<void> handle(VisitorExchange& exchange, WorkerContext& worker) {
  Transaction t{.exchange = exchange, .worker = worker, .snapshot = worker.slot.hold()};
  t.start = Clock::now();
  http::drop_listed(t.request().fields);
  read_peer(t);
  read_debug_token(t);
  join_trace(t);
  start_log(t);
  worker.counters.requests_started.add();
  co_await answer(t);
  worker.counters.requests_finished.add();
  finish_log(t, Clock::now());
}

}  // namespace meridian::edge

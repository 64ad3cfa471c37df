#include "edge-node/request/quick_fetch.h"

#include <utility>

#include "edge-node/origin/balance.h"
#include "edge-node/origin/http1_exchange.h"
#include "edge-node/request/forward.h"
#include "edge-node/request/local_answer.h"
#include "edge-node/request/send.h"
#include "edge-node/request/store.h"
#include "edge-node/request/telling.h"

namespace meridian::edge {
namespace {

bool is_plain(const OriginPool& pool) {
  return pool.protocol == OriginProtocol::http1 && !pool.shield && !pool.sticky;
}

bool is_plain(const Ruling& ruling) {
  const CacheOverride& cache = ruling.cache;
  return !ruling.pool && !cache.bypass && !cache.ttl && !cache.stale_while_revalidate &&
         !cache.stale_if_error;
}

}  // namespace

QuickFetch::QuickFetch(VisitorExchange& exchange, WorkerContext& worker, Asker& asker, Miss miss,
                       Instant now)
    : worker_(worker),
      asker_(asker),
      t_{.exchange = exchange, .worker = worker, .snapshot = worker.slot.hold(), .site = miss.site},
      query_{.key = std::move(miss.key), .control = {}} {
  t_.start = now;
}

void QuickFetch::stop_waiting() {
  waiting_.reset();
  if (stream_) std::exchange(stream_, nullptr)->watch_input(nullptr);
}

QuickFetch::~QuickFetch() {
  stop_waiting();
  if (state_ != State::begun && state_ != State::done) worker_.counters.requests_finished.add();
  if (!lead_.fill) return;
  worker_.cache.abandon(lead_.fill);
  lead_.fill->end(Fill::State::failed);
}

void QuickFetch::operator delete(QuickFetch* fetch, std::destroying_delete_t) {
  static_assert(alignof(QuickFetch) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
  SpareMemory& memory = fetch->worker_.quick_fetches;
  fetch->~QuickFetch();
  memory.give_back(fetch);
}

std::unique_ptr<QuickFetch> QuickFetch::begin(VisitorExchange& exchange, WorkerContext& worker,
                                              Asker& asker, Miss miss, Instant now) {
  if (worker.overload.sheds_miss(worker.fetches) || worker.handed_over.load()) return nullptr;
  std::unique_ptr<QuickFetch> fetch(new (worker)
                                        QuickFetch(exchange, worker, asker, std::move(miss), now));
  Transaction& t = fetch->t_;
  start_log(t);
  if (answer_locally(t) || !is_plain(t.ruling) || !is_plain(*t.pool()) || is_looping(t) ||
      worker.refills.holds(t.site->purge_name, t.start))
    return nullptr;
  auto join = lead(t, fetch->query_, now);
  if (!join) return nullptr;
  fetch->lead_ = std::move(*join);
  worker.counters.requests_started.add();
  join_trace(t);
  auto connection = fetch->choose_connection();
  const bool asked = connection.stream && fetch->ask(std::move(connection));
  fetch->state_ = asked ? State::waiting : State::handed;
  return fetch;
}

/// A kept one to the origin whose turn it is; null: there is none, and it stays that one's turn.
CountedConnection QuickFetch::choose_connection() {
  const OriginPool& pool = *t_.pool();
  const auto choice =
      Candidates(pool, hash_key_of(t_), std::nullopt).next(t_.start, worker_.random());
  if (!choice || choice->panic) return {};
  fetched_.index = choice->index;
  fetched_.origin = pool.origins[choice->index];
  if (pool.breaker.max_connections > 0 && fetched_.origin->connections.anybody_waits()) return {};
  fetched_.request =
      worker_.gate.try_enter(fetched_.origin, &Origin::requests, pool.breaker.max_requests);
  if (!fetched_.request) return {};
  auto kept = worker_.idle.take_unasked(fetched_.origin);
  if (!kept.stream) fetched_.request.leave();
  return kept;
}

/// False: the connection has not taken the request.
bool QuickFetch::ask(CountedConnection connection) {
  const OriginPool& pool = *t_.pool();
  http::Fields& fields = worker_.fields_to_origin;
  forward_fields(t_, fields);
  auto exchange = std::make_unique<Http1OriginExchange>(std::move(connection.stream));
  if (!exchange->send_now({"GET", t_.request().target}, fields, worker_.write_buffer)) {
    fetched_ = Fetched();
    return false;
  }
  fetched_.pool = t_.pool();
  fetched_.counted = RequestOfPool(pool.state);
  fetched_.connection = std::move(connection.place);
  if (pool.total_timeout.count() > 0) fetched_.deadline = t_.start + pool.total_timeout;
  fetched_.asked_at = t_.start;  // by plain calls: just now
  deadline_ = std::min(fetched_.deadline, *fetched_.asked_at + pool.first_byte_timeout);
  stream_ = &exchange->stream();
  stream_->watch_input(this);
  waiting_.emplace(worker_.fetches);
  fetched_.exchange = std::move(exchange);
  return true;
}

bool QuickFetch::on_input() {
  using What = Http1OriginExchange::Came::What;
  auto& exchange = static_cast<Http1OriginExchange&>(*fetched_.exchange);
  const auto came = exchange.read_now(worker_.read_buffer, worker_.response_parser);
  if (came.what == What::nothing) return true;
  stop_waiting();
  if (came.what == What::whole)
    answer(came.body);
  else
    end(State::handed, Clock::now());
  return true;
}

/// The origin's response to the visitor, and to the cache if it is for it.
void QuickFetch::answer(std::string_view body) {
  worker_.counters.fills.add();
  worker_.counters.origin_fetches.add();
  const Instant now = Clock::now();
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      now - *std::exchange(fetched_.asked_at, std::nullopt));
  fetched_.times.response = WallClock::now();
  fetched_.times.request = fetched_.times.response - took;
  t_.log.origin_time = took;
  t_.visit = {.pool = fetched_.pool.get(),
              .index = fetched_.index,
              .attempts = 1,
              .kept = true,
              .answered = true,
              .first_byte = took};
  note_visit(worker_, *t_.site, t_.visit);
  accept_answer(worker_, asked_for_of(t_), fetched_, now);
  auto& head = fetched_.exchange->head();
  keep_connection(worker_, fetched_, now);
  const auto stored = store_whole(worker_, std::exchange(lead_.fill, nullptr), t_.site->cache,
                                  t_.request(), {head, body, fetched_.times, now});
  std::string& status = worker_.write_buffer;  // nothing else runs before it is sent
  status.clear();
  status += lead_.variant_miss ? "meridian; fwd=vary-miss" : "meridian; fwd=uri-miss";
  status += "; fwd-status=";
  status += std::to_string(head.status);
  if (stored) {
    t_.cache_result = CacheResult::miss;
    const auto portion =
        choose_portion(t_.request(), *stored, body.size(), Body::streaming, WallClock::now());
    send_stored_head(t_, *stored, portion, status += "; stored");
  } else {
    t_.cache_result = CacheResult::pass;
    send_origin_head(t_, head, status);
  }
  let_origin_go();
  send(body, now);
}

/// It is done with, however slow the visitor is.
void QuickFetch::let_origin_go() {
  std::swap(fetched_.exchange->head(), worker_.response_parser.head());  // its memory is used again
  fetched_.exchange.reset();
  fetched_.connection.leave();
  fetched_.request.leave();
  fetched_.counted = RequestOfPool();
}

void QuickFetch::send(std::string_view body, Instant now) {
  if (t_.encoding) {
    body_ = body;
    return end(State::encoding, now);
  }
  t_.log.bytes += body.size();
  worker_.counters.bytes_sent.add(body.size());
  const auto sent = asker_.send_now(body);
  if (sent == Asker::Sent::some) return end(State::unsent, now);
  t_.log.complete = sent == Asker::Sent::all;
  end(State::done, now);
}

void QuickFetch::end(State state, Instant now) {
  state_ = state;
  if (state == State::done) {
    worker_.counters.requests_finished.add();
    finish_log(t_, now);
  }
  asker_.on_quick_end(now);
}

asio::awaitable<void> QuickFetch::finish() {
  if (state_ == State::done) co_return;
  if (state_ == State::waiting || state_ == State::handed) {
    stop_waiting();
    const RamTier::Join lead = std::move(lead_);
    lead_ = RamTier::Join();
    if (fetched_.asked_at)
      fetched_.times.request = WallClock::now() - (Clock::now() - *fetched_.asked_at);
    co_await carry_on(t_, query_, lead, fetched_);
  } else if (state_ == State::encoding) {
    const bool sent = co_await send_piece(t_, body_);
    if (sent) co_await send_end(t_);
  } else {
    co_await send_end(t_);
  }
  state_ = State::done;
  worker_.counters.requests_finished.add();
  finish_log(t_, Clock::now());
}

}  // namespace meridian::edge

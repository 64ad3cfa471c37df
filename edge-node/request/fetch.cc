#include "edge-node/request/fetch.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "edge-node/origin/balance.h"
#include "edge-node/origin/connect.h"
#include "edge-node/origin/http1_exchange.h"

// GCC 12 mistakes the allocation of coroutines' frames for a mismatch where it inlines them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace meridian::edge {
namespace {

/// Refills that an origin sees at once.
constexpr std::uint32_t kRefillsAtOnce = 64;
/// How many wait for that, and for how long; visitors who wait for them wait no longer.
constexpr std::uint32_t kMostRefills = 65'536;
constexpr std::chrono::seconds kRefillPatience{60};
constexpr std::uint8_t kPiecesInARow = 8;

/// The visitor is to blame for an answer that ends so.
bool holds_up(const Upload& upload, Io outcome) {
  using State = Upload::State;
  if (upload.state == State::visitor_failed || upload.state == State::stopped) return true;
  // What the visitor does not send the origin may wait for.
  return outcome == Io::timed_out && upload.state == State::running;
}

Repetition repetition_of(const FetchPlan& plan, const Fetched& fetched) {
  return {.idempotent = http::is_idempotent(plan.method), .body_begun = fetched.body_begun};
}

/// Without an answer; the places at the origin are free for others.
void fail(Fetched& fetched, int status, std::string_view error) {
  fetched.exchange.reset();
  fetched.connection.leave();
  fetched.request.leave();
  fetched.refill.leave();
  fetched.failure_status = status;
  fetched.error = error;
}

void fail_for_visitor(Fetched& fetched) {
  if (fetched.visitor_fault == VisitorFault::too_large)
    return fail(fetched, 413, "the request's body is too large");
  if (fetched.visitor_fault == VisitorFault::too_slow)
    return fail(fetched, 408, "the request's body came too slowly");
  if (fetched.visitor_fault == VisitorFault::gone)
    return fail(fetched, 499, "the visitor has gone");
  fail(fetched, 400, "the request's body broke off");
}

void fail(Fetched& fetched, Attempt attempt) {
  switch (attempt) {
    case Attempt::timed_out:
      return fail(fetched, 504, "no answer in time");
    case Attempt::malformed:
      return fail(fetched, 502, "not an HTTP answer");
    case Attempt::exhausted:
      return fail(fetched, 502, "the request is too large to be sent");
    case Attempt::unasked:
      return fail(fetched, 502, "an answer to what nobody asked");
    case Attempt::visitor_failed:
      return fail_for_visitor(fetched);
    case Attempt::crowded:
      return fail(fetched, 503, "the origin is at its limit");
    default:
      return fail(fetched, 502, "closed without an answer");
  }
}

/// After a large purge its crowd comes in turns, whatever the pool's own limits. False: not in
/// time.
asio::awaitable<bool> take_turn(WorkerContext& worker, Fetched& fetched) {
  fetched.refill = worker.gate.try_enter(fetched.origin, &Origin::refills, kRefillsAtOnce);
  if (fetched.refill) co_return true;
  worker.counters.refills_held.add();
  const std::function<bool()> enter_now = [&] {
    if (!fetched.origin->refills.try_enter(kRefillsAtOnce)) return false;
    fetched.refill = Admission(worker.gate.all(), fetched.origin, &Origin::refills);
    return true;
  };
  const auto until = std::min(fetched.deadline, Clock::now() + kRefillPatience);
  const auto waited =
      co_await worker.gate.wait(fetched.origin, &Origin::refills, kMostRefills, until, enter_now);
  co_return waited == OriginGate::Waited::entered;
}

/// A place among those whom the origin serves at once. False: there is none, nor will be in time.
asio::awaitable<bool> enter(WorkerContext& worker, const FetchPlan& plan, Fetched& fetched) {
  if (plan.refill) {
    const bool is_its_turn = co_await take_turn(worker, fetched);
    if (!is_its_turn) co_return false;
  }
  const BreakerSettings& breaker = plan.pool->breaker;
  fetched.request = worker.gate.try_enter(fetched.origin, &Origin::requests, breaker.max_requests);
  if (fetched.request) co_return true;
  const std::function<bool()> enter_now = [&] {
    if (!fetched.origin->requests.try_enter(breaker.max_requests)) return false;
    fetched.request = Admission(worker.gate.all(), fetched.origin, &Origin::requests);
    return true;
  };
  const auto until = std::min(fetched.deadline, Clock::now() + plan.pool->first_byte_timeout);
  const auto waited = co_await worker.gate.wait(fetched.origin, &Origin::requests,
                                                breaker.max_pending, until, enter_now);
  co_return waited == OriginGate::Waited::entered;
}

/// A kept connection, or the right to make one; `kept.stream` says which. False: neither, in time.
asio::awaitable<bool> find_connection(WorkerContext& worker, const FetchPlan& plan,
                                      Fetched& fetched, std::unique_ptr<Stream>& kept) {
  const BreakerSettings& breaker = plan.pool->breaker;
  const std::function<bool()> find_now = [&] {
    auto connection = worker.idle.take(fetched.origin);
    if (connection.stream) {
      kept = std::move(connection.stream);
      fetched.connection = std::move(connection.place);
      return true;
    }
    if (!fetched.origin->connections.try_enter(breaker.max_connections)) return false;
    fetched.connection = Admission(worker.gate.all(), fetched.origin, &Origin::connections);
    return true;
  };
  if ((breaker.max_connections == 0 || !fetched.origin->connections.anybody_waits()) && find_now())
    co_return true;
  const auto until = std::min(fetched.deadline, Clock::now() + plan.pool->first_byte_timeout);
  const auto waited = co_await worker.gate.wait(fetched.origin, &Origin::connections,
                                                breaker.max_pending, until, find_now);
  co_return waited == OriginGate::Waited::entered;
}

Attempt failed_to_connect(Fetched& fetched, ConnectError error) {
  const int status = error == ConnectError::timed_out   ? 504
                     : error == ConnectError::no_socket ? 503
                                                        : 502;
  fail(fetched, status, describe(error));
  return error == ConnectError::no_socket ? Attempt::exhausted : Attempt::not_connected;
}

Attempt turn_away(const FetchPlan& plan, Fetched& fetched) {
  plan.pool->state->breaker_refusals.fetch_add(1, std::memory_order_relaxed);
  fail(fetched, Attempt::crowded);
  return Attempt::crowded;
}

/// What an edge of a shield says to this one; from an origin it is of no account.
std::string_view word_of_peer(const Fetched& fetched) {
  if (!fetched.pool->is_shield()) return {};
  return fetched.exchange->head().fields.find(kPeerField).value_or("");
}

std::chrono::microseconds since(Instant begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
}

/// One origin: first on a kept connection, if there is one, then on a fresh one.
asio::awaitable<Attempt> try_origin(WorkerContext& worker, const FetchPlan& plan,
                                    Fetched& fetched) {
  std::unique_ptr<Stream> stream;
  if (!fetched.asked_at) {
    bool admitted = co_await enter(worker, plan, fetched);
    if (admitted) admitted = co_await find_connection(worker, plan, fetched, stream);
    if (!admitted) co_return turn_away(plan, fetched);
  }
  bool kept = stream || fetched.asked_at;
  for (;;) {
    fetched.visit.kept = stream || fetched.asked_at;
    if (!stream && !fetched.asked_at) {
      const auto begin = Clock::now();
      if (!plan.pool->is_shield()) worker.counters.origin_connects.add();
      auto made = co_await connect_origin(worker.loop, worker.resolver, *plan.pool, *fetched.origin,
                                          OriginProtocol::http1, fetched.deadline);
      fetched.visit.connect = since(begin);
      if (!made.stream) co_return failed_to_connect(fetched, made.error);
      stream = std::move(made.stream);
    }
    Attempt outcome;
    auto asked = Clock::now();
    if (const auto asked_at = std::exchange(fetched.asked_at, std::nullopt)) {
      asked = *asked_at;
      outcome = co_await await_answer(worker, plan, fetched, Io::ok, asked);
    } else {
      fetched.times.request = WallClock::now();
      fetched.exchange = std::make_unique<Http1OriginExchange>(std::move(stream));
      outcome = co_await attempt(worker, plan, fetched);
    }
    fetched.visit.first_byte = since(asked);
    fetched.times.response = WallClock::now();
    const bool is_refusal = outcome == Attempt::answered && word_of_peer(fetched) == kPeerRefuses;
    if (is_refusal) outcome = Attempt::refused;
    if (outcome == Attempt::answered) co_return outcome;
    // A kept connection may have been closed by the origin just as it was used: no fault of it.
    const bool was_stale = std::exchange(kept, false) && !is_refusal &&
                           (outcome == Attempt::nothing || outcome == Attempt::refused) &&
                           may_repeat(outcome, repetition_of(plan, fetched));
    if (!was_stale) {
      fail(fetched, outcome);
      co_return outcome;
    }
    fetched.exchange.reset();  // but not its place among the connections
    worker.counters.origin_retries.add();
  }
}

/// The same in HTTP/2, on a connection that others use too.
asio::awaitable<Attempt> try_http2_origin(WorkerContext& worker, const FetchPlan& plan,
                                          Fetched& fetched) {
  const bool admitted = co_await enter(worker, plan, fetched);
  if (!admitted) co_return turn_away(plan, fetched);
  for (bool again = false;; again = true) {
    const auto until = std::min(fetched.deadline, Clock::now() + plan.pool->first_byte_timeout);
    const auto begin = Clock::now();
    auto opened = co_await worker.http2_origins.open(*plan.pool, fetched.origin, until);
    fetched.visit.kept = !opened.connected;
    if (opened.connected) fetched.visit.connect = since(begin);
    if (opened.connected) worker.counters.origin_connects.add();
    if (!opened.exchange && opened.error != ConnectError::none)
      co_return failed_to_connect(fetched, opened.error);
    if (!opened.exchange) co_return turn_away(plan, fetched);
    fetched.times.request = WallClock::now();
    fetched.exchange = std::move(opened.exchange);
    const auto asked = Clock::now();
    const auto outcome = co_await attempt(worker, plan, fetched);
    fetched.visit.first_byte = since(asked);
    fetched.times.response = WallClock::now();
    if (outcome == Attempt::answered) co_return outcome;
    // A connection that was there may have been about to end: no fault of the origin.
    const bool stale = outcome == Attempt::nothing && !opened.connected;
    const bool once_more = !again && (stale || outcome == Attempt::refused) &&
                           may_repeat(outcome, repetition_of(plan, fetched));
    if (!once_more) {
      fail(fetched, outcome);
      co_return outcome;
    }
    fetched.exchange.reset();
    worker.counters.origin_retries.add();
  }
}

/// An upgrade (RFC 9110 section 7.8) is of HTTP/1.1 alone.
bool wants_http2(const FetchPlan& plan) {
  return plan.pool->protocol == OriginProtocol::http2 && !plan.fields.has("upgrade");
}

/// The answer without what it says of the origin, and with what keeps the visitor there.
void clean(WorkerContext& worker, const FetchPlan& plan, Fetched& fetched) {
  hide_origin(worker, *plan.pool, plan.route.asked_for, fetched.exchange->head().fields);
  if (!plan.pool->sticky) return;
  const StickyCookie& sticky = *plan.pool->sticky;
  const auto now = WallClock::now();
  const auto value = sticky.value_of(fetched.index, now);
  if (!value.empty() && value != plan.route.sticky)
    fetched.set_cookie = sticky.set_cookie(fetched.index, plan.route.secure, now);
}

/// The shield's edge has no answer, and says so. The connection is good.
asio::awaitable<void> fail_with_peer(WorkerContext& worker, Fetched& fetched) {
  const int status = fetched.exchange->head().status;
  for (;;) {
    const auto piece = co_await fetched.read_body();
    if (piece.outcome != Io::ok) break;
    if (!piece.bytes.empty()) continue;
    keep_connection(worker, fetched, Clock::now());
    break;
  }
  worker.counters.origin_errors.add();
  fail(fetched, status, "the shield has no answer");
}

/// The answer of a shield's edge.
asio::awaitable<void> accept_shielded(WorkerContext& worker, const FetchPlan& plan,
                                      Fetched& fetched) {
  fetched.times.with_shield = true;
  const auto said = word_of_peer(fetched);
  if (said == kPeerFails) co_return co_await fail_with_peer(worker, fetched);
  if (said.starts_with(kPeerCookie)) fetched.set_cookie = said.substr(kPeerCookie.size());
  http::Fields& fields = fetched.exchange->head().fields;
  if (const auto status = fields.combined("cache-status"); !status.empty())
    fetched.shield_status = status + ", ";
  fields.erase("cache-status");  // it is of this one answer
  hide_origin(worker, *plan.pool, plan.route.asked_for, fields);
  if (!plan.route.asked_for.host.empty())
    move_locations(fields, plan.route.asked_for, fetched.origin->port);
}

/// What the edges of the shield are asked: the visitor's request, and what only edges say to each
/// other; nothing that is for origins.
FetchPlan shielded(const FetchPlan& plan) {
  FetchPlan to{.pool = plan.shield->pool,
               .method = plan.method,
               .target = plan.target,
               .fields = plan.fields,
               .framing = {},
               .interim = plan.interim,
               .route = {}};
  to.route.key = plan.shield->key;
  to.fields.set("Host", plan.shield->host);
  if (!plan.pool->secret.name.empty()) to.fields.erase(plan.pool->secret.name);
  to.fields.set(kPeerField, write_peer_request(plan.shield->request));
  return to;
}

bool is_failure_status(int status) { return status == 502 || status == 503 || status == 504; }

void note(const Fetched& fetched, Attempt outcome, Instant now) {
  // A shield's edge hands on what origins say: no fault of its own.
  const bool blames = fetched.exchange && !fetched.pool->is_shield();
  // It waited for another's connection, and that one has counted the failure.
  if (outcome == Attempt::not_connected && fetched.visit.kept) return;
  if (is_failure(outcome) || (blames && is_failure_status(fetched.exchange->head().status)))
    note_failure(*fetched.pool, fetched.index, now);
  else if (outcome == Attempt::answered)
    note_success(*fetched.pool, fetched.index, now);
}

/// From the pool's origins, or the shield's edges.
struct InTurn {
  Fetched fetched;
  bool panic = false;  // all were down
};
asio::awaitable<InTurn> try_in_turn(WorkerContext& worker, const FetchPlan& plan, Instant deadline,
                                    Fetched* begun) {
  const OriginPool& pool = *plan.pool;
  InTurn turns;
  Fetched& fetched = turns.fetched;
  std::optional<std::size_t> chosen;  // for the first attempt
  if (begun && begun->origin) chosen = begun->index;
  if (begun && begun->asked_at) {
    fetched = std::move(*begun);
  } else {
    fetched.counted = RequestOfPool(pool.state);
    fetched.pool = plan.pool;
    fetched.error = "all origins are down";
    fetched.deadline = deadline;
  }
  std::optional<std::size_t> sticky;
  if (pool.sticky && !plan.route.sticky.empty()) sticky = pool.sticky->find(plan.route.sticky);
  Candidates candidates(pool, plan.route.key, sticky);
  if (chosen) candidates.leave_out(*chosen);
  Attempt outcome = Attempt::not_connected;
  bool retrying = false;  // holds a place in the budget
  for (std::uint32_t i = 0; i < pool.attempts; ++i) {
    // When all are down, one try must do: visitors wait for each.
    if (i > 0 && (turns.panic || !may_repeat(outcome, repetition_of(plan, fetched)) ||
                  Clock::now() >= fetched.deadline))
      break;
    const auto choice =
        i == 0 && chosen ? Choice{*chosen} : candidates.next(Clock::now(), worker.random());
    if (!choice || (choice->panic && pool.is_shield())) break;
    if (i > 0 && !retrying && outcome != Attempt::not_connected) {
      retrying = pool.state->budget.try_retry(pool.budget_percent);
      if (!retrying) {
        pool.state->refused_retries.fetch_add(1, std::memory_order_relaxed);
        break;
      }
    }
    if (i > 0) {
      worker.counters.origin_retries.add();
      pool.state->retries.fetch_add(1, std::memory_order_relaxed);
    }
    turns.panic = choice->panic;
    fetched.index = choice->index;
    fetched.origin = pool.origins[choice->index];
    fetched.visit = {.pool = &pool, .index = choice->index, .attempts = i + 1};
    if (wants_http2(plan))
      outcome = co_await try_http2_origin(worker, plan, fetched);
    else
      outcome = co_await try_origin(worker, plan, fetched);
    fetched.visit.answered = outcome == Attempt::answered;
    note(fetched, outcome, Clock::now());
  }
  if (retrying) pool.state->budget.end_retry();
  turns.panic = turns.panic && outcome != Attempt::visitor_failed;
  co_return turns;
}

}  // namespace

void accept_answer(WorkerContext& worker, const AskedFor& asked_for, Fetched& fetched,
                   Instant now) {
  note(fetched, Attempt::answered, now);
  hide_origin(worker, *fetched.pool, asked_for, fetched.exchange->head().fields);
}

asio::awaitable<Fetched> fetch(WorkerContext& worker, const FetchPlan& plan, Fetched* begun) {
  const WaitingFetch waiting(worker.fetches);
  auto deadline = Instant::max();
  if (plan.pool->total_timeout.count() > 0) deadline = Clock::now() + plan.pool->total_timeout;
  if (plan.shield) {
    worker.counters.shield_fetches.add();
    const FetchPlan to_shield = shielded(plan);
    InTurn turns = co_await try_in_turn(worker, to_shield, deadline, nullptr);
    if (turns.fetched.exchange) {
      co_await accept_shielded(worker, plan, turns.fetched);
      co_return std::move(turns.fetched);
    }
    worker.counters.shield_fallbacks.add();
  }
  worker.counters.origin_fetches.add();
  InTurn turns = co_await try_in_turn(worker, plan, deadline, begun);
  Fetched& fetched = turns.fetched;
  if (fetched.exchange) {
    clean(worker, plan, fetched);
    co_return std::move(fetched);
  }
  if (fetched.visitor_fault == VisitorFault::none) worker.counters.origin_errors.add();
  if (turns.panic) {
    fetched.failure_status = 503;
    worker.counters.unserviceable.add();
  }
  co_return std::move(fetched);
}

void hide_origin(WorkerContext& worker, const OriginPool& pool, const AskedFor& asked_for,
                 http::Fields& fields) {
  fields.erase(kPeerField);
  if (!pool.secret.name.empty()) fields.erase(pool.secret.name);
  if (!asked_for.host.empty()) {
    const auto is_origin = [&](std::string_view host) {
      return names_origin(pool, host) && !worker.slot.current().find_site(host);
    };
    rewrite_locations(fields, asked_for, is_origin);
  }
}

asio::awaitable<OriginExchange::Piece> Fetched::read_body() {
  if (++pieces >= kPiecesInARow) {
    // Others get their turn when neither the origin nor who takes the body is ever waited for.
    pieces = 0;
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
  }
  const auto pause = upload ? upload->visitor.longest_pause() : std::chrono::milliseconds(0);
  const auto begin = Clock::now();
  OriginExchange::Piece piece{Io::timed_out, {}};
  for (auto now = begin;; now = Clock::now()) {
    auto until = begin + pool->between_bytes_timeout;
    if (upload) until = std::max(until, upload->moved + pause);
    until = std::min(until, deadline);
    if (now >= until) break;
    piece = co_await exchange->read_body(std::chrono::ceil<std::chrono::milliseconds>(until - now));
    if (piece.outcome != Io::timed_out) break;  // or the other side has moved
  }
  if (upload && piece.outcome == Io::ok) upload->moved = Clock::now();
  const bool by_visitor =
      (upload && holds_up(*upload, piece.outcome)) || (visitor && visitor->is_gone());
  if (piece.outcome != Io::ok && piece.outcome != Io::cancelled && !by_visitor)
    note_failure(*pool, index, Clock::now());
  co_return piece;
}

void note_visit(WorkerContext& worker, const Site& site, const OriginVisit& visit) {
  if (visit.answered) site.meter->of(worker.index).first_bytes.add(visit.first_byte);
}

void keep_connection(WorkerContext& worker, Fetched& fetched, Instant now) {
  auto stream = fetched.exchange->release();
  if (!stream) return;
  CountedConnection connection{std::move(fetched.connection), std::move(stream)};
  worker.idle.put(*fetched.pool, fetched.origin, std::move(connection), now);
}

}  // namespace meridian::edge

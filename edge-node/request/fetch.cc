#include "edge-node/request/fetch.h"

#include <utility>

#include "edge-node/origin/balance.h"
#include "edge-node/origin/connect.h"
#include "edge-node/origin/http1_exchange.h"

namespace meridian::edge {
namespace {

constexpr int kMaxOrigins = 3;  // tried by one request
/// How long an origin that stopped reading a body is listened to for its reason.
constexpr std::chrono::milliseconds kEarlyAnswer{1000};

enum class Attempt : std::uint8_t {
  answered,
  refused,
  nothing,
  malformed,
  timed_out,
  visitor_failed
};

/// The visitor's body as it comes. Io::failed: the origin takes no more; Io::closed: the visitor's
/// body broke off.
asio::awaitable<Io> send_request_body(const FetchPlan& plan, OriginExchange& exchange,
                                      Stream::WriteLimits limits) {
  for (;;) {
    const auto piece = co_await plan.body->read_body();
    if (piece.outcome != Io::ok) co_return Io::closed;
    if (piece.bytes.empty()) break;
    const Io sent = co_await exchange.send_body(piece.bytes, limits);
    if (sent != Io::ok) co_return Io::failed;
  }
  const Io sent = co_await exchange.finish(plan.body->trailers(), limits);
  co_return sent == Io::ok ? Io::ok : Io::failed;
}

/// The request on one connection, up to the response's head.
asio::awaitable<Attempt> attempt(const FetchPlan& plan, OriginExchange& exchange) {
  const http::RequestLine line{plan.method, plan.target};
  const Stream::WriteLimits limits{.stall = plan.pool->between_bytes_timeout,
                                   .deadline = Instant::max()};
  auto sent = co_await exchange.send_head(line, plan.fields, plan.framing, limits);
  if (sent == Io::ok && plan.body && plan.framing.has_body()) {
    sent = co_await send_request_body(plan, exchange, limits);
    if (sent == Io::closed) co_return Attempt::visitor_failed;
  }
  // An origin may refuse a body with an answer: listen also when it took no more of it.
  const auto patience =
      sent == Io::ok ? plan.pool->first_byte_timeout : std::chrono::milliseconds(kEarlyAnswer);
  const auto to = plan.method == "HEAD" ? http::ResponseTo::head : http::ResponseTo::other;
  const auto read = co_await exchange.read_head(to, Clock::now() + patience);
  switch (read) {
    case OriginExchange::Head::ok:
      co_return Attempt::answered;
    case OriginExchange::Head::refused:
      co_return Attempt::refused;
    case OriginExchange::Head::nothing:
      co_return Attempt::nothing;
    case OriginExchange::Head::timed_out:
      co_return Attempt::timed_out;
    case OriginExchange::Head::malformed:
      break;
  }
  co_return Attempt::malformed;
}

void fail(Fetched& fetched, int status, std::string_view error) {
  fetched.exchange.reset();
  fetched.failure_status = status;
  fetched.error = error;
}

void fail(Fetched& fetched, Attempt attempt) {
  switch (attempt) {
    case Attempt::timed_out:
      return fail(fetched, 504, "no answer in time");
    case Attempt::malformed:
      return fail(fetched, 502, "not an HTTP answer");
    case Attempt::visitor_failed:
      return fail(fetched, 400, "the request's body broke off");
    default:
      return fail(fetched, 502, "closed without an answer");
  }
}

enum class Next : std::uint8_t { done, other_origin };

/// One origin: first on a kept connection, if there is one, then on a fresh one.
asio::awaitable<Next> try_origin(WorkerContext& worker, const FetchPlan& plan, Fetched& fetched) {
  const bool can_repeat = !plan.framing.has_body();
  const bool may_repeat = can_repeat && http::is_idempotent(plan.method);
  auto stream = worker.idle.take(fetched.origin);
  bool kept = stream != nullptr;
  for (;;) {
    if (!stream) {
      worker.counters.origin_connects.add();
      auto made =
          co_await connect_origin(worker.loop, worker.resolver, *plan.pool, *fetched.origin);
      if (!made.stream) {
        fail(fetched, made.error == ConnectError::timed_out ? 504 : 502, describe(made.error));
        co_return Next::other_origin;
      }
      stream = std::move(made.stream);
    }
    fetched.times.request = WallClock::now();
    fetched.exchange = std::make_unique<Http1OriginExchange>(std::move(stream));
    const auto outcome = co_await attempt(plan, *fetched.exchange);
    fetched.times.response = WallClock::now();
    if (outcome == Attempt::answered) co_return Next::done;
    fail(fetched, outcome);
    const bool repeat =
        outcome == Attempt::refused ? can_repeat : outcome == Attempt::nothing && may_repeat;
    if (!repeat) co_return Next::done;
    if (!std::exchange(kept, false)) co_return Next::other_origin;
    worker.counters.origin_retries.add();
  }
}

}  // namespace

asio::awaitable<Fetched> fetch(WorkerContext& worker, const FetchPlan& plan) {
  worker.counters.origin_fetches.add();
  Fetched fetched;
  fetched.pool = plan.pool;
  fetched.error = "all origins are down";
  Candidates candidates(*plan.pool, worker.turn++);
  for (int i = 0; i < kMaxOrigins; ++i) {
    fetched.origin = candidates.next();
    if (!fetched.origin) break;
    if (i > 0) worker.counters.origin_retries.add();
    const Next next = co_await try_origin(worker, plan, fetched);
    if (next == Next::done) break;
  }
  if (!fetched.exchange) worker.counters.origin_errors.add();
  co_return fetched;
}

void keep_connection(WorkerContext& worker, Fetched& fetched) {
  if (auto stream = fetched.exchange->release())
    worker.idle.put(*fetched.pool, fetched.origin, std::move(stream), Clock::now());
}

}  // namespace meridian::edge

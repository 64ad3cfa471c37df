#include "edge-node/request/limits.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace meridian::edge {
namespace {

/// What is sent at once of what is paced: so many parts of a second, within bounds.
constexpr std::uint64_t kPiecesASecond = 8;
constexpr std::size_t kLeastPiece = 1024, kMostPiece = 64 * 1024;
/// Before another look whether the visitor is still there.
constexpr std::chrono::seconds kLongestSleep{1};

LocalAnswer too_many(std::chrono::nanoseconds wait) {
  auto answer = plain_answer(429);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  answer.fields.set("Retry-After", std::to_string(std::max<std::int64_t>(seconds.count(), 1)));
  return answer;
}

/// Or until the visitor has gone.
asio::awaitable<void> wait_for_turn(const Transaction& t, Instant until) {
  const Loop& loop = t.worker.loop;
  for (auto now = Clock::now(); now < until && !t.exchange.is_gone() && !loop.deadlines.closed();
       now = Clock::now())
    co_await sleep_until(loop, std::min<Instant>(until, now + kLongestSleep));
}

}  // namespace

std::optional<LocalAnswer> beyond_limits(Transaction& t) {
  const SiteLimits& limits = t.site->limits;
  auto& counters = t.worker.counters;
  const IpAddress& client = t.exchange.visitor().client;
  SiteSeats& seats = t.exchange.seats();
  if (limits.connections &&
      !seats.enter(t.site->purge_name, *limits.connections, t.worker.client_counts, client)) {
    counters.site_connections_limited.add();
    t.log.refused = "site_connections";
    t.exchange.end_connection();
    return too_many({});
  }
  if (limits.concurrent_streams > 0) {
    t.seat = seats.begin(t.site->purge_name, limits.concurrent_streams);
    if (!t.seat) {
      counters.site_streams_limited.add();
      t.log.refused = "site_streams";
      auto answer = plain_answer(503);
      answer.unseen = true;
      return answer;
    }
  }
  if (limits.requests) {
    const auto wait = t.worker.rate_limits.ask(*limits.requests, client, Clock::now());
    if (wait.count() > 0) {
      counters.site_requests_limited.add();
      t.log.refused = "site_requests";
      return too_many(wait);
    }
  }
  const auto& framing = t.request().framing;
  if (framing.kind == http::Framing::Kind::length && framing.length > limits.request_body_bytes) {
    counters.bodies_too_large.add();
    t.log.refused = "site_request_body";
    return plain_answer(413);
  }
  return std::nullopt;
}

asio::awaitable<bool> send_paced(Transaction& t, std::string_view bytes) {
  const BytePace& pace = *t.site->limits.bytes;
  const auto most =
      std::clamp<std::size_t>(pace.bytes_per_second / kPiecesASecond, kLeastPiece, kMostPiece);
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, most);
    bytes.remove_prefix(piece.size());
    const auto now = Clock::now();
    const auto wait = t.worker.rate_limits.send(pace, t.client(), piece.size(), now);
    if (wait.count() > 0) {
      t.worker.counters.throttled.add();
      co_await wait_for_turn(t, now + wait);
      if (t.exchange.is_gone()) co_return false;
    }
    const bool sent = co_await t.exchange.send_body(piece);
    if (!sent) co_return false;
  }
  co_return true;
}

}  // namespace meridian::edge

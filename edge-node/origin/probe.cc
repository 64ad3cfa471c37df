#include "edge-node/origin/probe.h"

#include <algorithm>
#include <map>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "common/observe/log.h"
#include "edge-node/net/bell.h"
#include "edge-node/origin/connect.h"
#include "edge-node/origin/http1_exchange.h"
#include "edge-node/origin/http2_connection.h"
#include "edge-node/origin/rise_fall.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kMostBody = 64 * 1024;  // in which `expect_body` must stand

http::Fields probe_fields(const OriginPool& pool, const Origin& origin) {
  http::Fields fields;
  const std::string& host = pool.probe.host.empty() ? pool.host_header : pool.probe.host;
  fields.add("Host", host.empty() ? origin.host : host);
  fields.add("User-Agent", "meridian-probe");
  fields.add("Connection", "close");
  if (!pool.secret.name.empty()) fields.set(pool.secret.name, pool.secret.value);
  return fields;
}

std::string_view describe(OriginExchange::Head head) {
  switch (head) {
    case OriginExchange::Head::timed_out:
      return "no answer in time";
    case OriginExchange::Head::refused:
    case OriginExchange::Head::nothing:
      return "closed without an answer";
    case OriginExchange::Head::malformed:
      return "not an HTTP answer";
    case OriginExchange::Head::unsendable:
      return "the request is too large to be sent";
    default:
      break;
  }
  return {};
}

/// What is wrong with the body; empty: nothing.
asio::awaitable<std::string> look_for_text(const OriginPool& pool, OriginExchange& exchange,
                                           Instant deadline) {
  std::string body;
  while (body.size() < kMostBody) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) co_return "the body did not come in time";
    const auto piece = co_await exchange.read_body(left);
    body.append(piece.bytes.substr(0, kMostBody - body.size()));
    if (body.find(pool.probe.expect_body) != std::string::npos) co_return std::string();
    if (piece.outcome != Io::ok || piece.bytes.empty()) break;
  }
  co_return "the body lacks the text that is expected";
}

/// What is wrong with the answer; empty: nothing.
asio::awaitable<std::string> ask(const OriginPool& pool, const Origin& origin,
                                 std::unique_ptr<OriginExchange> exchange, Instant deadline) {
  const http::RequestLine line{"GET", pool.probe.path};
  const http::Framing framing;
  const http::Fields fields = probe_fields(pool, origin);
  const Stream::WriteLimits limits{.stall = pool.probe.timeout, .deadline = deadline};
  const Io sent = co_await exchange->send_head(line, fields, framing, limits);
  if (sent != Io::ok) co_return "the request could not be sent";
  auto read = OriginExchange::Head::interim;
  while (read == OriginExchange::Head::interim)
    read = co_await exchange->read_head(http::ResponseTo::other, deadline);
  if (read != OriginExchange::Head::ok) co_return std::string(describe(read));
  const int status = exchange->head().status;
  const bool good = pool.probe.expect_status ? status == *pool.probe.expect_status
                                             : status >= 200 && status < 400;
  if (!good) co_return "HTTP " + std::to_string(status);
  if (pool.probe.expect_body.empty()) co_return std::string();
  co_return co_await look_for_text(pool, *exchange, deadline);
}

}  // namespace

Result<std::unique_ptr<OriginProber>> OriginProber::start(std::function<void()> on_change) {
  std::unique_ptr<OriginProber> prober(new OriginProber);
  auto resolver = Resolver::create(prober->thread_.loop());
  if (!resolver) return resolver.error();
  prober->resolver_ = std::move(*resolver);
  prober->on_change_ = std::move(on_change);
  prober->thread_.start([p = prober.get()](Instant) { p->resolver_->tick(); });
  return prober;
}

OriginProber::~OriginProber() {
  thread_.close([this] {
    ++round_;
    if (resolver_) resolver_->close();
  });
  thread_.join();
}

void OriginProber::probe(std::vector<std::shared_ptr<const OriginPool>> pools) {
  asio::post(thread_.context(), [this, pools = std::move(pools)] {
    ++round_;
    std::vector<Target> targets;
    std::map<std::pair<std::string, std::uint16_t>, Target> shields;  // by edge and port
    for (const auto& pool : pools) {
      for (const auto& origin : pool->origins) targets.push_back({pool, {origin}});
      if (!pool->shield) continue;
      for (const auto& edge : pool->shield->origins) {
        Target& target = shields[{edge->host, edge->port}];
        if (!target.pool) target.pool = pool->shield;
        target.origins.push_back(edge);
      }
    }
    for (auto& [edge, target] : shields) targets.push_back(std::move(target));
    for (auto& target : targets)
      asio::co_spawn(thread_.context(), keep_probing(std::move(target), round_), asio::detached);
  });
}

asio::awaitable<void> OriginProber::keep_probing(Target target, std::uint64_t round) {
  const auto& pool = target.pool;
  const auto& origin = target.origins.front();
  const auto is_up = [](const auto& one) { return one->up.load(); };
  RiseFall health(std::all_of(target.origins.begin(), target.origins.end(), is_up));
  for (const auto& one : target.origins) one->up.store(health.up());  // some pools are new
  const RiseFall::Limits limits{.rise = pool->probe.rise, .fall = pool->probe.fall};
  const Loop loop = thread_.loop();
  while (round == round_) {
    const auto next = Clock::now() + with_jitter(pool->probe.interval);
    const auto told = co_await probe_once(*pool, *origin);
    if (round != round_) break;
    if (told && health.observe(told->empty(), limits)) {
      for (const auto& one : target.origins) {
        if (health.up()) one->up_since.store(Clock::now().time_since_epoch().count());
        one->up.store(health.up());
      }
      const std::string what = pool->is_shield() ? "edge of the shield" : "origin";
      log::info(what + (health.up() ? " is up" : " is down"),
                {{"pool", pool->name},
                 {"origin", origin->host + ":" + std::to_string(origin->port)},
                 {"reason", health.up() ? "probes succeed" : *told}});
      on_change_();
    }
    co_await sleep_until(loop, next);
  }
}

/// A tenth more or less, so that the probes of many edges do not come together.
std::chrono::milliseconds OriginProber::with_jitter(std::chrono::milliseconds interval) {
  std::uniform_int_distribution<std::chrono::milliseconds::rep> some(-interval.count() / 10,
                                                                     interval.count() / 10);
  return interval + std::chrono::milliseconds(some(random_));
}

asio::awaitable<std::optional<std::string>> OriginProber::probe_once(const OriginPool& pool,
                                                                     const Origin& origin) {
  const Instant deadline = Clock::now() + pool.probe.timeout;
  OriginPool hasty;  // the probe's own time limit
  hasty.tls = pool.tls;
  hasty.peers = pool.peers;
  hasty.server_name = pool.server_name;
  hasty.connect_timeout = std::min(pool.connect_timeout, pool.probe.timeout);
  auto connection =
      co_await connect_origin(thread_.loop(), *resolver_, hasty, origin, pool.protocol, deadline);
  if (connection.error == ConnectError::no_socket) co_return std::nullopt;
  if (!connection.stream) co_return std::string(describe(connection.error));
  if (pool.probe.type == ProbeType::tcp) co_return std::string();
  std::unique_ptr<OriginExchange> exchange;
  if (pool.protocol == OriginProtocol::http2)
    exchange = Http2OriginConnection::open_alone(thread_.loop(), std::move(connection.stream),
                                                 pool.probe.timeout, pool.tls != nullptr);
  else
    exchange = std::make_unique<Http1OriginExchange>(std::move(connection.stream));
  co_return co_await ask(pool, origin, std::move(exchange), deadline);
}

}  // namespace meridian::edge

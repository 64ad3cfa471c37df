#include "edge-node/origin/http2_connection.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "edge-node/origin/http2_exchange.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kBufferBytes = 16 * 1024;
constexpr unsigned kReadsInARow = 8;

}  // namespace

Http2OriginConnection::Http2OriginConnection(const Loop& loop, std::unique_ptr<Stream> stream,
                                             std::chrono::milliseconds stall)
    : loop_(loop),
      stream_(std::move(stream)),
      session_(h2::Role::client, *this, h2::SessionLimits()),
      output_(loop, *stream_, session_, *this, stall, 1),
      idle_since_(Clock::now()),
      resets_(idle_since_) {}

std::shared_ptr<Http2OriginConnection> Http2OriginConnection::start(
    const Loop& loop, std::unique_ptr<Stream> stream, std::chrono::milliseconds stall) {
  std::shared_ptr<Http2OriginConnection> connection(
      new Http2OriginConnection(loop, std::move(stream), stall));
  connection->output_.flush_soon();  // the preface, with the first request if there is one by then
  asio::co_spawn(loop.context, connection->run(connection), asio::detached);
  return connection;
}

std::unique_ptr<OriginExchange> Http2OriginConnection::open(bool tls) {
  auto exchange = std::make_unique<Http2OriginExchange>(shared_from_this(), tls);
  exchanges_.push_back(exchange.get());
  ++beginning_;
  return exchange;
}

std::unique_ptr<OriginExchange> Http2OriginConnection::open_alone(const Loop& loop,
                                                                  std::unique_ptr<Stream> stream,
                                                                  std::chrono::milliseconds stall,
                                                                  bool tls) {
  const auto connection = start(loop, std::move(stream), stall);
  connection->alone_ = true;
  return connection->open(tls);
}

asio::awaitable<void> Http2OriginConnection::run(
    std::shared_ptr<Http2OriginConnection> /* keeps it */) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  for (unsigned reads = 1;; ++reads) {
    if (reads % kReadsInARow == 0) {
      co_await asio::post(loop_.context, asio::use_awaitable);  // others get their turn
      if (stream_->is_cancelled()) break;
    }
    const std::span<char> room(buffer.get(), kBufferBytes);
    // Exchanges have time limits of their own.
    const auto read = co_await stream_->read_some(room, Instant::max());
    if (read.outcome != Io::ok) break;
    output_.hold();
    const bool good = session_.receive({buffer.get(), read.size}) && session_.is_calm();
    if (!good) session_.terminate(h2::Code::enhance_your_calm);
    output_.flush();
    if (!good || session_.is_finished()) break;
    if (!std::exchange(heard_, true)) tell_watcher();
    end_if_done();
  }
  if (!output_.is_writing()) output_.end();
  lost_ = true;
  for (Http2OriginExchange* exchange : exchanges_) exchange->lose();
  tell_watcher();
  const auto always = [] { return true; };
  co_await output_.wait_until_quiet_and(always);
  output_.end();
}

void Http2OriginConnection::on_goaway() {
  leaving_ = true;
  tell_watcher();
}

void Http2OriginConnection::on_broken(Io) { stream_->cancel(); }

void Http2OriginConnection::retire() {
  retired_ = true;
  end_if_done();
}

void Http2OriginConnection::doubt() {
  leaving_ = true;
  end_if_done();
}

void Http2OriginConnection::count_reset() {
  if (resets_.count(Clock::now()) || is_over()) return;
  if (watcher_ && !watcher_->may_leave()) return;
  leaving_ = true;
  tell_watcher();
}

void Http2OriginConnection::leave(Http2OriginExchange& exchange) {
  exchange.count_reset();
  session_.forget(exchange, h2::Code::cancel);
  std::erase(exchanges_, &exchange);
  retired_ = retired_ || alone_;
  if (exchanges_.empty()) idle_since_ = Clock::now();
  if (!lost_) output_.flush_soon();
  tell_watcher();
}

/// Nobody will need it again: the last word is said, and reading ends.
void Http2OriginConnection::end_if_done() {
  if (!(retired_ || leaving_) || !exchanges_.empty() || lost_) return;
  if (!output_.is_quiet()) return;  // called again when it is
  lost_ = true;
  session_.terminate(h2::Code::no_error);
  output_.flush();
  stream_->cancel();
}

void Http2OriginConnection::tell_watcher() {
  if (watcher_) watcher_->on_change();
}

}  // namespace meridian::edge

#include "edge-node/io/http2_connection.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "edge-node/request/handle.h"
#include "edge-node/request/refusal.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kSmallBuffer = 4 * 1024;
constexpr int kMaxReads = 8;  // in a row, before others get their turn
/// For a visitor to read the last word, and to hear that there are to be no more streams.
constexpr std::chrono::seconds kLinger{1};

h2::SessionLimits session_limits(const VisitorLimits& limits, std::uint32_t streams) {
  h2::SessionLimits session;
  session.head = limits.header;
  if (streams > 0) session.streams = streams;
  return session;
}

}  // namespace

Http2Connection::Http2Connection(Stream& stream, Connections::Member& member,
                                 const Visitor& visitor_, WorkerContext& worker_,
                                 const VisitorLimits& limits_, std::uint32_t streams)
    : Http2Link(session_, worker_, limits_, visitor_),
      stream_(stream),
      member_(member),
      session_limits_(session_limits(limits_, streams)),
      session_(h2::Role::server, *this, session_limits_),
      budget_(Clock::now()),
      output_(worker_.loop, stream, session_, *this, limits_.send_stall, least_bytes(limits_)),
      idle_since_(Clock::now()),
      head_since_(idle_since_) {
  member_.set_visit(this);
}

Http2Connection::~Http2Connection() { member_.set_visit(nullptr); }

asio::awaitable<void> Http2Connection::serve(std::string_view early) {
  worker.counters.h2_connections.add();
  next_ = receive({early.data(), early.size()});
  if (member_.is_leaving()) leave();
  while (next_ == Next::read && !lost_) {
    const Io outcome = co_await stream_.serve_input(*this);
    if (outcome == Io::timed_out)
      next_ = after_timeout();
    else if (outcome != Io::ok)
      break;
    else if (next_ == Next::read && !lost_)
      co_await asio::post(worker.loop.context, asio::use_awaitable);  // others get their turn
  }
  lose_all();
  const auto nobody_is_busy = [this] { return busy_ == 0; };
  co_await output_.wait_until_quiet_and(nobody_is_busy);
  if (next_ == Next::close && !lost_) co_await linger();
}

bool Http2Connection::on_input() {
  auto& buffer = worker.read_buffer;
  for (int reads = 0; reads < kMaxReads; ++reads) {
    const auto read = stream_.read_now(buffer);
    if (read.outcome != Io::ok) {
      lost_ = true;
      return false;
    }
    if (read.size == 0) return true;
    next_ = receive({buffer.data(), read.size});
    if (next_ == Next::close || lost_) return false;
  }
  return false;
}

Http2Connection::Next Http2Connection::receive(std::span<const char> bytes) {
  const auto now = batch_began_ = Clock::now();
  if (!session_.is_within_head()) head_since_ = now;
  output_.hold();
  const bool is_http2 = session_.receive(bytes);
  bool good = is_http2 && is_bearable(now);
  if (!good) note_fault(is_http2 ? "http2_flood" : "http2_protocol");
  for (std::size_t i = 0; i < ready_.size(); ++i)
    if (good || !ready_[i]->is_open()) start(*ready_[i]);
  ready_.clear();
  flush();
  if (good && !is_bearable(now)) {  // for the resets that were just sent
    note_fault("http2_flood");
    good = false;
    flush();
  }
  return session_.is_finished() || !good ? Next::close : Next::read;
}

void Http2Connection::note_fault(std::string_view why) {
  worker.counters.h2_protocol_errors.add();
  log_connection(visitor.client, why, worker);
}

/// False: the peer has made so much work for nothing that it is told to go.
bool Http2Connection::is_bearable(Instant now) {
  const auto nuisance = session_.take_nuisance();
  if (budget_.spend(nuisance.resets, nuisance.control, now) && session_.is_calm()) return true;
  session_.terminate(h2::Code::enhance_your_calm);
  return false;
}

/// Streams have time limits of their own.
Instant Http2Connection::input_deadline() const {
  const auto idle = (exchanges_.empty() ? idle_since_ : Clock::now()) + limits.idle;
  return session_.is_within_head() ? std::min(head_since_ + limits.head, idle) : idle;
}

Http2Connection::Next Http2Connection::after_timeout() {
  const auto now = Clock::now();
  const bool slow_head = session_.is_within_head() && now >= head_since_ + limits.head;
  const bool idle = exchanges_.empty() && now >= idle_since_ + limits.idle;
  if (!slow_head && !idle) return Next::read;
  if (slow_head) worker.counters.timeouts.add();
  session_.terminate(slow_head ? h2::Code::enhance_your_calm : h2::Code::no_error);
  flush();
  return Next::close;
}

h2::Stream* Http2Connection::on_open() {
  // A stream that is reset leaves its request behind, which ends when it notices.
  if (exchanges_.size() >= std::size_t{2} * session_limits_.streams) {
    worker.counters.h2_refused_streams.add();
    return nullptr;
  }
  exchanges_.push_back(std::make_unique<Http2Exchange>(*this));
  exchanges_.back()->place = exchanges_.size() - 1;
  return exchanges_.back().get();
}

/// A request is complete but for its body. What can be answered at once, is: here, by a plain call.
void Http2Connection::start(Http2Exchange& exchange) {
  if (!exchange.is_open()) return release(exchange);  // taken back meanwhile
  if (exchange.is_doomed()) return;
  if (const auto refusal = exchange.begin(); refusal.status) {
    exchange.refuse(refusal);
    return exchange.leave();
  }
  if (const auto hit = find_hit(exchange.request(), visitor, worker, http::Version::http2);
      hit && exchange.send_hit(*hit, batch_began_))
    return exchange.leave();
  exchange.busy = true;
  ++busy_;
  asio::co_spawn(worker.loop.context, answer(exchange), asio::detached);
}

asio::awaitable<void> Http2Connection::answer(Http2Exchange& exchange) {
  co_await handle(exchange, worker);
  exchange.leave();
  exchange.busy = false;
  --busy_;
  if (!exchange.is_open()) release(exchange);
  output_.nudge();
}

void Http2Connection::on_stream_closed(Http2Exchange& exchange) {
  const bool waits = std::find(ready_.begin(), ready_.end(), &exchange) != ready_.end();
  if (!exchange.busy && !waits) release(exchange);
}

void Http2Connection::release(Http2Exchange& exchange) {
  const auto place = exchange.place;
  std::swap(exchanges_[place], exchanges_.back());
  exchanges_[place]->place = place;
  exchanges_.pop_back();
  if (exchanges_.empty()) idle_since_ = Clock::now();
}

void Http2Connection::flush() {
  output_.flush();
  if (!output_.is_writing()) on_flushed();
}

void Http2Connection::on_flushed() {
  if (session_.is_finished()) say_goodbye();
}

void Http2Connection::on_broken(Io why) {
  if (why == Io::timed_out) worker.counters.timeouts.add();
  lose_all();
  stream_.cancel();
}

std::optional<Instant> Http2Connection::idle_since() const {
  const bool idle = exchanges_.empty() && !leaving_ && !session_.is_within_head();
  return idle ? std::optional(idle_since_) : std::nullopt;
}

/// By a GOAWAY (RFC 9113 section 6.8).
void Http2Connection::leave() {
  if (std::exchange(leaving_, true) || lost_) return;
  session_.announce_end();
  session_.ping();  // answered when all that was sent before our word has come
  worker.loop.deadlines.arm(*this, Clock::now() + kLinger);
  flush_soon();
}

void Http2Connection::on_pong() {
  if (leaving_) end_streams();
}

void Http2Connection::end_streams() {
  if (std::exchange(last_word_, true)) return;
  session_.end_gracefully();
  flush_soon();
}

void Http2Connection::on_deadline() {
  if (ended_) return stream_.cancel();
  end_streams();
}

/// Everything is said. The visitor closes; if it does not, we do.
void Http2Connection::say_goodbye() {
  if (std::exchange(ended_, true)) return;
  output_.end();
  stream_.shutdown_write();
  worker.loop.deadlines.arm(*this, Clock::now() + kLinger);
}

void Http2Connection::lose_all() {
  lost_ = lost_ || !ended_;
  for (const auto& exchange : exchanges_) exchange->lose();
}

/// As in HTTP/1.1: closing with unread input might take the last word back.
asio::awaitable<void> Http2Connection::linger() {
  std::vector<char> buffer(kSmallBuffer);
  const auto deadline = Clock::now() + kLinger;
  for (int reads = 0; reads < 64; ++reads) {
    const auto read = co_await stream_.read_some(buffer, deadline);
    if (read.outcome != Io::ok) break;
  }
}

}  // namespace meridian::edge

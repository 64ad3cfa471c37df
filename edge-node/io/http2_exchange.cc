#include "edge-node/io/http2_exchange.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "edge-node/io/websocket.h"
#include "edge-node/request/local_answer.h"
#include "edge-node/request/refusal.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kTunnelBytes = 16 * 1024;
constexpr unsigned kPiecesInARow = 8;

}  // namespace

Http2Exchange::Http2Exchange(Http2Link& link)
    : link_(link), input_(link.worker.loop), output_(link.worker.loop) {}

Http2Exchange::~Http2Exchange() {
  if (hit_)
    note_hit(hit_->hit, request_, link_.visitor, link_.worker, hit_->start,
             {.bytes = sent_bytes(), .complete = has_output_end()});
}

void Http2Exchange::on_head() {
  // Now: by the time the request is looked at, its body and trailers may have come too.
  kind_.end_stream = has_input_end();
  refusal_ = h2::to_request(block(), kind_, request_);
  if (request_.framing.kind == http::Framing::Kind::length)
    set_input_length(request_.framing.length);
  link_.on_request(*this);
}

h2::Refusal Http2Exchange::begin() {
  if (refusal_.status) return refusal_;
  if (kind_.websocket) {
    websocket_key_ = make_websocket_key();
    request_.fields.add("sec-websocket-key", websocket_key_);
  }
  body_pace_.emplace(link_.limits);
  continue_due_ = request_.expect_continue;
  return refusal_;
}

void Http2Exchange::refuse(const h2::Refusal& refusal) {
  count_refusal(refusal.status, refusal.fault, link_.worker);
  auto answer = plain_answer(refusal.status);
  answer.fields.add("Server", "meridian");
  request_.method.clear();
  send_head(refusal.status, answer.fields, {http::Framing::Kind::length, answer.body.size()});
  if (is_alive()) {
    (void)link_.session.write(*this, answer.body);  // small: taken
    link_.session.end(*this, nullptr);
    ended_ = true;
  }
  log_refusal({.protocol = "HTTP/2",
               .status = refusal.status,
               .fault = refusal.fault,
               .why = refusal.why,
               .bytes = answer.body.size(),
               .complete = ended_},
              link_.visitor, link_.worker);
}

bool Http2Exchange::send_hit(const Hit& hit, Instant start) {
  const auto& object = *hit.object;
  if (object.body.size() > 1) return false;
  const auto text = hit.text();
  const std::array<http::Fields::Field, 2> more{
      {{"age", text.age_text()}, {"cache-status", text.cache_status_text()}}};
  has_body_ = object.body_bytes > 0;
  ended_ = true;
  hit_.emplace(SentHit{hit, link_.worker.slot.hold(), start});
  send_pace_.emplace(link_.limits);
  send_pace_->moved(object.body_bytes);
  link_.session.send_whole(
      *this, object.head->status, hit.head->fields, more,
      has_body_ ? std::string_view(object.body.front()->bytes) : std::string_view());
  link_.flush_soon();
  return true;
}

void Http2Exchange::leave() {
  if (!is_alive()) return;
  if (!ended_) {
    link_.session.reset(*this, h2::Code::internal_error);
    return link_.flush_soon();
  }
  link_.session.ignore_input(*this);
  // Nobody waits for what is left to go out: it may not take for ever.
  watched_bytes_ = sent_bytes();
  watched_since_ = Clock::now();
  last_deadline_ = send_pace_->deadline(watched_since_);
  link_.worker.loop.deadlines.arm(*this, watched_since_ + next_look());
}

/// A request that goes on behind its answer is stopped only when the visitor has had time to read
/// that: some take the end of the stream for an error while they are sending.
std::chrono::milliseconds Http2Exchange::next_look() const {
  constexpr std::chrono::milliseconds kEarlyAnswer{1000};
  return has_input_end() ? link_.limits.send_stall : kEarlyAnswer;
}

void Http2Exchange::on_deadline() {
  if (!is_alive()) return;
  if (is_closing()) return give_up();
  if (has_output_end()) {
    link_.session.reset(*this, h2::Code::no_error);
    return link_.flush_soon();
  }
  const auto now = Clock::now();
  if (sent_bytes() != watched_bytes_ || link_.is_blocked()) {
    watched_bytes_ = sent_bytes();
    watched_since_ = now;
  }
  if (now >= watched_since_ + link_.limits.send_stall || now > last_deadline_) return give_up();
  link_.worker.loop.deadlines.arm(*this, now + next_look());
}

void Http2Exchange::give_up() {
  link_.worker.counters.timeouts.add();
  link_.session.reset(*this, h2::Code::enhance_your_calm);
  link_.flush_soon();
}

void Http2Exchange::lose() {
  lost_ = true;
  // Who calls it ends now, and what the session has borrowed of that with it.
  if (busy) link_.session.reset(*this, h2::Code::cancel);
  input_.give();
  output_.give();
  tell_departure();
}

void Http2Exchange::tell_departure() {
  if (departure_) std::exchange(departure_, nullptr)->on_departure();
}

void Http2Exchange::on_close(h2::Code code) {
  closed_well_ = code == h2::Code::no_error;
  input_.give();
  output_.give();
  if (!has_output_end()) tell_departure();
  link_.worker.loop.deadlines.disarm(*this);
  link_.on_stream_closed(*this);
}

asio::awaitable<VisitorExchange::Piece> Http2Exchange::read_input(Instant deadline) {
  for (;;) {
    const auto bytes = link_.session.read(*this);
    if (is_alive()) link_.flush_soon();  // room for more
    if (!bytes.empty()) co_return Piece{Io::ok, bytes};
    if (is_input_cut()) co_return Piece{Io::cancelled, {}};
    if (has_input_end()) co_return Piece{};
    if (!is_alive()) co_return Piece{Io::closed, {}};
    waits_for_input_ = true;
    const bool came = co_await input_.wait(deadline);
    waits_for_input_ = false;
    if (std::exchange(stopped_, false)) co_return Piece{Io::cancelled, {}};
    if (!came) co_return Piece{is_closing() ? Io::cancelled : Io::timed_out, {}};
  }
}

void Http2Exchange::stop_body() {
  if (!waits_for_input_) return;
  stopped_ = true;
  input_.give();
}

/// A conversation has no pace of its own (see VisitorExchange::longest_pause()): gRPC has none from
/// its beginning where the origin can converse, any other once it is answered; then the answer's
/// end is the body's, too.
Instant Http2Exchange::body_deadline(Instant now) const {
  if (send_pace_) return Instant::max();
  if (may_converse_ &&
      request_.fields.find("content-type").value_or("").starts_with("application/grpc"))
    return now + link_.limits.tunnel_idle;
  return std::min(now + link_.limits.body_stall, body_pace_->deadline(now));
}

asio::awaitable<VisitorExchange::Piece> Http2Exchange::read_body() {
  if (std::exchange(continue_due_, false) && is_alive() && !has_input() && !has_input_end()) {
    link_.session.send_interim(*this, 100, {});
    link_.flush_soon();
  }
  const auto begin = Clock::now();
  const auto piece = co_await read_input(body_deadline(begin));
  body_pace_->waited(Clock::now() - begin);
  link_.worker.counters.bytes_received.add(piece.bytes.size());
  body_pace_->moved(piece.bytes.size());
  if (piece.outcome == Io::timed_out) link_.worker.counters.timeouts.add();
  co_return piece;
}

/// RFC 9113 section 8.7.
bool Http2Exchange::refuse_unseen() {
  ended_ = true;
  send_pace_.emplace(link_.limits);
  if (!is_alive()) return true;
  link_.session.reset(*this, h2::Code::refused_stream);
  link_.flush_soon();
  return true;
}

asio::awaitable<bool> Http2Exchange::send_interim(int status, const http::Fields& fields) {
  if (!is_alive()) co_return false;
  if (status == 100 && !std::exchange(continue_due_, false)) co_return true;
  link_.session.send_interim(*this, status, fields);
  link_.flush_soon();
  co_return true;
}

void Http2Exchange::send_head(int status, const http::Fields& fields,
                              const http::Framing& framing) {
  using Kind = http::Framing::Kind;
  bool bodiless = request_.method == "HEAD" || status == 204 || status == 304;
  if (kind_.websocket && status < 300) {  // the visitor would take it for a WebSocket
    status = 502;
    bodiless = true;
  }
  has_body_ = !bodiless && framing.has_body();
  ended_ = !has_body_;
  continue_due_ = false;  // it is no use to tell it now
  send_pace_.emplace(link_.limits);
  if (!is_alive()) return;
  std::optional<std::uint64_t> length;
  if (framing.kind == Kind::length && !kind_.websocket) length = framing.length;
  link_.session.send_response(*this, status, fields, length, has_body_);
  link_.flush_soon();
}

asio::awaitable<bool> Http2Exchange::wait_until_drained(std::chrono::milliseconds stall,
                                                        Instant deadline) {
  while (!is_drained()) {
    if (!is_alive()) co_return false;
    const auto before = sent_bytes();
    const auto until = std::min(deadline, Clock::now() + stall);
    const bool woken = co_await output_.wait(until);
    const bool goes_on = sent_bytes() > before || link_.is_blocked();
    if (woken || (goes_on && Clock::now() < deadline && !is_closing())) continue;
    if (is_alive()) give_up();
    co_return false;
  }
  co_return is_alive();
}

asio::awaitable<bool> Http2Exchange::send_body(std::string_view bytes) {
  if (!is_alive()) co_return closed_well_ && !has_body_;
  if (!has_body_ || bytes.empty()) co_return true;
  send_pace_->moved(bytes.size());
  const bool taken = link_.session.write(*this, bytes);
  link_.flush_soon();
  if (taken) co_return true;
  const auto begin = Clock::now();
  const bool drained =
      co_await wait_until_drained(link_.limits.send_stall, send_pace_->deadline(begin));
  send_pace_->waited(Clock::now() - begin);
  co_return drained;
}

asio::awaitable<bool> Http2Exchange::finish(const http::Fields* trailers) {
  if (!is_alive()) co_return closed_well_&& ended_;
  if (!ended_) {
    link_.session.end(*this, trailers);
    link_.flush_soon();
  }
  ended_ = true;
  co_return true;
}

void Http2Exchange::abort() {
  link_.session.reset(*this, h2::Code::internal_error);
  link_.flush_soon();
}

struct Http2Exchange::Activity {
  Instant last;
};

asio::awaitable<void> Http2Exchange::pump_to(edge::Stream& origin, Activity& activity) {
  const auto idle = link_.limits.tunnel_idle;
  for (;;) {
    const auto piece = co_await read_input(activity.last + idle);
    const auto now = Clock::now();
    if (piece.outcome == Io::timed_out && now < activity.last + idle) continue;  // the other moved
    if (piece.outcome != Io::ok) break;
    if (piece.bytes.empty()) {
      origin.shutdown_write();
      co_return;
    }
    activity.last = now;
    const std::array<std::string_view, 1> pieces{piece.bytes};
    const edge::Stream::WriteLimits limits{.stall = idle, .deadline = Instant::max()};
    const Io written = co_await origin.write(pieces, limits);
    if (written != Io::ok) break;
  }
  abort();
  origin.cancel();
}

asio::awaitable<void> Http2Exchange::pump_from(edge::Stream& origin, Activity& activity) {
  const auto idle = link_.limits.tunnel_idle;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kTunnelBytes);
  const std::span<char> room(buffer.get(), kTunnelBytes);
  for (unsigned pieces = 1;; ++pieces) {
    // Others get their turn when neither side is ever waited for.
    if (pieces % kPiecesInARow == 0)
      co_await asio::post(link_.worker.loop.context, asio::use_awaitable);
    const auto read = co_await origin.read_some(room, activity.last + idle);
    const auto now = Clock::now();
    if (read.outcome == Io::timed_out && now < activity.last + idle) continue;
    if (read.outcome == Io::closed) {
      (void)co_await finish(nullptr);
      co_return;
    }
    if (read.outcome != Io::ok || !is_alive() || origin.is_cancelled()) break;
    activity.last = now;
    const std::string_view bytes(buffer.get(), read.size);
    if (!link_.session.write(*this, bytes)) {
      link_.flush_soon();
      const bool sent = co_await wait_until_drained(idle, Instant::max());
      if (!sent) break;
    }
    link_.flush_soon();
  }
  abort();
  origin.cancel();
}

asio::awaitable<void> Http2Exchange::tunnel(const http::Fields& head_fields, edge::Stream& origin,
                                            std::string_view from_origin) {
  using namespace asio::experimental::awaitable_operators;
  http::Fields fields = head_fields;
  const bool proven = fields.find("sec-websocket-accept") == websocket_accept(websocket_key_);
  fields.erase("sec-websocket-accept");
  if (!is_alive()) co_return;
  send_pace_.emplace(link_.limits);
  has_body_ = proven;
  ended_ = !proven;
  link_.session.send_response(*this, proven ? 200 : 502, fields, std::nullopt, proven);
  link_.flush_soon();
  if (!proven) co_return;
  const bool taken = link_.session.write(*this, from_origin);
  if (!taken) {
    const bool sent = co_await wait_until_drained(link_.limits.tunnel_idle, Instant::max());
    if (!sent) co_return;
  }
  Activity activity{Clock::now()};
  co_await (pump_to(origin, activity) && pump_from(origin, activity));
}

}  // namespace meridian::edge

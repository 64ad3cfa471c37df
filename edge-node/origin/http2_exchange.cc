#include "edge-node/origin/http2_exchange.h"

#include <algorithm>
#include <utility>

namespace meridian::edge {

Http2OriginExchange::Http2OriginExchange(std::shared_ptr<Http2OriginConnection> connection,
                                         bool tls)
    : connection_(std::move(connection)),
      tls_(tls),
      input_(connection_->loop_),
      output_(connection_->loop_) {}

Http2OriginExchange::~Http2OriginExchange() {
  if (!begun_) --connection_->beginning_;
  if (timed_out_) connection_->doubt();
  connection_->leave(*this);
}

void Http2OriginExchange::on_interim() {
  http::ResponseHead head;
  if (h2::to_response(block(), request_, false, head)) interim_.push_back(std::move(head));
  input_.give();
}

void Http2OriginExchange::on_head() {
  // Now: before it is looked at, trailers may come.
  is_good_ = h2::to_response(block(), request_, has_input_end(), final_);
  has_head_ = true;
  input_.give();
}

void Http2OriginExchange::on_close(h2::Code code) {
  closed_by_ = code;
  input_.give();
  output_.give();
  connection_->tell_watcher();
}

void Http2OriginExchange::lose() {
  lost_ = true;
  connection_->session_.reset(*this, h2::Code::cancel);  // what is borrowed is the caller's again
  input_.give();
  output_.give();
}

void Http2OriginExchange::reset(h2::Code code) {
  count_reset();
  connection_->session_.reset(*this, code);
  connection_->output_.flush_soon();
}

void Http2OriginExchange::count_reset() {
  if (is_open() && has_sent_head() && !connection_->lost_ && !std::exchange(reset_, true))
    connection_->count_reset();
}

void Http2OriginExchange::interrupt() {
  interrupted_ = true;
  input_.give();
}

void Http2OriginExchange::abandon() {
  if (is_alive()) reset(h2::Code::cancel);
  abandoned_ = true;
  input_.give();
  output_.give();
}

asio::awaitable<Io> Http2OriginExchange::send_head(http::RequestLine line,
                                                   const http::Fields& fields,
                                                   const http::Framing& framing,
                                                   edge::Stream::WriteLimits) {
  begun_ = true;
  --connection_->beginning_;
  // Counted as refused: the origin has heard nothing of it.
  if (connection_->is_over() || !connection_->session_.can_open_streams(1)) co_return Io::closed;
  if (line.method == "HEAD") request_ = http::ResponseTo::head;
  http::Fields sent = fields;
  const std::string authority(fields.find("host").value_or(""));
  sent.erase("host");
  sent.erase("content-length");
  const h2::Session::RequestLine request{.method = line.method,
                                         .scheme = tls_ ? "https" : "http",
                                         .authority = authority,
                                         .path = line.target};
  std::optional<std::uint64_t> length;
  if (framing.kind == http::Framing::Kind::length) length = framing.length;
  opened_ = connection_->session_.send_request(*this, request, sent, length, framing.has_body());
  connection_->output_.flush_soon();
  co_return opened_ ? Io::ok : Io::closed;
}

asio::awaitable<Io> Http2OriginExchange::send_body(std::string_view bytes,
                                                   edge::Stream::WriteLimits limits) {
  if (!is_alive()) co_return Io::closed;
  const bool taken = connection_->session_.write(*this, bytes);
  connection_->output_.flush_soon();
  if (taken) co_return Io::ok;
  while (!is_drained()) {
    if (!is_alive()) co_return Io::closed;
    const auto before = sent_bytes();
    const auto until = std::min(limits.deadline, Clock::now() + limits.stall);
    const bool woken = co_await output_.wait(until);
    if (woken || (sent_bytes() > before && Clock::now() < limits.deadline)) continue;
    reset(h2::Code::cancel);  // what is borrowed is the caller's again
    co_return Io::timed_out;
  }
  co_return Io::ok;
}

asio::awaitable<Io> Http2OriginExchange::finish(const http::Fields& trailers,
                                                edge::Stream::WriteLimits) {
  if (!is_alive()) co_return Io::closed;
  connection_->session_.end(*this, &trailers);
  connection_->output_.flush_soon();
  co_return Io::ok;
}

asio::awaitable<OriginExchange::Head> Http2OriginExchange::read_head(http::ResponseTo,
                                                                     Instant deadline) {
  if (!opened_) co_return Head::refused;
  for (;;) {
    if (!interim_.empty()) {
      head_ = std::move(interim_.front());
      interim_.pop_front();
      co_return Head::interim;
    }
    if (has_head_) {
      head_ = std::move(final_);
      if (!is_good_) reset(h2::Code::protocol_error);
      co_return is_good_ ? Head::ok : Head::malformed;
    }
    if (std::exchange(interrupted_, false)) co_return Head::interrupted;
    if (lost_ || abandoned_) co_return Head::nothing;
    if (!is_open()) co_return head_of_closed();
    const bool came = co_await input_.wait(deadline);
    timed_out_ = !came;
    if (!came) co_return Head::timed_out;
  }
}

OriginExchange::Head Http2OriginExchange::head_of_closed() const {
  if (closed_by_ == h2::Code::refused_stream) return Head::refused;
  if (closed_by_ == h2::Code::protocol_error) return Head::malformed;
  // The session's own word, which no origin has heard.
  return closed_by_ == h2::Code::internal_error && !has_sent_head() ? Head::unsendable
                                                                    : Head::nothing;
}

asio::awaitable<OriginExchange::Piece> Http2OriginExchange::read_body(
    std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    const auto bytes = connection_->session_.read(*this);
    if (is_alive()) connection_->output_.flush_soon();  // room for more
    if (!bytes.empty()) co_return Piece{Io::ok, bytes};
    if (has_input_end()) co_return Piece{};
    if (!is_alive()) co_return Piece{Io::closed, {}};
    const bool came = co_await input_.wait(deadline);
    if (!came && connection_->loop_.deadlines.closed()) co_return Piece{Io::cancelled, {}};
    timed_out_ = !came;
    if (!came) co_return Piece{Io::timed_out, {}};
  }
}

}  // namespace meridian::edge

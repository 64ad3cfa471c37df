#include "edge-node/origin/http1_exchange.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace meridian::edge {
namespace {

/// As SessionLimits has them for HTTP/2.
constexpr unsigned kMaxInterimResponses = 64;
constexpr std::size_t kMaxInterimBytes = 64 * 1024;
constexpr std::size_t kFirstBufferBytes = 16 * 1024;
constexpr std::size_t kMostBufferBytes = 40 * 1024;  // more than a head may have

/// It may be taken as it is: a final answer, and one that needs no range or condition.
bool is_plain(const http::ResponseHead& head) {
  return head.status >= 200 && head.status != 206 && head.status != 304 &&
         head.framing.kind != http::Framing::Kind::chunked;
}

}  // namespace

bool Http1OriginExchange::send_now(http::RequestLine line, const http::Fields& fields,
                                   std::string& scratch) {
  std::string& head = scratch;
  head.clear();
  http::append_request(head, line, fields, http::Framing());
  const std::array<std::string_view, 1> pieces{head};
  const auto wrote = stream_->write_now(pieces);
  sent_whole_ = wrote.outcome == Io::ok && wrote.size == head.size();
  return sent_whole_;
}

Http1OriginExchange::Came Http1OriginExchange::read_now(std::span<char> scratch,
                                                        http::ResponseParser& parser) {
  using What = Came::What;
  scratch = scratch.first(std::min(scratch.size(), kFirstBufferBytes));
  const auto read = stream_->read_now(scratch);
  if (read.outcome != Io::ok) {
    ended_ = read.outcome;
    return {What::other, {}};
  }
  if (read.size == 0) return {};
  const std::string_view bytes(scratch.data(), read.size);
  parser.reset();
  if (parser.parse(bytes) == http::Progress::done && is_plain(parser.head())) {
    http::BodyDecoder decoder(parser.head().framing);
    const auto step = decoder.step(bytes.substr(parser.size()));
    if (decoder.done() && parser.size() + step.consumed == bytes.size()) {
      any_ = true;
      std::swap(head_, parser.head());
      body_.emplace(std::move(decoder));
      return {What::whole, step.data};
    }
  }
  make_buffer();
  std::memcpy(buffer_.get(), bytes.data(), bytes.size());
  end_ = bytes.size();
  any_ = true;
  return {What::other, {}};
}

void Http1OriginExchange::make_buffer() {
  if (buffer_) return;
  buffer_ = std::make_unique_for_overwrite<char[]>(kFirstBufferBytes);
  room_ = kFirstBufferBytes;
}

asio::awaitable<Io> Http1OriginExchange::write(std::span<const std::string_view> pieces,
                                               Stream::WriteLimits limits) {
  sent_whole_ = false;
  co_return co_await stream_->write(pieces, limits);
}

asio::awaitable<Io> Http1OriginExchange::send_head(http::RequestLine line,
                                                   const http::Fields& fields,
                                                   const http::Framing& framing,
                                                   Stream::WriteLimits limits) {
  chunked_ = framing.kind == http::Framing::Kind::chunked;
  std::string head;
  http::append_request(head, line, fields, framing);
  // RFC 9110 section 10.1.4: TE concerns one connection only.
  if (fields.has("te") && !fields.has("connection"))
    head.insert(head.size() - 2, "Connection: TE\r\n");
  const std::array<std::string_view, 1> pieces{head};
  const Io sent = co_await write(pieces, limits);
  sent_whole_ = sent == Io::ok && !framing.has_body();
  co_return sent;
}

asio::awaitable<Io> Http1OriginExchange::send_body(std::string_view bytes,
                                                   Stream::WriteLimits limits) {
  const std::string head = chunked_ ? http::chunk_head(bytes.size()) : std::string();
  const std::array<std::string_view, 3> pieces{head, bytes, chunked_ ? "\r\n" : ""};
  co_return co_await write(pieces, limits);
}

asio::awaitable<Io> Http1OriginExchange::finish(const http::Fields& trailers,
                                                Stream::WriteLimits limits) {
  Io sent = Io::ok;
  if (chunked_) {
    std::string end;
    http::append_last_chunk(end, trailers);
    const std::array<std::string_view, 1> pieces{end};
    sent = co_await write(pieces, limits);
  }
  sent_whole_ = sent == Io::ok;
  co_return sent;
}

asio::awaitable<Io> Http1OriginExchange::read_more(Instant deadline) {
  if (ended_ != Io::ok) co_return ended_;
  if (stream_->is_cancelled()) co_return Io::cancelled;  // which may never have to wait
  make_buffer();
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == room_) make_room();
  const std::span<char> room(buffer_.get() + end_, room_ - end_);
  const auto read = co_await stream_->read_some(room, deadline);
  if (read.outcome == Io::ok) {
    end_ += read.size;
    any_ = true;
  }
  co_return read.outcome;
}

/// What is unread at the front of the buffer, and if it is all of it, of a larger one.
void Http1OriginExchange::make_room() {
  if (begin_ == 0) {
    auto larger = std::make_unique_for_overwrite<char[]>(kMostBufferBytes);
    std::memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    room_ = kMostBufferBytes;
    return;
  }
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
}

asio::awaitable<OriginExchange::Head> Http1OriginExchange::read_head(http::ResponseTo request,
                                                                     Instant deadline) {
  http::ResponseParser parser(request);
  make_buffer();
  // The head begins at the buffer's front, so that a whole one always fits.
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  for (;;) {
    const auto progress = parser.parse(unread());
    if (progress == http::Progress::failed) co_return Head::malformed;
    if (progress == http::Progress::done) {
      begin_ += parser.size();
      head_ = std::move(parser.head());
      co_return take_head(parser.size());
    }
    if (std::exchange(interrupted_, false)) co_return Head::interrupted;
    if (abandoned_) co_return Head::nothing;
    const auto outcome = co_await read_more(deadline);
    if (outcome == Io::ok || interrupted_) continue;
    if (outcome == Io::timed_out) co_return Head::timed_out;
    co_return any_ ? Head::malformed : Head::nothing;
  }
}

OriginExchange::Head Http1OriginExchange::take_head(std::size_t bytes) {
  if (head_.status >= 200 || head_.status == 101) {
    early_ = !sent_whole_;
    body_.emplace(head_.framing);
    return Head::ok;
  }
  interim_bytes_ += bytes;
  const bool too_many =
      ++interim_responses_ > kMaxInterimResponses || interim_bytes_ > kMaxInterimBytes;
  return too_many ? Head::malformed : Head::interim;
}

void Http1OriginExchange::interrupt() {
  interrupted_ = true;
  stream_->stop_reading();
}

void Http1OriginExchange::abandon() {
  abandoned_ = true;
  stream_->cancel();
}

asio::awaitable<OriginExchange::Piece> Http1OriginExchange::read_body(
    std::chrono::milliseconds patience) {
  for (;;) {
    const auto step = body_->step(unread());
    begin_ += step.consumed;
    if (body_->failed()) co_return Piece{Io::failed, {}};
    if (!step.data.empty()) co_return Piece{Io::ok, step.data};
    if (body_->done()) co_return Piece{};
    const auto outcome = co_await read_more(Clock::now() + patience);
    if (outcome == Io::ok) continue;
    if (outcome == Io::closed && body_->end_of_input()) co_return Piece{};
    co_return Piece{outcome, {}};
  }
}

std::unique_ptr<Stream> Http1OriginExchange::release() {
  const bool whole = sent_whole_ && !early_ && !abandoned_ && body_ && body_->done() &&
                     head_.keep_alive && head_.status != 101 && begin_ == end_;
  return whole ? std::move(stream_) : nullptr;
}

}  // namespace meridian::edge

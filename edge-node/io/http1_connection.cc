#include "edge-node/io/http1_connection.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "edge-node/http/write_http1.h"
#include "edge-node/io/tunnel.h"
#include "edge-node/request/handle.h"
#include "edge-node/request/local_answer.h"
#include "edge-node/request/refusal.h"

namespace meridian::edge {
namespace {

constexpr std::size_t kSmallBuffer = 4 * 1024;  // enough for nearly every head
constexpr std::size_t kBodyBuffer = 16 * 1024;
constexpr std::size_t kBehindHead = 8 * 1024;  // room in a buffer that holds the largest head
constexpr std::size_t kMostParsers = 64;
constexpr int kMaxReads = 8;          // in a row, before others get their turn
constexpr unsigned kMaxRequests = 8;  // the same, that a coroutine serves
/// For a visitor to read a last answer: without a byte from it, and in all.
constexpr std::chrono::seconds kLinger{1}, kLongestLinger{5};
/// The part of it that looks like a request.
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\n";

/// An answer from its beginning. How many of `pieces` it takes.
std::size_t hit_pieces(const Hit& hit, std::string_view changing,
                       std::span<std::string_view> pieces) {
  std::size_t count = 0;
  pieces[count++] = hit.head->http1;
  pieces[count++] = changing;
  for (const auto& chunk : hit.object->body) pieces[count++] = chunk->bytes;
  return count;
}

}  // namespace

Http1Connection::Http1Connection(Stream& stream, Connections::Member& member,
                                 const Visitor& visitor, WorkerContext& worker,
                                 const VisitorLimits& limits, Waker& waker)
    : stream_(stream),
      member_(member),
      visitor_(visitor),
      worker_(worker),
      limits_(limits),
      waker_(waker),
      idle_since_(Clock::now()) {
  member_.set_visit(this);
}

asio::awaitable<Http1Connection::Served> Http1Connection::serve() {
  // No co_await in a loop's condition: g++ 12.2 destroys its temporaries twice.
  for (unsigned requests = 1;; ++requests) {
    Next first = Next::request;
    if (waited_ || begin_ == end_) {
      if (!waited_ && waits_for_request()) co_return Served::idle;
      first = co_await take_up(*std::exchange(waited_, std::nullopt));
      if (first == Next::wait) continue;
    }
    if (first == Next::request && !std::exchange(has_head_, false)) first = co_await read_head();
    if (first == Next::close) break;
    if (quick_) {
      co_await quick_->finish();
      quick_.reset();
    } else {
      co_await handle(*this, worker_);
    }
    const Next then = co_await finish_request();
    if (then == Next::close) break;
    if (requests % kMaxRequests == 0)
      co_await asio::post(worker_.loop.context, asio::use_awaitable);  // others get their turn
  }
  co_return is_http2_ ? Served::http2 : Served::done;
}

asio::awaitable<Io> Http1Connection::read_more(Instant deadline) {
  if (stream_.is_cancelled()) co_return Io::cancelled;
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == buffer_.size() && begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ == buffer_.size())
    buffer_.resize(
        std::clamp(buffer_.size() * 2, kSmallBuffer, limits_.header.head_bytes + kBehindHead));
  const auto read = co_await stream_.read_some(std::span(buffer_).subspan(end_), deadline);
  if (read.outcome == Io::ok) end_ += read.size;
  co_return read.outcome;
}

/// Hits are answered meanwhile. False: there is something to do, as `waited_` says.
bool Http1Connection::waits_for_request() {
  buffer_ = {};
  give_back_parser();
  begin_ = end_ = 0;
  idle_since_ = Clock::now();
  waited_ = stream_.serve_without_coroutine(*this);
  waits_ = !waited_;
  return waits_;
}

void Http1Connection::on_served(Io outcome) {
  waits_ = false;
  waited_ = outcome;
  waker_.wake();
}

/// After a wait that ended so.
asio::awaitable<Http1Connection::Next> Http1Connection::take_up(Io waited) {
  if (unsent_hit_) co_await finish_hit();
  if (quick_ && waited == Io::timed_out) co_return Next::request;  // of the origin
  // A quick answer may have come just as its time was up.
  if (waited == Io::timed_out && Clock::now() < input_deadline()) co_return Next::wait;
  if (waited != Io::ok || broken_) co_return Next::close;
  if (begin_ != end_ || has_head_) co_return Next::request;
  co_await asio::post(worker_.loop.context, asio::use_awaitable);  // others get their turn
  co_return Next::wait;
}

std::unique_ptr<http::RequestParser> Http1Connection::spare_parser() {
  auto& spare = worker_.parsers;
  if (spare.empty()) return std::make_unique<http::RequestParser>();
  auto parser = std::move(spare.back());
  spare.pop_back();
  return parser;
}

void Http1Connection::give_back_parser() {
  if (parser_ && worker_.parsers.size() < kMostParsers)
    worker_.parsers.push_back(std::move(parser_));
  parser_.reset();
}

bool Http1Connection::on_input() {
  auto& buffer = worker_.read_buffer;
  for (int reads = 0; reads < kMaxReads; ++reads) {
    const auto read = stream_.read_now(buffer);
    if (read.outcome != Io::ok) {
      broken_ = true;
      return false;
    }
    if (read.size == 0) return true;
    idle_since_ = Clock::now();
    auto& parser = *worker_.parser;
    for (std::string_view bytes(buffer.data(), read.size); !bytes.empty();) {
      parser.reset();
      parser.use(limits_.header);
      const bool whole = parser.parse(bytes) == http::Progress::done;
      Miss miss;
      if (whole && answer_hit(parser.head(), &miss)) {
        any_request_ = true;
        bytes.remove_prefix(parser.size());
        if (!unsent_hit_ && !broken_) continue;
      } else if (whole && parser.size() == bytes.size()) {
        parser_ = std::exchange(worker_.parser, spare_parser());
        take_head();
        return !miss.key.empty() && fetch_quickly(std::move(miss));
      }
      buffer_.assign(bytes.begin(), bytes.end());
      end_ = bytes.size();
      return false;
    }
  }
  return false;
}

/// Of what came at `idle_since_`. True: the origin will answer, or has failed to; on_quick_end()
/// tells.
bool Http1Connection::fetch_quickly(Miss miss) {
  quick_ = QuickFetch::begin(*this, worker_, *this, std::move(miss), idle_since_);
  return is_busy();
}

QuickFetch::Asker::Sent Http1Connection::send_now(std::string_view body) {
  const std::array<std::string_view, 2> pieces{head_, bodiless_ ? std::string_view() : body};
  const auto wrote = stream_.write_now(pieces);
  broken_ = wrote.outcome != Io::ok;
  const auto of_head = std::min(wrote.size, head_.size());
  const auto rest = pieces[1].substr(wrote.size - of_head);
  head_.erase(0, of_head);
  head_ += rest;
  if (broken_) return Sent::failed;
  return head_.empty() ? Sent::all : Sent::some;
}

void Http1Connection::on_quick_end(Instant now) {
  if (!quick_->is_done() || !keep_alive_ || broken_ || stream_.has_input()) return stream_.go_on();
  quick_.reset();
  has_head_ = false;
  give_back_parser();
  idle_since_ = now;
}

std::optional<Instant> Http1Connection::idle_since() const {
  const bool idle = waits_ && !quick_ && !unsent_hit_ && !has_head_ && begin_ == end_;
  return idle ? std::optional(idle_since_) : std::nullopt;
}

void Http1Connection::on_drain(Instant now) {
  if (const auto since = idle_since(); since && now - *since >= Connections::kQuiet)
    stream_.cancel();
}

/// False: it is none; `miss` as find_hit() says.
bool Http1Connection::answer_hit(const http::RequestHead& request, Miss* miss) {
  constexpr std::size_t kMaxChunks = 14;
  const auto hit = find_hit(request, visitor_, worker_, http::Version::http11, miss);
  if (!hit || hit->object->body.size() > kMaxChunks) return false;
  const auto text = hit->text();
  auto& changing = worker_.write_buffer;
  changing.clear();
  changing += "Age: ";
  changing += text.age_text();
  changing += "\r\nCache-Status: ";
  changing += text.cache_status_text();
  changing += "\r\n\r\n";
  std::array<std::string_view, kMaxChunks + 2> pieces;
  const auto count = hit_pieces(*hit, changing, pieces);
  const auto wrote = stream_.write_now({pieces.data(), count});
  broken_ = wrote.outcome != Io::ok;
  if (!broken_ && wrote.size < hit->head->http1.size() + changing.size() + hit->object->body_bytes)
    unsent_hit_ = std::make_unique<UnsentHit>(
        UnsentHit{*hit, worker_.slot.hold(), request, changing, wrote.size});
  else
    note_hit(*hit, request, visitor_, worker_, idle_since_,
             {.bytes = broken_ ? 0 : hit->object->body_bytes, .complete = !broken_});
  return true;
}

/// The visitor takes less than there is: waits for it.
asio::awaitable<void> Http1Connection::finish_hit() {
  const auto unsent = std::move(unsent_hit_);
  std::vector<std::string_view> pieces(unsent->hit.object->body.size() + 2);
  (void)hit_pieces(unsent->hit, unsent->changing, pieces);
  auto skip = unsent->written;
  for (auto& piece : pieces) {
    const auto part = std::min(skip, piece.size());
    piece.remove_prefix(part);
    skip -= part;
  }
  send_pace_.reset();
  const bool sent = co_await write(pieces);
  note_hit(unsent->hit, unsent->request, visitor_, worker_, idle_since_,
           {.bytes = sent ? unsent->hit.object->body_bytes : 0, .complete = sent});
}

asio::awaitable<Http1Connection::Next> Http1Connection::read_head() {
  if (!parser_) parser_ = spare_parser();
  parser_->reset();
  parser_->use(limits_.header);
  const Instant deadline = Clock::now() + limits_.head;
  for (;;) {
    const auto progress = parser_->parse(unread());
    if (progress == http::Progress::done) break;
    if (progress == http::Progress::failed) {
      is_http2_ = !any_request_ && !visitor_.tls && unread().starts_with(kHttp2Preface);
      if (is_http2_) co_return Next::close;
      co_await refuse(parser_->error_status(), parser_->fault(), parser_->error());
      co_return Next::close;
    }
    const auto outcome = co_await read_more(deadline);
    if (outcome == Io::timed_out) {
      worker_.counters.timeouts.add();
      co_await refuse(408, http::Fault::too_slow, "the request's head came too slowly");
    }
    if (outcome != Io::ok) co_return Next::close;
  }
  begin_ += parser_->size();
  take_head();
  has_head_ = false;
  co_return Next::request;
}

/// `parser_` has read one.
void Http1Connection::take_head() {
  has_head_ = true;
  any_request_ = true;
  const auto& head = parser_->head();
  body_.emplace(head.framing);
  body_pace_.emplace(limits_);
  send_pace_.reset();
  answers_ = false;
  continue_due_ = head.expect_continue && head.framing.has_body();
  keep_alive_ = head.keep_alive;
  head_.clear();
}

/// An answer to what could not be read as a request; then no more.
asio::awaitable<void> Http1Connection::refuse(int status, http::Fault fault, std::string_view why) {
  count_refusal(status, fault, worker_);
  keep_alive_ = false;
  body_.reset();
  const auto answer = plain_answer(status);
  parser_->head().method.clear();
  http::Fields fields = answer.fields;
  fields.add("Server", "meridian");
  const http::Framing framing{http::Framing::Kind::length, answer.body.size()};
  send_head(status, fields, framing);
  const bool sent = co_await send_body(answer.body);
  log_refusal({.protocol = "-",
               .status = status,
               .fault = fault,
               .why = why,
               .bytes = answer.body.size(),
               .complete = sent},
              visitor_, worker_);
  if (sent) co_await linger();
}

asio::awaitable<VisitorExchange::Piece> Http1Connection::read_body() {
  for (;;) {
    const auto step = body_->step(unread());
    begin_ += step.consumed;
    if (body_->failed()) {
      worker_.counters.bad_requests[static_cast<std::size_t>(http::Fault::body)].add();
      keep_alive_ = false;
      co_return Piece{Io::failed, {}};
    }
    if (!step.data.empty()) {
      worker_.counters.bytes_received.add(step.data.size());
      body_pace_->moved(step.data.size());
      co_return Piece{Io::ok, step.data};
    }
    if (body_->done()) co_return Piece{};
    if (continue_due_) {
      const http::Fields none;
      const bool sent = co_await send_interim(100, none);
      if (!sent) co_return Piece{Io::closed, {}};
    }
    if (buffer_.size() < kBodyBuffer) buffer_.resize(kBodyBuffer);
    const auto begin = Clock::now();
    auto deadline = std::min(begin + limits_.body_stall, body_pace_->deadline(begin));
    if (answers_) deadline = Instant::max();
    const auto outcome = co_await read_more(deadline);
    if (outcome == Io::ok) {
      body_pace_->waited(Clock::now() - begin);
      continue;
    }
    if (outcome == Io::cancelled) co_return Piece{outcome, {}};
    if (outcome == Io::timed_out) worker_.counters.timeouts.add();
    keep_alive_ = false;
    co_return Piece{outcome, {}};
  }
}

asio::awaitable<bool> Http1Connection::send_interim(int status, const http::Fields& fields) {
  if (status == 100 ? !std::exchange(continue_due_, false)
                    : parser_->head().version == http::Version::http10)
    co_return true;
  std::string head;
  http::append_response(head, status, fields, http::Framing(), http::Persistence::keep_alive);
  const std::array<std::string_view, 1> pieces{head};
  const bool sent = co_await write(pieces);
  co_return sent;
}

/// The rest of the request's body has come, or is little: no reason to give the connection up.
bool Http1Connection::body_ends_soon() const {
  if (!body_ || body_->done()) return true;
  if (const auto left = body_->bytes_left()) return *left <= limits_.drained_body_bytes;
  http::BodyDecoder rest = *body_;
  std::string_view input = unread();
  while (!input.empty() && !rest.done() && !rest.failed())
    input.remove_prefix(rest.step(input).consumed);
  return rest.done();
}

void Http1Connection::send_head(int status, const http::Fields& fields,
                                const http::Framing& framing) {
  using Kind = http::Framing::Kind;
  const auto& request = parser_->head();
  http::Framing sent = framing;
  if (framing.kind == Kind::until_close) {
    chunked_ = request.version != http::Version::http10;
    if (chunked_)
      sent.kind = Kind::chunked;
    else
      keep_alive_ = false;
  } else {
    chunked_ = false;
  }
  bodiless_ = request.method == "HEAD" || status == 204 || status == 304;
  // A visitor that was not told to go on may send its body or not: nobody could tell which. One
  // that sends on and on is told to stop.
  if (std::exchange(continue_due_, false) || !body_ends_soon() || member_.is_leaving())
    keep_alive_ = false;
  answers_ = true;
  head_.clear();
  http::append_response(head_, status, fields, sent,
                        keep_alive_ ? http::Persistence::keep_alive : http::Persistence::close);
  if (keep_alive_ && request.version == http::Version::http10)
    head_.insert(head_.size() - 2, "Connection: keep-alive\r\n");
  send_pace_.emplace(limits_);
}

/// One at a time: who reads the request's body may have to say something, too.
asio::awaitable<bool> Http1Connection::write(std::span<const std::string_view> pieces) {
  std::uint64_t bytes = 0;
  for (const auto piece : pieces) bytes += piece.size();
  while (writing_) {
    if (!written_) written_ = std::make_unique<Notice>(worker_.loop);
    const bool ended = co_await written_->wait(Instant::max());
    if (!ended || broken_) co_return false;
  }
  if (!send_pace_) send_pace_.emplace(limits_);
  send_pace_->moved(bytes);
  const auto begin = Clock::now();
  const Stream::WriteLimits limits{.stall = limits_.send_stall,
                                   .deadline = send_pace_->deadline(begin),
                                   .least = least_bytes(limits_)};
  writing_ = true;
  const auto outcome = co_await stream_.write(pieces, limits);
  writing_ = false;
  send_pace_->waited(Clock::now() - begin);
  if (written_) written_->give();
  if (outcome == Io::timed_out) worker_.counters.timeouts.add();
  if (outcome != Io::ok) broken_ = true;
  co_return outcome == Io::ok;
}

asio::awaitable<bool> Http1Connection::send_body(std::string_view bytes) {
  if (bodiless_ || bytes.empty()) co_return true;
  const std::string size = chunked_ ? http::chunk_head(bytes.size()) : std::string();
  const std::array<std::string_view, 4> pieces{head_, size, bytes, chunked_ ? "\r\n" : ""};
  const bool sent = co_await write(pieces);
  head_.clear();
  co_return sent;
}

asio::awaitable<bool> Http1Connection::finish(const http::Fields* trailers) {
  std::string last;
  if (chunked_ && !bodiless_) {
    // RFC 9110 section 6.5.1: only to who says that it keeps them.
    if (trailers && parser_->head().fields.has_word("te", "trailers"))
      http::append_last_chunk(last, *trailers);
    else
      last = http::kLastChunk;
  }
  if (head_.empty() && last.empty()) co_return true;
  const std::array<std::string_view, 2> pieces{head_, last};
  const bool sent = co_await write(pieces);
  head_.clear();
  co_return sent;
}

/// After an answer: is the connection fit for another request?
asio::awaitable<Http1Connection::Next> Http1Connection::finish_request() {
  if (broken_) co_return Next::close;
  if (!keep_alive_) {
    co_await linger();
    co_return Next::close;
  }
  // What the answer did not wait for has to be read, up to a bound, and not for ever.
  answers_ = false;
  for (std::size_t drained = 0; !body_->done();) {
    co_await asio::post(worker_.loop.context, asio::use_awaitable);  // others get their turn
    const auto piece = co_await read_body();
    drained += piece.bytes.size();
    if (piece.outcome != Io::ok || drained > limits_.drained_body_bytes) {
      co_await linger();
      co_return Next::close;
    }
  }
  co_return Next::request;
}

/// Closing with unread input would reset the connection and might take the answer back (RFC 9112
/// section 9.6): say that no more comes, and read for a moment.
asio::awaitable<void> Http1Connection::linger() {
  stream_.shutdown_write();
  if (buffer_.empty()) buffer_.resize(kSmallBuffer);
  const auto end = Clock::now() + kLongestLinger;
  for (int reads = 1;; ++reads) {
    const auto now = Clock::now();
    const auto read = co_await stream_.read_some(buffer_, std::min(end, now + kLinger));
    if (read.outcome != Io::ok || now >= end) break;
    if (reads % kMaxReads == 0)
      co_await asio::post(worker_.loop.context, asio::use_awaitable);  // others get their turn
  }
}

asio::awaitable<void> Http1Connection::tunnel(const http::Fields& head_fields, Stream& origin,
                                              std::string_view from_origin) {
  std::string head;
  http::append_response(head, 101, head_fields, http::Framing(), http::Persistence::keep_alive);
  const std::array<std::string_view, 2> pieces{head, from_origin};
  broken_ = true;  // whatever happens, no request follows
  const bool sent = co_await write(pieces);
  if (!sent) co_return;
  const std::string early(unread());
  begin_ = end_ = 0;
  co_await run_tunnel(stream_, origin, early, limits_);
}

}  // namespace meridian::edge

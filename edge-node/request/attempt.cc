#include "edge-node/request/attempt.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "edge-node/http/conditional.h"
#include "edge-node/request/fetch.h"

// GCC 12 mistakes the allocation of coroutines' frames for a mismatch where it inlines them.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace meridian::edge {
namespace {

/// How long an origin that stopped reading a body is listened to for its reason.
constexpr std::chrono::milliseconds kEarlyAnswer{1000};
/// And one that was asked whether it wants the body, for its word (RFC 9110 section 10.1.1).
constexpr std::chrono::milliseconds kContinuePatience{1000};

constexpr unsigned kPiecesInARow = 8;

VisitorFault fault_of(const VisitorExchange::Piece& piece, std::uint64_t room) {
  if (piece.outcome == Io::timed_out) return VisitorFault::too_slow;
  if (piece.outcome != Io::ok) return VisitorFault::broke_off;
  return piece.bytes.size() > room ? VisitorFault::too_large : VisitorFault::none;
}

/// The visitor's body as it comes.
asio::awaitable<Upload::State> pump(Upload& upload, const FetchPlan& plan,
                                    Stream::WriteLimits limits) {
  using State = Upload::State;
  for (unsigned pieces = 1; !upload.stopping; ++pieces) {
    // Others get their turn, who reads the answer too, when neither side is ever waited for.
    if (pieces % kPiecesInARow == 0) co_await asio::post(upload.loop.context, asio::use_awaitable);
    const auto piece = co_await upload.visitor.read_body();
    if (piece.outcome == Io::cancelled && (upload.stopping || upload.answered))
      co_return State::stopped;
    // From now on it is the answer that must not pause for ever.
    if (piece.outcome == Io::timed_out && upload.answered) continue;
    upload.begun = upload.begun || piece.outcome == Io::ok;
    upload.fault = fault_of(piece, upload.room);
    if (upload.fault != VisitorFault::none) co_return State::visitor_failed;
    upload.room -= piece.bytes.size();
    if (upload.stopping) co_return State::stopped;
    upload.moved = Clock::now();
    if (piece.bytes.empty()) {
      http::Fields trailers = upload.visitor.trailers();
      if (plan.clean_trailers) plan.clean_trailers(trailers);
      const Io sent = co_await upload.origin.finish(trailers, limits);
      co_return sent == Io::ok ? State::whole : State::refused;
    }
    const Io sent = co_await upload.origin.send_body(piece.bytes, limits);
    if (sent != Io::ok) co_return State::refused;
    upload.moved = Clock::now();
  }
  co_return State::stopped;
}

enum class Wish : std::uint8_t { known, asked };

/// Everything that it uses outlives it: see stop_upload().
asio::awaitable<void> run(std::shared_ptr<Upload> upload, const FetchPlan& plan, Wish wish,
                          Stream::WriteLimits limits) {
  if (wish == Wish::asked) (void)co_await upload->go_on.wait(Clock::now() + kContinuePatience);
  upload->state = co_await pump(*upload, plan, limits);
  upload->moved = Clock::now();
  if (upload->state == Upload::State::visitor_failed) upload->origin.abandon();
  if (!upload->answered) upload->origin.interrupt();  // it waits for other things now
  upload->ended.give();
}

bool has_body(const FetchPlan& plan) { return plan.visitor && plan.framing.has_body(); }

/// gRPC is of HTTP/2 alone.
bool can_converse(const FetchPlan& plan) { return plan.pool->protocol == OriginProtocol::http2; }

bool is_gone(const FetchPlan& plan) { return plan.visitor && plan.visitor->is_gone(); }

/// The visitor is waited for, not the origin.
bool is_uploading(const Fetched& fetched) {
  return fetched.upload && fetched.upload->state == Upload::State::running;
}

/// How long to wait for a head, if nothing else comes to pass.
Instant head_deadline(const FetchPlan& plan, const Fetched& fetched, Io sent, Instant sent_at) {
  using State = Upload::State;
  const Upload* upload = fetched.upload.get();
  if (is_uploading(fetched)) return fetched.deadline;
  // An origin may refuse a body with an answer: listen also when it took no more of it.
  const bool refused = sent != Io::ok || (upload && upload->state == State::refused);
  const auto patience =
      refused ? std::chrono::milliseconds(kEarlyAnswer) : plan.pool->first_byte_timeout;
  return std::min(fetched.deadline, (upload ? upload->moved : sent_at) + patience);
}

Attempt to_attempt(OriginExchange::Head read) {
  switch (read) {
    case OriginExchange::Head::refused:
      return Attempt::refused;
    case OriginExchange::Head::nothing:
      return Attempt::nothing;
    case OriginExchange::Head::timed_out:
      return Attempt::timed_out;
    case OriginExchange::Head::unsendable:
      return Attempt::exhausted;
    default:
      return Attempt::malformed;
  }
}

asio::awaitable<void> take_interim(WorkerContext& worker, const FetchPlan& plan, Fetched& fetched) {
  auto& head = fetched.exchange->head();
  if (head.status == 100 && fetched.upload) fetched.upload->go_on.give();
  if (!plan.interim) co_return;
  hide_origin(worker, *plan.pool, plan.route.asked_for, head.fields);
  co_await plan.interim->on_interim(std::move(head));
}

}  // namespace

UntilDeparture::UntilDeparture(VisitorExchange* visitor, OriginExchange& origin)
    : visitor_(visitor), origin_(origin) {
  if (visitor_) visitor_->watch_departure(this);
  if (visitor_ && visitor_->is_gone()) origin_.abandon();
}

UntilDeparture::~UntilDeparture() {
  if (visitor_) visitor_->watch_departure(nullptr);
}

asio::awaitable<Attempt> attempt(WorkerContext& worker, const FetchPlan& plan, Fetched& fetched) {
  OriginExchange& exchange = *fetched.exchange;
  const http::RequestLine line{plan.method, plan.target};
  const Stream::WriteLimits limits{.stall = plan.pool->between_bytes_timeout,
                                   .deadline = fetched.deadline};
  if (is_gone(plan)) {
    fetched.visitor_fault = VisitorFault::gone;
    co_return Attempt::visitor_failed;
  }
  const Io sent = co_await exchange.send_head(line, plan.fields, plan.framing, limits);
  const auto sent_at = Clock::now();
  if (sent == Io::ok && has_body(plan)) {
    fetched.upload = std::make_shared<Upload>(worker.loop, *plan.visitor, exchange);
    fetched.upload->room = plan.most_body_bytes;
    if (can_converse(plan)) plan.visitor->let_converse();
    const Wish wish = plan.fields.has("expect") ? Wish::asked : Wish::known;
    asio::co_spawn(worker.loop.context, run(fetched.upload, plan, wish, limits), asio::detached);
  }
  co_return co_await await_answer(worker, plan, fetched, sent, sent_at);
}

asio::awaitable<Attempt> await_answer(WorkerContext& worker, const FetchPlan& plan,
                                      Fetched& fetched, Io sent, Instant sent_at) {
  using Head = OriginExchange::Head;
  OriginExchange& exchange = *fetched.exchange;
  const UntilDeparture until_departure(plan.visitor, exchange);
  const auto to = plan.method == "HEAD" ? http::ResponseTo::head : http::ResponseTo::other;
  for (;;) {
    const auto until = head_deadline(plan, fetched, sent, sent_at);
    std::optional<WaitingForVisitor> not_for_origin;
    if (is_uploading(fetched)) not_for_origin.emplace(worker.fetches);
    const auto read = co_await exchange.read_head(to, until);
    not_for_origin.reset();
    if (read == Head::interim) co_await take_interim(worker, plan, fetched);
    if (read == Head::interim || read == Head::interrupted) continue;
    const bool is_answer =
        read == Head::ok &&
        !http::is_unasked(plan.fields, exchange.head().status, exchange.head().fields);
    if (fetched.upload) fetched.upload->answered = is_answer;
    if (is_answer) co_return Attempt::answered;
    const bool body_failed =
        fetched.upload && fetched.upload->state == Upload::State::visitor_failed;
    co_await stop_upload(fetched);
    if (read == Head::ok) co_return Attempt::unasked;
    if (is_gone(plan)) fetched.visitor_fault = VisitorFault::gone;
    co_return body_failed || is_gone(plan) ? Attempt::visitor_failed : to_attempt(read);
  }
}

asio::awaitable<void> stop_upload(Fetched& fetched) {
  const auto upload = std::exchange(fetched.upload, nullptr);
  if (!upload) co_return;
  if (upload->state == Upload::State::running) {
    upload->stopping = true;
    upload->answered = true;  // nobody waits for a head
    upload->visitor.stop_body();
    upload->origin.abandon();
    upload->go_on.give();
  }
  while (upload->state == Upload::State::running) {
    const bool ended = co_await upload->ended.wait(Instant::max());
    // The loop is being closed: then all that it waits for ends, too.
    if (!ended) co_await asio::post(upload->loop.context, asio::use_awaitable);
  }
  fetched.body_begun = fetched.body_begun || upload->begun;
  fetched.visitor_fault = upload->fault;
}

}  // namespace meridian::edge

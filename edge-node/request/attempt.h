#pragma once

#include <cstdint>
#include <memory>

#include "edge-node/net/notice.h"
#include "edge-node/origin/exchange.h"
#include "edge-node/origin/retry.h"
#include "edge-node/request/context.h"

namespace meridian::edge {

struct FetchPlan;
struct Fetched;

/// A request's body on its way to an origin, by a coroutine of its own: the response is read
/// meanwhile, so that the two sides can talk, and an origin can refuse a body before it has all of
/// it. Shared by who sends and who reads, both on one worker.
struct Upload {
  Upload(const Loop& l, VisitorExchange& v, OriginExchange& o)
      : loop(l), visitor(v), origin(o), moved(Clock::now()), go_on(l), ended(l) {}

  enum class State : std::uint8_t { running, whole, refused, visitor_failed, stopped };

  Loop loop;
  VisitorExchange& visitor;
  OriginExchange& origin;
  State state = State::running;
  bool begun = false;     // some of the body has been taken from the visitor: it is gone
  bool answered = false;  // the response has begun
  bool stopping = false;
  std::uint64_t room = 0;                   // bytes that the body may still have
  VisitorFault fault = VisitorFault::none;  // of State::visitor_failed
  Instant moved;                            // when something of either side did, or when it ended
  Notice go_on;                             // the origin wants the body
  Notice ended;
};

/// While it lives, the origin is let go as soon as the visitor has gone for whom alone it works.
class UntilDeparture final : private VisitorExchange::Departure {
 public:
  /// `visitor` null: others want the answer, too. Both outlive it.
  UntilDeparture(VisitorExchange* visitor, OriginExchange& origin);
  UntilDeparture(const UntilDeparture&) = delete;
  UntilDeparture& operator=(const UntilDeparture&) = delete;
  ~UntilDeparture();

 private:
  void on_departure() override { origin_.abandon(); }

  VisitorExchange* visitor_;
  OriginExchange& origin_;
};

/// The request on one connection, up to the response's head; its body may go on behind that, as
/// `fetched.upload`.
asio::awaitable<Attempt> attempt(WorkerContext& worker, const FetchPlan& plan, Fetched& fetched);
/// The second half of it: the request has gone, `sent` says how.
asio::awaitable<Attempt> await_answer(WorkerContext& worker, const FetchPlan& plan,
                                      Fetched& fetched, Io sent, Instant sent_at);

/// Before `fetched.exchange` goes, or the visitor's exchange: what is left of the request's body is
/// not sent.
asio::awaitable<void> stop_upload(Fetched& fetched);

}  // namespace meridian::edge

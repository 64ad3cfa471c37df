#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "edge-node/h2/session.h"
#include "edge-node/net/notice.h"
#include "edge-node/protect/limits.h"
#include "edge-node/request/context.h"
#include "edge-node/request/exchange.h"
#include "edge-node/request/hit.h"

namespace meridian::edge {

class Http2Exchange;

/// What a stream needs of its connection.
struct Http2Link {
  h2::Session& session;
  WorkerContext& worker;
  const VisitorLimits& limits;
  const Visitor& visitor;
  SiteSeats seats{};

  /// The head of a request has come.
  virtual void on_request(Http2Exchange& exchange) = 0;
  /// The stream is closed: it may be the last that is heard of it.
  virtual void on_stream_closed(Http2Exchange& exchange) = 0;
  /// The session has something to send: with what others have by then.
  virtual void flush_soon() = 0;
  /// By its socket: streams wait without a fault of their own.
  virtual bool is_blocked() const = 0;
  /// The visitor is to have no more streams than those that it has begun.
  virtual void end_connection() = 0;

 protected:
  Http2Link(h2::Session& s, WorkerContext& w, const VisitorLimits& l, const Visitor& v)
      : session(s), worker(w), limits(l), visitor(v) {}
  ~Http2Link() = default;
};

/// One request and its answer on a stream of HTTP/2.
class Http2Exchange final : public VisitorExchange, public h2::Stream, private DeadlineWheel::Item {
 public:
  /// `link` outlives it.
  explicit Http2Exchange(Http2Link& link);
  ~Http2Exchange() override;

  // For the connection.
  /// Reads the head. With a status: not a request, and refuse() is all that may follow.
  h2::Refusal begin();
  void refuse(const h2::Refusal& refusal);
  /// The whole answer, without waiting; noted when the stream is over. False: too large for that.
  /// `start`: when the request was read.
  bool send_hit(const Hit& hit, Instant start);
  /// Nobody is going to call it any more. What it has yet to send is sent.
  void leave();
  /// The connection is gone.
  void lose();

  http::RequestHead& request() override { return request_; }
  const Visitor& visitor() const override { return link_.visitor; }
  SiteSeats& seats() override { return link_.seats; }
  asio::awaitable<Piece> read_body() override;
  void stop_body() override;
  void let_converse() override { may_converse_ = true; }
  std::chrono::milliseconds longest_pause() const override { return link_.limits.tunnel_idle; }
  const http::Fields& trailers() const override { return h2::Stream::trailers(); }
  bool is_gone() const override { return !is_alive(); }
  void watch_departure(Departure* departure) override { departure_ = departure; }
  bool refuse_unseen() override;
  void end_connection() override { link_.end_connection(); }
  asio::awaitable<bool> send_interim(int status, const http::Fields& fields) override;
  void send_head(int status, const http::Fields& fields, const http::Framing& framing) override;
  asio::awaitable<bool> send_body(std::string_view bytes) override;
  asio::awaitable<bool> finish(const http::Fields* trailers) override;
  void abort() override;
  asio::awaitable<void> tunnel(const http::Fields& head_fields, edge::Stream& origin,
                               std::string_view from_origin) override;

  // The connection's own notes.
  std::size_t place = 0;  // among its exchanges
  bool busy = false;      // somebody calls it, or is about to

 private:
  void on_head() override;
  void on_input() override { input_.give(); }
  void on_drained() override { output_.give(); }
  bool is_stopped_at_once() const override { return false; }  // see leave()
  void on_close(h2::Code code) override;
  void on_deadline() override;

  bool is_alive() const { return is_open() && !lost_; }
  /// Waiting does not take time any more: who waited must end.
  bool is_closing() const { return link_.worker.loop.deadlines.closed(); }
  asio::awaitable<Piece> read_input(Instant deadline);
  Instant body_deadline(Instant now) const;
  /// Borrowed bytes have gone into frames. False: too slow, or gone.
  /// `stall`: nothing goes for so long.
  asio::awaitable<bool> wait_until_drained(std::chrono::milliseconds stall, Instant deadline);
  void give_up();
  void tell_departure();
  std::chrono::milliseconds next_look() const;
  struct Activity;
  asio::awaitable<void> pump_to(edge::Stream& origin, Activity& activity);
  asio::awaitable<void> pump_from(edge::Stream& origin, Activity& activity);

  Http2Link& link_;
  Notice input_, output_;
  http::RequestHead request_;
  h2::RequestKind kind_;
  h2::Refusal refusal_;
  std::string websocket_key_;
  std::optional<Pace> body_pace_, send_pace_;
  /// A hit on its way, which the session borrows of.
  struct SentHit {
    Hit hit;
    std::shared_ptr<const Snapshot> snapshot;  // that of the hit's site
    Instant start;
  };
  std::optional<SentHit> hit_;
  Departure* departure_ = nullptr;
  std::uint64_t watched_bytes_ = 0;  // that were sent, ...
  Instant watched_since_;            // ... and since when
  Instant last_deadline_;            // for what is left when nobody calls any more
  bool waits_for_input_ = false;
  bool stopped_ = false;  // that wait
  bool continue_due_ = false;
  bool may_converse_ = false;
  bool has_body_ = false;  // the answer
  bool ended_ = false;     // nothing more is to be sent
  bool closed_well_ = false;
  bool lost_ = false;
};

}  // namespace meridian::edge

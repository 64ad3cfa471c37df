#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/http/body.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/io/connections.h"
#include "edge-node/net/notice.h"
#include "edge-node/protect/limits.h"
#include "edge-node/request/context.h"
#include "edge-node/request/exchange.h"
#include "edge-node/request/hit.h"
#include "edge-node/request/quick_fetch.h"

namespace meridian::edge {

/// A visitor's connection that speaks HTTP/1.x: requests one after the other, pipelined or not.
/// Everything that is particular to that version of HTTP is here and in http/.
class Http1Connection final : public VisitorExchange,
                              private Connections::Visit,
                              private Stream::InputServer,
                              private QuickFetch::Asker {
 public:
  /// Who calls serve().
  class Waker {
   public:
    /// There is something to do after Served::idle: serve() has to be called again. Once; it may
    /// end the connection before it returns.
    virtual void wake() = 0;

   protected:
    ~Waker() = default;
  };
  /// All outlive it.
  Http1Connection(Stream& stream, Connections::Member& member, const Visitor& visitor,
                  WorkerContext& worker, const VisitorLimits& limits, Waker& waker);
  ~Http1Connection() { member_.set_visit(nullptr); }

  enum class Served : std::uint8_t {
    idle,   // it waits for a request, and answers hits meanwhile, without a coroutine
    done,   // either side wants no more
    http2,  // the visitor began with the preface of HTTP/2 (RFC 9113 section 3.3): see unread()
  };
  asio::awaitable<Served> serve();
  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }

  http::RequestHead& request() override { return parser_->head(); }
  const Visitor& visitor() const override { return visitor_; }
  SiteSeats& seats() override { return seats_; }
  asio::awaitable<Piece> read_body() override;
  void stop_body() override { stream_.stop_reading(); }
  std::chrono::milliseconds longest_pause() const override { return limits_.tunnel_idle; }
  const http::Fields& trailers() const override { return body_->trailers(); }
  bool is_gone() const override { return false; }  // who says nothing more may still listen
  void watch_departure(Departure*) override {}     // it is not heard of
  bool refuse_unseen() override { return false; }
  void end_connection() override { keep_alive_ = false; }
  asio::awaitable<bool> send_interim(int status, const http::Fields& fields) override;
  void send_head(int status, const http::Fields& fields, const http::Framing& framing) override;
  asio::awaitable<bool> send_body(std::string_view bytes) override;
  asio::awaitable<bool> finish(const http::Fields* trailers) override;
  void abort() override { broken_ = true; }
  asio::awaitable<void> tunnel(const http::Fields& head_fields, Stream& origin,
                               std::string_view from_origin) override;

 private:
  enum class Next : std::uint8_t { request, wait, close };
  bool waits_for_request();
  asio::awaitable<Next> take_up(Io waited);
  asio::awaitable<Next> read_head();
  // Stream::InputServer: while no request is under way but what quick_ does.
  bool on_input() override;
  void on_served(Io outcome) override;
  bool is_busy() const override { return quick_ && quick_->is_waiting(); }
  Instant input_deadline() const override {
    const Instant idle_until = idle_since_ + limits_.idle;
    return is_busy() ? std::min(quick_->deadline(), idle_until) : idle_until;
  }
  bool answer_hit(const http::RequestHead& request, Miss* miss);
  bool fetch_quickly(Miss miss);
  // Connections::Visit.
  std::optional<Instant> idle_since() const override;
  void on_drain(Instant now) override;
  void on_send_away() override { stream_.cancel(); }
  // QuickFetch::Asker.
  Sent send_now(std::string_view body) override;
  void on_quick_end(Instant now) override;
  void take_head();
  std::unique_ptr<http::RequestParser> spare_parser();
  void give_back_parser();
  asio::awaitable<void> finish_hit();
  asio::awaitable<void> refuse(int status, http::Fault fault, std::string_view why);
  asio::awaitable<Next> finish_request();
  asio::awaitable<void> linger();
  asio::awaitable<Io> read_more(Instant deadline);
  asio::awaitable<bool> write(std::span<const std::string_view> pieces);
  bool body_ends_soon() const;

  Stream& stream_;
  Connections::Member& member_;
  const Visitor& visitor_;
  WorkerContext& worker_;
  const VisitorLimits& limits_;
  Waker& waker_;

  SiteSeats seats_;
  std::vector<char> buffer_;         // while a request is under way
  std::size_t begin_ = 0, end_ = 0;  // what is unread of it
  struct UnsentHit {
    Hit hit;
    std::shared_ptr<const Snapshot> snapshot;  // that of the hit's site
    http::RequestHead request;
    std::string changing;
    std::size_t written;
  };
  std::unique_ptr<UnsentHit> unsent_hit_;
  std::unique_ptr<QuickFetch> quick_;
  std::optional<Io> waited_;  // the wait has ended so; not yet taken up
  bool waits_ = false;        // for a request
  bool has_head_ = false;     // parser_ has a whole one that nobody was told of
  Instant idle_since_;
  std::unique_ptr<http::RequestParser> parser_;  // null between two requests
  std::optional<http::BodyDecoder> body_;        // of the request
  std::optional<Pace> body_pace_, send_pace_;
  std::string head_;                 // of the answer, not yet sent
  std::unique_ptr<Notice> written_;  // while somebody waits for another's write()
  bool writing_ = false;
  bool answers_ = false;   // a head was given to send_head()
  bool chunked_ = false;   // the answer's body
  bool bodiless_ = false;  // the answer has none, whatever is handed over
  bool continue_due_ = false;
  bool keep_alive_ = true;
  bool any_request_ = false;
  bool is_http2_ = false;
  bool broken_ = false;  // nothing more can be said on this connection
};

}  // namespace meridian::edge

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "edge-node/net/session_output.h"
#include "edge-node/origin/exchange.h"
#include "edge-node/origin/gate.h"
#include "edge-node/origin/http2_resets.h"

namespace meridian::edge {

class Http2OriginExchange;

/// A connection to an origin in HTTP/2, shared by the exchanges of one worker. Its coroutine and
/// its exchanges keep it; it ends by itself: when the origin says goodbye or breaks off, or after
/// retire(), with its last exchange.
class Http2OriginConnection final : public std::enable_shared_from_this<Http2OriginConnection>,
                                    private h2::SessionUser,
                                    private SessionOutput::Owner {
 public:
  /// Who wants to know that another exchange might fit in, or that none ever will.
  class Watcher {
   public:
    virtual void on_change() = 0;
    /// Not too many of the origin's connections take no more exchanges and are open still.
    virtual bool may_leave() const = 0;

   protected:
    ~Watcher() = default;
  };

  /// Takes up the conversation on a connection that is made. `stall`: the longest that the origin
  /// may take nothing.
  static std::shared_ptr<Http2OriginConnection> start(const Loop& loop,
                                                      std::unique_ptr<Stream> stream,
                                                      std::chrono::milliseconds stall);
  /// Its place among the origin's connections, for as long as it is open.
  void hold(Admission place) { place_ = std::move(place); }
  /// It counts there no more, though it is open.
  void leave_place() { place_.leave(); }
  bool holds_place() const { return static_cast<bool>(place_); }
  /// No watcher any more, before it goes.
  void watch(Watcher* watcher) { watcher_ = watcher; }

  /// Another exchange may begin now, beside those that are about to.
  bool has_room() const { return !is_over() && session_.can_open_streams(1 + beginning_); }
  /// How many it takes the origin has not said yet.
  bool is_new() const { return !heard_ && !is_over(); }
  /// No exchange will ever begin again.
  bool is_over() const { return retired_ || lost_ || leaving_; }
  /// Not to make room for others: those that are left on it go on for as long as they like.
  bool is_leaving() const { return leaving_ && !lost_; }
  /// And none is left on it.
  bool is_lost() const { return lost_; }
  std::size_t exchanges() const { return exchanges_.size(); }
  Instant idle_since() const { return idle_since_; }

  std::unique_ptr<OriginExchange> open(bool tls);
  /// An exchange with a connection for itself, which ends with it.
  static std::unique_ptr<OriginExchange> open_alone(const Loop& loop,
                                                    std::unique_ptr<Stream> stream,
                                                    std::chrono::milliseconds stall, bool tls);
  /// Ends after the last exchange.
  void retire();
  /// The same where nobody knows what is wrong: an exchange got no answer.
  void doubt();

 private:
  friend class Http2OriginExchange;
  Http2OriginConnection(const Loop& loop, std::unique_ptr<Stream> stream,
                        std::chrono::milliseconds stall);

  h2::Stream* on_open() override { return nullptr; }  // pushes are not allowed
  void on_goaway() override;
  void on_pong() override {}
  void on_flushed() override { end_if_done(); }
  void on_broken(Io why) override;

  asio::awaitable<void> run(std::shared_ptr<Http2OriginConnection> self);
  /// The origin is told that a stream is taken back. After too many no more begin here: if it takes
  /// them for an attack, those that are open are all that it ends.
  void count_reset();
  void leave(Http2OriginExchange& exchange);
  void end_if_done();
  void tell_watcher();

  Loop loop_;
  Admission place_;
  std::unique_ptr<Stream> stream_;
  h2::Session session_;
  SessionOutput output_;
  std::vector<Http2OriginExchange*> exchanges_;
  std::size_t beginning_ = 0;  // of them, those that have not sent their heads
  Watcher* watcher_ = nullptr;
  Instant idle_since_;
  Http2Resets resets_;
  bool heard_ = false;  // anything of the origin; the first is its settings
  bool alone_ = false;
  bool retired_ = false;
  bool leaving_ = false;  // the origin has said goodbye, or is in doubt, or saw many resets
  bool lost_ = false;
};

}  // namespace meridian::edge

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "edge-node/io/connections.h"
#include "edge-node/io/http2_exchange.h"
#include "edge-node/net/session_output.h"
#include "edge-node/protect/http2_budget.h"

namespace meridian::edge {

/// A visitor's connection that speaks HTTP/2. What has been received by one read is dealt with as
/// a whole, and what that leaves to send goes out in one write.
class Http2Connection final : public Http2Link,
                              private h2::SessionUser,
                              private SessionOutput::Owner,
                              private Connections::Visit,
                              private Stream::InputServer,
                              private DeadlineWheel::Item {
 public:
  /// All outlive it.
  /// `streams`: at a time; 0: as by default.
  Http2Connection(Stream& stream, Connections::Member& member, const Visitor& visitor,
                  WorkerContext& worker, const VisitorLimits& limits, std::uint32_t streams);
  ~Http2Connection();

  /// Until either side wants no more. `early`: bytes that have been read before.
  asio::awaitable<void> serve(std::string_view early);

 private:
  // Http2Link.
  void on_request(Http2Exchange& exchange) override { ready_.push_back(&exchange); }
  void on_stream_closed(Http2Exchange& exchange) override;
  void flush_soon() override { output_.flush_soon(); }
  bool is_blocked() const override {
    return output_.is_writing() && !worker.loop.deadlines.closed();  // then nothing goes on
  }
  void end_connection() override { leave(); }
  // h2::SessionUser.
  h2::Stream* on_open() override;
  void on_goaway() override {}
  void on_pong() override;
  // SessionOutput::Owner.
  void on_flushed() override;
  void on_broken(Io why) override;
  // Connections::Visit.
  std::optional<Instant> idle_since() const override;
  void on_drain(Instant) override { leave(); }
  void on_send_away() override { leave(); }
  // Stream::InputServer.
  bool on_input() override;
  Instant input_deadline() const override;
  // DeadlineWheel::Item: a goodbye has taken long enough.
  void on_deadline() override;

  enum class Next : std::uint8_t { read, close };
  Next receive(std::span<const char> bytes);
  bool is_bearable(Instant now);
  void note_fault(std::string_view why);
  Next after_timeout();
  void leave();
  void start(Http2Exchange& exchange);
  asio::awaitable<void> answer(Http2Exchange& exchange);
  void release(Http2Exchange& exchange);
  void flush();
  void say_goodbye();
  void end_streams();
  void lose_all();
  asio::awaitable<void> linger();

  Stream& stream_;
  Connections::Member& member_;
  h2::SessionLimits session_limits_;
  h2::Session session_;
  Http2Budget budget_;
  std::vector<std::unique_ptr<Http2Exchange>> exchanges_;
  std::vector<Http2Exchange*> ready_;  // requests of this batch
  SessionOutput output_;
  std::size_t busy_ = 0;  // exchanges that somebody calls
  Instant idle_since_, head_since_, batch_began_;
  Next next_ = Next::read;
  bool leaving_ = false;    // the first word of a goodbye was said,
  bool last_word_ = false;  // and the second
  bool ended_ = false;      // no more is written
  bool lost_ = false;
};

}  // namespace meridian::edge

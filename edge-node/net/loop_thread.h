#pragma once

#include <functional>
#include <optional>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "edge-node/net/stream.h"

namespace meridian::edge {

/// A thread with an event loop of its own and the deadlines of what waits there.
class LoopThread {
 public:
  LoopThread();
  /// Whoever owns it has called close() and join().
  ~LoopThread();

  asio::io_context& context() { return context_; }
  Loop loop() { return {context_, deadlines_, poller_, handshakes_}; }

  /// `on_tick` runs on the thread, every DeadlineWheel::kTick.
  void start(std::function<void(Instant now)> on_tick);
  /// Ends every wait, now and later, so that all coroutines come to their end. `on_close` runs on
  /// the thread before. Returns at once; once.
  void close(std::function<void()> on_close);
  /// After close(): until the last coroutine has ended.
  void join();

 private:
  /// Each takes a fraction of a millisecond.
  static constexpr unsigned kHandshakesEachRound = 4;

  void tick();

  asio::io_context context_{1};
  Poller poller_{context_};
  DeadlineWheel deadlines_;
  Turns handshakes_{context_, kHandshakesEachRound};
  asio::steady_timer timer_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::function<void(Instant)> on_tick_;
  std::thread thread_;
};

}  // namespace meridian::edge

#include "edge-node/net/loop_thread.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace meridian::edge {

LoopThread::LoopThread()
    : deadlines_(Clock::now()), timer_(context_), work_(asio::make_work_guard(context_)) {}

LoopThread::~LoopThread() = default;

void LoopThread::start(std::function<void(Instant now)> on_tick) {
  on_tick_ = std::move(on_tick);
  tick();
  thread_ = std::thread([this] { context_.run(); });
}

void LoopThread::tick() {
  timer_.expires_after(DeadlineWheel::kTick);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error || deadlines_.closed()) return;
    const auto now = Clock::now();
    deadlines_.advance(now);
    on_tick_(now);
    tick();
  });
}

void LoopThread::close(std::function<void()> on_close) {
  asio::post(context_, [this, on_close = std::move(on_close)] {
    on_close();
    deadlines_.close();
    timer_.cancel();
    work_.reset();
  });
}

void LoopThread::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace meridian::edge

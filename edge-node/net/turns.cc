#include "edge-node/net/turns.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace meridian::edge {

boost::asio::awaitable<void> Turns::take() {
  plan_round();
  if (taken_ < each_round_ && waiting_.empty()) {
    ++taken_;
    co_return;
  }
  const auto wait = [this](Handler handler) { waiting_.push_back(std::move(handler)); };
  co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void()>(
      wait, boost::asio::use_awaitable);
}

/// What is posted now runs after all that is ready now.
void Turns::plan_round() {
  if (std::exchange(planned_, true)) return;
  boost::asio::post(context_, [this] { begin_round(); });
}

void Turns::begin_round() {
  planned_ = false;
  for (taken_ = 0; taken_ < each_round_ && !waiting_.empty(); ++taken_) {
    Handler handler = std::move(waiting_.front());
    waiting_.pop_front();
    std::move(handler)();
  }
  if (!waiting_.empty()) plan_round();
}

}  // namespace meridian::edge

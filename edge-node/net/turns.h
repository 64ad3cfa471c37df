#pragma once

#include <deque>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace meridian::edge {

/// Spreads long computations, such as TLS handshakes, over the rounds of a loop, so that whatever
/// else is ready in a round waits for few of them only. First come, first served. One thread.
class Turns {
 public:
  /// `each_round`: so many go on without the loop's other work in between.
  Turns(boost::asio::io_context& context, unsigned each_round)
      : context_(context), each_round_(each_round) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  /// Returns when it is the caller's turn; also when the loop is being closed.
  boost::asio::awaitable<void> take();

 private:
  using Handler = boost::asio::async_result<std::decay_t<decltype(boost::asio::use_awaitable)>,
                                            void()>::handler_type;
  void begin_round();
  void plan_round();

  boost::asio::io_context& context_;
  const unsigned each_round_;
  unsigned taken_ = 0;  // in this round
  bool planned_ = false;
  std::deque<Handler> waiting_;  // no longer than there are connections
};

}  // namespace meridian::edge

#pragma once

#include <atomic>
#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/base/time.h"
#include "edge-node/cache/fill.h"
#include "edge-node/net/deadline_wheel.h"

namespace meridian::edge {

/// One coroutine waits; any thread rings. A ring that comes before the wait is not lost; several
/// rings may count as one, and a wait may end without one: look again at what was waited for.
class Bell final : public FillListener, public std::enable_shared_from_this<Bell> {
 public:
  explicit Bell(boost::asio::io_context& context) : timer_(context) {}

  void ring();
  /// False: nobody rang before the deadline. On the context's thread.
  boost::asio::awaitable<bool> wait(Instant deadline);

  void on_progress() override { ring(); }

 private:
  std::atomic<bool> rung_{false};
  boost::asio::steady_timer timer_;
};

}  // namespace meridian::edge

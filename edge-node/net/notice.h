#pragma once

#include <optional>

#include <boost/asio/steady_timer.hpp>

#include "edge-node/net/deadline_wheel.h"
#include "edge-node/net/stream.h"

namespace meridian::edge {

/// One coroutine waits for what others on its thread bring about. A word that comes before the
/// wait is not lost; several may count as one: look again at what was waited for.
class Notice final : private DeadlineWheel::Item {
 public:
  explicit Notice(const Loop& loop) : loop_(loop) {}

  void give();
  /// False: nothing came before the deadline, or the loop is being closed.
  asio::awaitable<bool> wait(Instant deadline);

 private:
  void on_deadline() override;

  Loop loop_;
  std::optional<asio::steady_timer> timer_;  // while somebody waits
  bool given_ = false;
};

}  // namespace meridian::edge

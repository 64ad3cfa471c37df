#include "edge-node/net/notice.h"

#include <utility>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace meridian::edge {

void Notice::give() {
  if (std::exchange(given_, true) || !timer_) return;
  timer_->cancel();
}

void Notice::on_deadline() {
  if (timer_) timer_->cancel();
}

asio::awaitable<bool> Notice::wait(Instant deadline) {
  if (std::exchange(given_, false)) co_return true;
  if (loop_.deadlines.closed()) co_return false;
  timer_.emplace(loop_.context, Instant::max());
  loop_.deadlines.arm(*this, deadline);
  boost::system::error_code error;
  co_await timer_->async_wait(asio::redirect_error(asio::use_awaitable, error));
  loop_.deadlines.disarm(*this);
  timer_.reset();
  co_return std::exchange(given_, false);
}

}  // namespace meridian::edge

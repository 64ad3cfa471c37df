#include "edge-node/net/bell.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace meridian::edge {

namespace asio = boost::asio;

void Bell::ring() {
  if (rung_.exchange(true)) return;  // it will be heard, or the wake-up is on its way
  asio::post(timer_.get_executor(), [self = shared_from_this()] { self->timer_.cancel(); });
}

asio::awaitable<bool> Bell::wait(Instant deadline) {
  if (rung_.exchange(false)) co_return true;
  timer_.expires_at(deadline);
  boost::system::error_code error;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
  co_return rung_.exchange(false) || error;
}

}  // namespace meridian::edge

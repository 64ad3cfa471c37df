#include "edge-node/io/tunnel.h"

#include <array>
#include <memory>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace meridian::edge {
namespace {

constexpr std::size_t kBufferBytes = 16 * 1024;
constexpr unsigned kPiecesInARow = 8;

struct Activity {
  Instant last;
};

/// One direction, to its end. Then the other side is told; a broken one ends both.
asio::awaitable<void> pump(Stream& from, Stream& to, Activity& activity,
                           std::chrono::milliseconds idle) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  const std::span<char> room(buffer.get(), kBufferBytes);
  const auto executor = co_await asio::this_coro::executor;
  for (unsigned pieces = 1;; ++pieces) {
    if (pieces % kPiecesInARow == 0) {
      // Others get their turn when neither side is ever waited for.
      co_await asio::post(executor, asio::use_awaitable);
      if (from.is_cancelled() || to.is_cancelled()) break;
    }
    const auto read = co_await from.read_some(room, activity.last + idle);
    const auto now = Clock::now();
    if (read.outcome == Io::timed_out && now < activity.last + idle) continue;  // the other moved
    if (read.outcome == Io::closed) {
      to.shutdown_write();
      co_return;
    }
    if (read.outcome != Io::ok) break;
    activity.last = now;
    const std::array<std::string_view, 1> piece{std::string_view(buffer.get(), read.size)};
    const Stream::WriteLimits limits{.stall = idle, .deadline = Instant::max()};
    const Io written = co_await to.write(piece, limits);
    if (written != Io::ok) break;
  }
  from.cancel();
  to.cancel();
}

}  // namespace

asio::awaitable<void> run_tunnel(Stream& visitor, Stream& origin, std::string_view early,
                                 const VisitorLimits& limits) {
  using namespace asio::experimental::awaitable_operators;
  const std::array<std::string_view, 1> pieces{early};
  const Stream::WriteLimits write_limits{.stall = limits.send_stall, .deadline = Instant::max()};
  const Io written = co_await origin.write(pieces, write_limits);
  if (written != Io::ok) co_return;
  Activity activity{Clock::now()};
  co_await (pump(visitor, origin, activity, limits.tunnel_idle) &&
            pump(origin, visitor, activity, limits.tunnel_idle));
}

}  // namespace meridian::edge

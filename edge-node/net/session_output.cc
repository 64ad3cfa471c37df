#include "edge-node/net/session_output.h"

#include <array>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace meridian::edge {

SessionOutput::SessionOutput(const Loop& loop, Stream& stream, h2::Session& session, Owner& owner,
                             std::chrono::milliseconds stall, std::size_t least)
    : loop_(loop),
      stream_(stream),
      session_(session),
      owner_(owner),
      stall_(stall),
      least_(least),
      nudge_(loop) {}

void SessionOutput::flush() {
  held_ = false;
  if (writing_ || ended_) return;
  for (;;) {
    session_.drain(bytes_, kBytes);
    if (bytes_.empty()) break;
    const std::array<std::string_view, 1> pieces{bytes_};
    const auto wrote = stream_.write_now(pieces);
    if (wrote.outcome != Io::ok) {
      ended_ = true;
      return owner_.on_broken(wrote.outcome);
    }
    bytes_.erase(0, wrote.size);
    if (bytes_.empty()) continue;
    writing_ = true;
    asio::co_spawn(loop_.context, write_rest(), asio::detached);
    return;
  }
  if (session_.open_streams() == 0) bytes_ = std::string();
}

void SessionOutput::flush_soon() {
  if (held_ || posted_ || writing_ || ended_) return;
  posted_ = true;
  asio::post(loop_.context, [this] {
    posted_ = false;
    flush();
    if (!writing_ && !ended_) owner_.on_flushed();
    nudge_.give();
  });
}

void SessionOutput::end() { ended_ = true; }

/// The peer takes less than there is: waits for it.
asio::awaitable<void> SessionOutput::write_rest() {
  while (!bytes_.empty()) {
    const std::array<std::string_view, 1> pieces{bytes_};
    const Stream::WriteLimits limits{.stall = stall_, .deadline = Instant::max(), .least = least_};
    const auto outcome = co_await stream_.write(pieces, limits);
    if (outcome != Io::ok) {
      ended_ = true;
      owner_.on_broken(outcome);
      break;
    }
    bytes_.clear();
    if (!ended_) session_.drain(bytes_, kBytes);
  }
  writing_ = false;
  if (!ended_) owner_.on_flushed();
  nudge_.give();
}

asio::awaitable<void> SessionOutput::wait_for_nudge() {
  const bool nudged = co_await nudge_.wait(Instant::max());
  if (!nudged) co_await asio::post(loop_.context, asio::use_awaitable);  // the loop is being closed
}

}  // namespace meridian::edge

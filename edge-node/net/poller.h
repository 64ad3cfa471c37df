#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/epoll.h>

namespace meridian::edge {

/// Readiness of one loop's sockets, edge-triggered: a socket is registered once for as long as it
/// is open, and waiting for it takes no system call. What is ready is told in batches, by plain
/// calls, so that a worker under load pays for few of the loop's own turns. One thread.
class Poller {
 public:
  /// Of one socket.
  class Watch {
   public:
    /// `events`: EPOLLIN, EPOLLOUT and their like. May remove any watch, this one too.
    virtual void on_events(std::uint32_t events) = 0;

   protected:
    ~Watch() = default;
  };

  explicit Poller(boost::asio::io_context& context);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// The present state is told as if it had just come about. False: errno says why not.
  bool add(int socket, Watch& watch);
  /// No call comes any more. The socket is closed next: that is what ends its registration.
  void forget(const Watch& watch);

  /// Somebody waits: the loop's run() does not return. As many ends as beginnings.
  void begin_wait();
  void end_wait();

 private:
  static constexpr std::size_t kBatch = 256;
  static constexpr int kMaxBatches = 16;  // in a row, before the loop's other work gets its turn

  void arm();
  void dispatch();

  boost::asio::posix::stream_descriptor descriptor_;
  std::array<epoll_event, kBatch> batch_;
  std::span<epoll_event> pending_;  // of the batch, not yet told
  std::size_t waits_ = 0;
  bool armed_ = false;
};

}  // namespace meridian::edge

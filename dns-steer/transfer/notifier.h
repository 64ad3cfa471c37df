#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "dns-steer/query/serving.h"
#include "dns-steer/transfer/notify.h"

namespace meridian::dns {

/// Tells secondaries of new serials (NOTIFY, RFC 1996), from the addresses that this node serves at
/// where it serves at one; a hundred at once at most, so that many zones do not hold up what else
/// its thread does. On the thread of `context` only, which must outlive it; what is atomic,
/// from any.
class Notifier {
 public:
  /// `listen`: where the node serves.
  Notifier(boost::asio::io_context& context, const std::vector<Endpoint>& listen);

  /// Served from now on.
  void serve(const std::shared_ptr<const Serving>& serving);

  std::uint64_t sent() const { return sent_; }
  std::uint64_t answered() const { return answered_; }
  std::uint64_t given_up() const { return given_up_; }
  std::size_t waiting() const { return waiting_; }

 private:
  using udp = boost::asio::ip::udp;
  struct Socket {
    explicit Socket(boost::asio::io_context& context) : socket(context) {}
    udp::socket socket;
    udp::endpoint peer;
    std::array<std::uint8_t, 512> answer{};
  };
  struct Asked {
    std::uint32_t serial = 0;
    std::uint16_t id = 0;
  };

  void work();
  void send(const NotifySchedule::Message& message);
  Socket* socket_for(Family family);
  void receive(Socket& socket);
  void take(Bytes message, const Endpoint& from);

  boost::asio::io_context& context_;
  boost::asio::steady_timer timer_;
  std::array<Endpoint, 2> from_;  // IPv4, IPv6
  std::array<std::unique_ptr<Socket>, 2> sockets_;
  std::shared_ptr<const Serving> serving_;
  bool all_ready_ = false;  // to be fetched, of what it serves
  NotifySchedule schedule_;
  std::map<NotifySchedule::Whom, Asked> asked_;  // the last message to each
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> given_up_{0};
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace meridian::dns

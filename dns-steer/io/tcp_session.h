#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "dns-steer/io/udp_worker.h"

namespace meridian::dns {

/// What the TCP connections of one worker share. On its thread only.
struct TcpShared {
  static constexpr std::size_t kMostSessions = 1'000;

  const ServingSlot& slot;
  WorkerState& state;
  WorkerCounters& counters;
  std::size_t sessions = 0;
  std::vector<std::uint8_t> scratch = std::vector<std::uint8_t>(kMostTcpOctets);
};

/// Serves one connection (RFC 7766): queries one after the other, as many as come; answers in
/// their order. Cut when it is idle for 10 s, takes longer than that over a query or an answer, or
/// does not speak DNS. Lives as long as the connection; `shared` must outlive it.
void serve_tcp(boost::asio::ip::tcp::socket socket, TcpShared& shared);

/// Accepts connections of one socket for ever. At kMostSessions newcomers are closed at once.
void accept_tcp(boost::asio::io_context& context, const Endpoint& endpoint, Descriptor socket,
                TcpShared& shared);

}  // namespace meridian::dns

#pragma once

#include <chrono>
#include <cstddef>

namespace meridian::dns {

/// What the TCP and TLS connections of a program may take.
struct StreamLimits {
  /// Without a query; clients are told it (RFC 7828).
  std::chrono::milliseconds idle{10'000};
  /// From the first octet of a query to its last.
  std::chrono::milliseconds query{5'000};
  /// Until an answer has been taken, with those that came together.
  std::chrono::milliseconds answer{10'000};
  /// For TLS, from the connection to the first query's place.
  std::chrono::milliseconds handshake{5'000};
  /// In all, and of one client network (/24 or /56).
  std::size_t connections = 10'000;
  std::size_t connections_per_client = 1'000;
  /// Queries and answers under way, of one worker's connections together.
  std::size_t buffered_octets = std::size_t{64} << 20;
};

}  // namespace meridian::dns

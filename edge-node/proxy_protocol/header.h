#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/net/address.h"

/// The PROXY protocol, versions 1 and 2 (proxy-protocol.txt of HAProxy): what a proxy says in front
/// of a connection of who has made it. Pure.
namespace meridian::edge {

/// Reads one header, however it is cut. Never asks for a byte that may lie behind the header, for
/// what follows belongs to whoever reads next, TLS for instance.
class ProxyHeaderReader {
 public:
  /// Of version 2, with what follows the addresses; a longer one is refused. Version 1 has 107.
  static constexpr std::size_t kMostBytes = 4096;

  enum class Progress : std::uint8_t { more, done, failed };
  /// `bytes` are the next ones, at most wanted().
  Progress take(std::string_view bytes);
  /// At least 1 while take() says `more`.
  std::size_t wanted() const { return wanted_; }

  /// After `done`. Nothing: the proxy speaks for itself (LOCAL, health checks) or does not know
  /// (UNKNOWN, UNSPEC, sockets of another kind); then the connection's own address counts.
  const std::optional<IpAddress>& client() const { return client_; }

 private:
  Progress more(std::size_t wanted);
  Progress take_v1();
  Progress take_v2();
  Progress end_v1(std::string_view line);
  Progress end_v2();

  std::string held_;
  std::size_t wanted_ = 12;  // the signature of version 2; version 1 is longer too
  std::optional<IpAddress> client_;
};

}  // namespace meridian::edge

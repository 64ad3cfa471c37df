#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/base/time.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/protect/client_counts.h"
#include "edge-node/rules/prefix_set.h"

/// What one visitor may cost (DESIGN 3.5). At each bound the connection is closed, after an
/// answer where one can still be sent, and counted.
namespace meridian::edge {

struct VisitorLimits {
  std::size_t connections = 16'384;                 // of one worker; more are closed at once
  std::optional<std::size_t> all_connections{};     // of all workers, in place of the former
  std::optional<ClientBound> client_connections{};  // of one client, over all workers
  PrefixSet denied{};                               // clients that are served nothing
  http::HeadLimits header{};
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds head{10'000};        // from a request's first byte to its last header
  std::chrono::milliseconds idle{60'000};        // between two requests
  std::chrono::milliseconds idle_kept{1'000};    // of `idle`, whoever needs the place
  std::chrono::milliseconds body_stall{15'000};  // between two reads of a request's body
  std::chrono::milliseconds send_stall{30'000};  // without the visitor taking a byte
  std::chrono::milliseconds tunnel_idle{300'000};
  std::uint64_t least_bytes_per_second = 512;  // of a body, either way, after `pace_grace`
  std::chrono::milliseconds pace_grace{30'000};
  std::size_t drained_body_bytes = 65'536;  // of a body that nobody wanted, to keep the connection
};

/// What a visitor must take of its answer within `send_stall`, at the slowest rate.
constexpr std::size_t least_bytes(const VisitorLimits& limits) {
  return limits.least_bytes_per_second * static_cast<std::size_t>(limits.send_stall.count()) / 1000;
}

/// How slow a visitor may be altogether: one that trickles keeps no connection for ever. What
/// counts is the time that it was waited for. Pure.
class Pace {
 public:
  explicit Pace(const VisitorLimits& limits) : limits_(limits) {}

  void moved(std::uint64_t bytes) { bytes_ += bytes; }
  void waited(Instant::duration time) { waited_ += time; }
  /// Until when so many bytes are enough, if it is waited for from `now` on.
  Instant deadline(Instant now) const {
    const auto earned = std::chrono::milliseconds(bytes_ * 1000 / limits_.least_bytes_per_second);
    return now + limits_.pace_grace + earned - waited_;
  }

 private:
  const VisitorLimits& limits_;
  Instant::duration waited_{};
  std::uint64_t bytes_ = 0;
};

}  // namespace meridian::edge

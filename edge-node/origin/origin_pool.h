#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/net/tls.h"

namespace meridian::edge {

/// One server of a customer. The same object in each snapshot that has it, so that what is known
/// of its health and the idle connections to it outlast a change elsewhere.
struct Origin {
  std::string host;
  std::uint16_t port = 80;
  std::atomic<bool> up{true};  // until probes say otherwise; written by the prober only
};

struct ProbeSettings {
  std::string path = "/";
  std::chrono::milliseconds interval{2000};
  std::chrono::milliseconds timeout{1000};
  unsigned fall = 2;
  unsigned rise = 2;
  std::optional<int> expect_status;
};

/// An OriginPool resource in the form that requests read. Immutable but for its origins' health.
struct OriginPool {
  std::string name;
  std::vector<std::shared_ptr<Origin>> origins;  // never empty
  TlsContext tls;                                // null: plain HTTP
  std::string server_name;                       // empty: the origin's host
  std::string host_header;                       // empty: the visitor's
  ProbeSettings probe;
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds first_byte_timeout{15'000};
  std::chrono::milliseconds between_bytes_timeout{15'000};
  std::size_t max_idle_connections = 64;
};

}  // namespace meridian::edge

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "common/net/address.h"
#include "edge-node/net/peer.h"
#include "edge-node/net/tls.h"
#include "edge-node/origin/choose.h"
#include "edge-node/origin/ejection.h"
#include "edge-node/origin/retry.h"
#include "edge-node/origin/sticky.h"
#include "edge-node/origin/turnstile.h"

namespace meridian::edge {

/// One server of a customer. The same object in each snapshot that has it, so that what is known
/// of its health and the idle connections to it outlast a change elsewhere. Its state is shared by
/// all workers, as atomics.
struct Origin {
  std::string host;
  std::vector<IpAddress> addresses;  // of `host`; none: it is resolved
  std::uint16_t port = 80;
  std::atomic<bool> up{true};             // until probes say otherwise; written by the prober only
  std::atomic<Instant::rep> up_since{0};  // 0: it was never down
  EjectionState ejection;
  Turnstile requests;                   // under way
  Turnstile refills;                    // of these, of what a large purge has ended
  Turnstile connections;                // open, idle ones too
  std::atomic<std::int64_t> credit{0};  // of round robin

  std::string label() const { return host + ":" + std::to_string(port); }
};
using OriginPtr = std::shared_ptr<Origin>;

/// What all workers count of one pool; outlasts changes of its configuration.
struct PoolState {
  RetryBudget budget;
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> refused_retries{0};  // by the budget
  std::atomic<std::uint64_t> ejections{0};
  std::atomic<std::uint64_t> breaker_refusals{0};  // the queue was full, or the wait too long
};

enum class ProbeType : std::uint8_t { http, tcp };

struct ProbeSettings {
  ProbeType type = ProbeType::http;
  std::string path = "/";
  std::string host;  // empty: the pool's host_header, else the origin's host
  std::chrono::milliseconds interval{2000};
  std::chrono::milliseconds timeout{1000};
  unsigned fall = 2;
  unsigned rise = 2;
  std::optional<int> expect_status;
  std::string expect_body;  // empty: any
};

/// Limits for each origin, over all workers; 0: none.
struct BreakerSettings {
  std::uint32_t max_requests = 0;
  std::uint32_t max_connections = 0;
  std::uint32_t max_pending = 1024;
};

enum class HashKey : std::uint8_t { url, client };

/// What the pool says of one of its origins; may change while the Origin stays.
struct OriginShare {
  std::uint32_t weight = 1;
  std::uint32_t tier = 0;
  std::uint64_t hash = 0;
};

/// What is spoken to origins: HTTP/2 by ALPN with TLS, else with prior knowledge.
enum class OriginProtocol : std::uint8_t { http1, http2 };

/// An OriginPool resource in the form that requests read. Immutable but for the state of its
/// origins and its own.
struct OriginPool {
  std::string name;
  std::vector<OriginPtr> origins;   // never empty
  std::vector<OriginShare> shares;  // of each origin
  std::shared_ptr<PoolState> state = std::make_shared<PoolState>();
  /// Edges to ask before the origins, in the form of a pool of their own. Null: none.
  std::shared_ptr<const OriginPool> shield;
  /// Not null: this is a shield; its `origins` are edges, by the names of their nodes.
  std::shared_ptr<const PeerIdentity> peers;
  TlsContext tls;           // null: plain HTTP
  std::string server_name;  // empty: the origin's host
  OriginProtocol protocol = OriginProtocol::http1;
  std::string host_header;  // empty: the visitor's
  struct {
    std::string name;  // empty: none
    std::string value;
  } secret;  // a field that proves that a request comes from an edge
  ProbeSettings probe;
  BalanceMethod balance = BalanceMethod::round_robin;
  HashKey hash_key = HashKey::url;
  std::optional<StickyCookie> sticky;
  EjectionSettings ejection;
  std::chrono::milliseconds slow_start{0};
  std::uint32_t attempts = 3;
  std::uint32_t budget_percent = 20;
  BreakerSettings breaker;
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds first_byte_timeout{15'000};
  std::chrono::milliseconds between_bytes_timeout{15'000};
  std::chrono::milliseconds total_timeout{0};  // 0: none
  std::chrono::milliseconds idle_timeout{60'000};
  std::size_t max_idle_connections = 64;

  bool is_shield() const { return peers != nullptr; }
};

}  // namespace meridian::edge

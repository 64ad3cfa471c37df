#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "edge-node/cache/purge.h"
#include "edge-node/cache/purge_position.h"
#include "edge-node/cache/ram_tier.h"
#include "edge-node/cache/refill_period.h"
#include "edge-node/disk/disk_tier.h"
#include "edge-node/geo/client_places.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/net/stream.h"
#include "edge-node/origin/http2_origins.h"
#include "edge-node/origin/pool.h"
#include "edge-node/origin/resolve.h"
#include "edge-node/protect/client_counts.h"
#include "edge-node/protect/overload.h"
#include "edge-node/request/access_log.h"
#include "edge-node/request/counters.h"
#include "edge-node/request/decision.h"
#include "edge-node/request/encoding.h"
#include "edge-node/request/exchange.h"
#include "edge-node/request/origin_visit.h"
#include "edge-node/request/peer.h"
#include "edge-node/request/snapshot.h"
#include "edge-node/request/spare_memory.h"
#include "edge-node/request/trace_context.h"
#include "edge-node/request/unlogged_probes.h"
#include "edge-node/rules/apply.h"

namespace meridian::edge {

/// Seeded so widely that no two workers of a fleet ever give the same numbers.
inline std::mt19937_64 make_random() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

/// What handling a request needs of its worker. Outlives every request.
struct WorkerContext {
  unsigned index;  // of the worker
  Loop loop;
  const EdgeSlot& slot;
  RamTier& cache;
  disk::DiskTier* disk;  // null: none
  IdleConnections& idle;
  OriginGate& gate;
  Http2Origins& http2_origins;
  Resolver& resolver;
  Counters& counters;
  AccessLog& access_log;
  const std::atomic<bool>& draining;
  /// Another process serves who comes now, and hears of purges: nothing is stored or found here.
  const std::atomic<bool>& handed_over;
  const PurgePosition& purges;
  const RefillPeriod& refills;
  RateLimits& rate_limits;
  ClientCounts& client_counts;
  Overload overload;
  std::size_t fetches = 0;                       // that wait for the head of an answer
  std::shared_ptr<const ClientPlaces> places{};  // null: none are known
  std::mt19937_64 random = make_random();
  Instant next_connection_line{};  // of the access log, about refused connections
  // For what connections read and write within one call; nothing stays there.
  std::vector<char> read_buffer = std::vector<char>(16 * 1024);
  std::string write_buffer{};
  http::Fields fields_to_origin{}, fields_to_visitor{};
  http::ResponseParser response_parser{http::ResponseTo::other};
  std::unique_ptr<http::RequestParser> parser = std::make_unique<http::RequestParser>();
  /// Others, which keep their memory for who takes `parser` along.
  std::vector<std::unique_ptr<http::RequestParser>> parsers{};
  SpareMemory quick_fetches{};
  UnloggedProbes unlogged_probes{};
};

/// One request on its way.
struct Transaction {
  VisitorExchange& exchange;
  WorkerContext& worker;
  std::shared_ptr<const Snapshot> snapshot;
  const Site* site = nullptr;  // of `snapshot`; null: nobody has looked yet, or there is none
  Ruling ruling{};
  SiteSeats::Request seat{};  // among those of its connection
  CacheResult cache_result = CacheResult::none;
  AccessOutcome log{};
  std::unique_ptr<AccessEntry> entry{};          // of the log, but for `log`; null: there is none
  std::unique_ptr<AnswerEncoding> encoding{};    // of the body that is sent; null: as it is
  Effort effort = Effort::passing;               // that an encoding is worth
  std::optional<std::uint64_t> encoded_bytes{};  // the body comes encoded already
  std::optional<PeerRequest> peer{};             // another edge asks, for its visitor
  Instant start{};
  OriginVisit visit{};  // of who was asked for the answer
  std::optional<TraceContext> trace{};
  std::unique_ptr<Decision> decision{};  // null: nobody may know, or wants to

  http::RequestHead& request() { return exchange.request(); }
  /// Who wants to know in the end, whichever edge it came to.
  const IpAddress& client() const { return peer ? peer->client : exchange.visitor().client; }
  /// Where it is fetched from.
  const std::shared_ptr<const OriginPool>& pool() const {
    return ruling.pool ? ruling.pool->pool : site->pool;
  }
  bool is_tls() const { return peer ? peer->tls : exchange.visitor().tls; }
};

}  // namespace meridian::edge

#pragma once

#include <array>

#include "common/observe/metrics.h"
#include "edge-node/http/fault.h"

namespace meridian::edge {

/// How a request met the cache; the `result` label of a metric and a word in the access log.
enum class CacheResult : std::uint8_t {
  none,         // answered by the edge itself
  hit,          // from a stored response
  stale,        // from one past its lifetime: meanwhile revalidated, or the origin fails
  revalidated,  // the origin said that the stored one is still good
  miss,         // fetched
  coalesced,    // waited for another request's fetch
  pass,         // not for the cache
};
inline constexpr std::size_t kCacheResults = 7;
std::string_view cache_result_text(CacheResult result);

/// What one worker counts; read by the metrics server.
struct Counters {
  std::array<WorkerCounter, 6> responses;  // by first digit of the status; [0]: none was sent
  std::array<WorkerCounter, kCacheResults> cache_results;
  WorkerCounter bytes_sent;      // of bodies, to visitors
  WorkerCounter bytes_received;  // of bodies, from visitors
  WorkerCounter encoder_input_bytes;
  WorkerCounter encoder_output_bytes;
  WorkerCounter encoded_hits;  // by a form that was kept
  WorkerCounter connections_accepted;
  WorkerCounter connections_closed;
  WorkerCounter connections_refused;         // at the worker's limit
  WorkerCounter denied;                      // connections and requests of denied clients
  WorkerCounter client_connections_refused;  // their client has as many as it may
  WorkerCounter connections_sent_away;       // idle, for newcomers to find a place
  WorkerCounter connections_shed;            // at overload
  WorkerCounter proxy_headers_refused;
  WorkerCounter handshakes;
  WorkerCounter handshake_failures;
  WorkerCounter tls_floods;  // connections ended for records without data
  std::array<WorkerCounter, http::kFaults> bad_requests;  // by http::Fault
  WorkerCounter timeouts;                                 // visitors too slow
  WorkerCounter h2_connections;
  WorkerCounter h2_protocol_errors;  // connections closed for them, floods among them
  WorkerCounter h2_refused_streams;  // beyond what one connection may have
  WorkerCounter requests_started;
  WorkerCounter requests_finished;
  WorkerCounter origin_fetches;
  WorkerCounter origin_connects;
  WorkerCounter origin_errors;
  WorkerCounter origin_retries;
  WorkerCounter fills;
  WorkerCounter fills_not_stored;
  WorkerCounter fills_from_disk;
  WorkerCounter refills_held;       // fills that waited for their turn after a large purge
  WorkerCounter followers_gave_up;  // they waited too long for the head of a fill
  WorkerCounter shield_fetches;
  WorkerCounter shield_fallbacks;       // of these, to the origins
  WorkerCounter peers_refused;          // they have not proven to be edges
  WorkerCounter peer_requests;          // of other edges, whose shield this one is
  WorkerCounter lagging_peer_requests;  // not from the cache: purges were missing here
  WorkerCounter loops;                  // answered 508
  WorkerCounter answered_by_rules;      // denied, redirected, responded to
  WorkerCounter rate_limited;           // of these, answered 429
  // By the limits of their sites:
  WorkerCounter site_requests_limited;     // answered 429
  WorkerCounter site_connections_limited;  // answered 429
  WorkerCounter site_streams_limited;      // streams refused
  WorkerCounter throttled;                 // pieces of answers that had to wait
  WorkerCounter bodies_too_large;          // answered 413
  WorkerCounter misses_shed;               // answered 503, or stale, at overload
  WorkerCounter unserviceable;             // answered 503 because all origins are down
};

}  // namespace meridian::edge

#include "common/observe/metrics.h"

#include "edge-node/edge.h"

namespace meridian::edge {
namespace {

struct Metric {
  const char* name;
  const char* help;
  WorkerCounter Counters::*counter;
};

/// Counters without labels, each with its line of help.
constexpr Metric kCounters[] = {
    {"meridian_edge_sent_bytes_total", "Bytes of bodies sent to visitors", &Counters::bytes_sent},
    {"meridian_edge_received_bytes_total", "Bytes of bodies received from visitors",
     &Counters::bytes_received},
    {"meridian_edge_encoder_input_bytes_total", "Bytes of bodies that were compressed",
     &Counters::encoder_input_bytes},
    {"meridian_edge_encoder_output_bytes_total", "Bytes that they became",
     &Counters::encoder_output_bytes},
    {"meridian_edge_encoded_hits_total", "Hits sent compressed without compressing again",
     &Counters::encoded_hits},
    {"meridian_edge_connections_total", "Connections accepted", &Counters::connections_accepted},
    {"meridian_edge_connections_refused_total", "Connections closed at the worker's limit",
     &Counters::connections_refused},
    {"meridian_edge_connections_sent_away_total",
     "Idle connections closed for newcomers to find a place", &Counters::connections_sent_away},
    {"meridian_edge_denied_total",
     "Connections and requests refused of clients that the settings deny", &Counters::denied},
    {"meridian_edge_client_connections_refused_total",
     "Connections closed because their client has as many as it may",
     &Counters::client_connections_refused},
    {"meridian_edge_connections_shed_total", "Connections closed at overload",
     &Counters::connections_shed},
    {"meridian_edge_proxy_headers_refused_total",
     "Connections of trusted proxies without a good PROXY header",
     &Counters::proxy_headers_refused},
    {"meridian_edge_tls_handshakes_total", "TLS handshakes completed", &Counters::handshakes},
    {"meridian_edge_tls_handshake_failures_total", "TLS handshakes that failed",
     &Counters::handshake_failures},
    {"meridian_edge_tls_floods_total",
     "Visitors' connections ended for TLS records that brought no data", &Counters::tls_floods},
    {"meridian_edge_visitor_timeouts_total", "Visitors that were too slow", &Counters::timeouts},
    {"meridian_edge_h2_connections_total", "Visitors' connections that speak HTTP/2",
     &Counters::h2_connections},
    {"meridian_edge_h2_protocol_errors_total",
     "Such connections closed for errors of protocol or floods of frames",
     &Counters::h2_protocol_errors},
    {"meridian_edge_h2_refused_streams_total",
     "Streams refused beyond what one connection may have", &Counters::h2_refused_streams},
    {"meridian_edge_origin_fetches_total", "Requests sent on to origins",
     &Counters::origin_fetches},
    {"meridian_edge_origin_connects_total", "New connections to origins",
     &Counters::origin_connects},
    {"meridian_edge_origin_errors_total", "Fetches that failed or broke off",
     &Counters::origin_errors},
    {"meridian_edge_origin_retries_total", "Second attempts at a fetch", &Counters::origin_retries},
    {"meridian_edge_fills_total", "Fetches on behalf of the cache", &Counters::fills},
    {"meridian_edge_fills_not_stored_total", "Such fetches whose response was not for the cache",
     &Counters::fills_not_stored},
    {"meridian_edge_refills_held_total",
     "Such fetches that waited for their turn after a large purge", &Counters::refills_held},
    {"meridian_edge_followers_gave_up_total", "Requests that waited too long behind a fill",
     &Counters::followers_gave_up},
    {"meridian_edge_shield_fetches_total", "Fetches sent to edges of a shield",
     &Counters::shield_fetches},
    {"meridian_edge_shield_fallbacks_total",
     "Such fetches sent on to the origins because no edge of the shield answered",
     &Counters::shield_fallbacks},
    {"meridian_edge_peer_requests_total", "Requests of other edges, whose shield this one is",
     &Counters::peer_requests},
    {"meridian_edge_peer_requests_lagging_total",
     "Such requests kept from the cache because purges were missing here",
     &Counters::lagging_peer_requests},
    {"meridian_edge_peers_refused_total",
     "Connections that claimed to come from an edge and did not", &Counters::peers_refused},
    {"meridian_edge_loops_total", "Requests answered 508: origins lead back to the edges",
     &Counters::loops},
    {"meridian_edge_rule_answers_total",
     "Requests that rules answered: denied, redirected and so on", &Counters::answered_by_rules},
    {"meridian_edge_rate_limited_total", "Requests answered 429 by a rule",
     &Counters::rate_limited},
    {"meridian_edge_site_requests_limited_total", "Requests answered 429 by their site's limits",
     &Counters::site_requests_limited},
    {"meridian_edge_site_connections_limited_total",
     "Requests answered 429 because their client has as many connections to the site as it may",
     &Counters::site_connections_limited},
    {"meridian_edge_site_streams_limited_total",
     "Streams refused beyond what one connection may have of a site",
     &Counters::site_streams_limited},
    {"meridian_edge_throttled_total",
     "Pieces of answers that waited because their client is sent as much as it may",
     &Counters::throttled},
    {"meridian_edge_bodies_too_large_total", "Requests answered 413", &Counters::bodies_too_large},
    {"meridian_edge_misses_shed_total",
     "Requests at overload that no origin was asked for: answered 503, or from the cache",
     &Counters::misses_shed},
    {"meridian_edge_unserviceable_total", "Fetches that failed because all origins were down",
     &Counters::unserviceable},
};

}  // namespace

void Edge::add_metrics(MetricsServer& server) const {
  add_origin_metrics(server);
  add_site_metrics(server);
  for (const Metric& metric : kCounters)
    server.add_counter(metric.name, metric.help, read_value([this, counter = metric.counter] {
                         return static_cast<double>(sum(counter));
                       }));
  server.add_counter("meridian_edge_responses_total", "Answers, by class of status", [this] {
    std::vector<MetricSample> samples;
    for (std::size_t i = 1; i < 6; ++i) {
      std::uint64_t total = 0;
      for (const auto& worker : workers_) total += worker->counters().responses[i].value();
      samples.push_back({{{"class", std::to_string(i) + "xx"}}, static_cast<double>(total)});
    }
    return samples;
  });
  server.add_counter(
      "meridian_edge_cache_results_total", "Requests, by what the cache did", [this] {
        std::vector<MetricSample> samples;
        for (std::size_t i = 0; i < kCacheResults; ++i) {
          std::uint64_t total = 0;
          for (const auto& worker : workers_) total += worker->counters().cache_results[i].value();
          samples.push_back(
              {{{"result", std::string(cache_result_text(static_cast<CacheResult>(i)))}},
               static_cast<double>(total)});
        }
        return samples;
      });
  server.add_counter(
      "meridian_edge_bad_requests_total", "Requests that could not be read, by what was wrong",
      [this] {
        std::vector<MetricSample> samples;
        for (std::size_t i = 0; i < http::kFaults; ++i) {
          std::uint64_t total = 0;
          for (const auto& worker : workers_) total += worker->counters().bad_requests[i].value();
          samples.push_back({{{"reason", std::string(fault_text(static_cast<http::Fault>(i)))}},
                             static_cast<double>(total)});
        }
        return samples;
      });
  const auto gauge = [&](const char* name, const char* help, auto read) {
    server.add_gauge(name, help, read_value([read] { return static_cast<double>(read()); }));
  };
  const auto counter = [&](const char* name, const char* help, auto read) {
    server.add_counter(name, help, read_value([read] { return static_cast<double>(read()); }));
  };
  counter("meridian_edge_rate_limits_uncounted_total",
          "Requests let through uncounted: more clients were active than can be told apart",
          [this] { return rate_limits_.uncounted(); });
  counter("meridian_edge_client_counts_uncounted_total",
          "Connections let through uncounted: more clients were there than can be told apart",
          [this] { return client_counts_.uncounted(); });
  gauge("meridian_edge_overloaded", "1 while a worker takes on less than it is asked for",
        [this] { return is_overloaded() ? 1 : 0; });
  if (places_reload_) {
    counter("meridian_edge_geoip_reloads_total", "Newer databases of places put into service",
            [this] { return places_reload_->reloads(); });
    counter("meridian_edge_geoip_refusals_total", "Newer databases of places that were refused",
            [this] { return places_reload_->refusals(); });
  }
  gauge("meridian_edge_open_connections", "Visitors' connections now",
        [this] { return open_connections(); });
  gauge("meridian_edge_cache_bytes", "Memory that the cache uses",
        [this] { return cache_.used_bytes(); });
  gauge("meridian_edge_cache_capacity_bytes", "Memory that the cache may use",
        [this] { return cache_.capacity_bytes(); });
  gauge("meridian_edge_cache_objects", "Stored responses", [this] { return cache_.objects(); });
  counter("meridian_edge_cache_evictions_total", "Keys evicted for room",
          [this] { return cache_.evictions(); });
  counter("meridian_edge_cache_refusals_total",
          "Fills not stored: not worth what they would have displaced",
          [this] { return cache_.refusals(); });
  counter("meridian_edge_followers_crowded_total",
          "Requests that went by themselves because too many followed one fill",
          [this] { return cache_.crowded(); });
  if (disk_) add_disk_metrics(server);
  counter("meridian_edge_ocsp_fetches_total", "Proofs asked of OCSP responders",
          [this] { return stapler_.fetches().value(); });
  counter("meridian_edge_ocsp_failures_total", "Proofs that responders did not give",
          [this] { return stapler_.failures().value(); });
  counter("meridian_edge_purges_total", "Purges applied", [this] { return purges_.value(); });
  gauge("meridian_edge_purges_noted", "URLs, prefixes and tags noted as purged",
        [this] { return marks_.noted(); });
  counter("meridian_edge_purges_widened_total",
          "Purges widened to a site or everything: a table was full",
          [this] { return marks_.widened(); });
  counter("meridian_edge_access_log_dropped_total", "Log lines dropped at a full queue",
          [this] { return access_log_->dropped(); });
}

void Edge::add_disk_metrics(MetricsServer& server) const {
  const auto gauge = [&](const char* name, const char* help, auto read) {
    server.add_gauge(name, help, read_value([read] { return static_cast<double>(read()); }));
  };
  const auto counter = [&](const char* name, const char* help, auto read) {
    server.add_counter(name, help, read_value([read] { return static_cast<double>(read()); }));
  };
  gauge("meridian_edge_disk_bytes", "Bytes of the cache on disk",
        [this] { return disk_->bytes(); });
  gauge("meridian_edge_disk_capacity_bytes", "Bytes that the cache may use on disk",
        [this] { return disk_->capacity_bytes(); });
  gauge("meridian_edge_disk_objects", "Stored responses on disk",
        [this] { return disk_->objects(); });
  counter("meridian_edge_disk_hits_total", "Fills whose source was the disk",
          [this] { return sum(&Counters::fills_from_disk); });
  counter("meridian_edge_disk_writes_total", "Responses written to disk",
          [this] { return disk_->writes(); });
  counter("meridian_edge_disk_dropped_total", "Not written or read: a full queue or a failed disk",
          [this] { return disk_->dropped(); });
  counter("meridian_edge_disk_errors_total", "Writes to disk that failed",
          [this] { return disk_->errors(); });
  counter("meridian_edge_disk_damaged_total", "Reads that did not give what was written",
          [this] { return disk_->damaged(); });
}

}  // namespace meridian::edge

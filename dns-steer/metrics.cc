#include "dns-steer/metrics.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace meridian::dns {
namespace {

constexpr std::pair<Rcode, const char*> kRcodes[] = {
    {Rcode::no_error, "NOERROR"},     {Rcode::form_err, "FORMERR"}, {Rcode::serv_fail, "SERVFAIL"},
    {Rcode::nx_domain, "NXDOMAIN"},   {Rcode::not_imp, "NOTIMP"},   {Rcode::refused, "REFUSED"},
    {Rcode::yx_domain, "YXDOMAIN"},   {Rcode::not_auth, "NOTAUTH"}, {Rcode::bad_vers, "BADVERS"},
    {Rcode::bad_cookie, "BADCOOKIE"},
};

MetricsServer::Read sum_of(const WorkerPool& pool, WorkerCounter WorkerCounters::*counter) {
  return read_value([&pool, counter] {
    double sum = 0;
    for (const auto& worker : pool.counters())
      sum += static_cast<double>((worker.*counter).value());
    return sum;
  });
}

std::vector<MetricSample> answers(const WorkerPool& pool) {
  std::vector<MetricSample> samples;
  constexpr const char* kTransports[] = {"udp", "tcp", "tls"};
  for (const std::size_t transport : {0, 1, 2}) {
    for (const auto& [rcode, name] : kRcodes) {
      MetricSample sample{{{"transport", kTransports[transport]}, {"rcode", name}}};
      for (const auto& worker : pool.counters())
        sample.value +=
            static_cast<double>(worker.answers[transport][static_cast<std::size_t>(rcode)].value());
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

MetricSample labelled(const WorkerPool& pool, const char* label, const char* value,
                      WorkerCounter WorkerCounters::*counter) {
  return {{{label, value}}, sum_of(pool, counter)().front().value};
}

std::vector<MetricSample> refused_connections(const WorkerPool& pool) {
  return {labelled(pool, "bound", "all", &WorkerCounters::streams_refused),
          labelled(pool, "bound", "client", &WorkerCounters::streams_refused_client)};
}

std::vector<MetricSample> cut_connections(const WorkerPool& pool) {
  return {labelled(pool, "reason", "slow", &WorkerCounters::streams_cut_slow),
          labelled(pool, "reason", "not_dns", &WorkerCounters::streams_cut_not_dns),
          labelled(pool, "reason", "memory", &WorkerCounters::streams_cut_memory)};
}

std::vector<MetricSample> explanations(const WorkerPool& pool) {
  return {labelled(pool, "result", "told", &WorkerCounters::explanations),
          labelled(pool, "result", "limited", &WorkerCounters::explanations_limited)};
}

/// What became of answers over a client's limit.
std::vector<MetricSample> rate_limited(const WorkerPool& pool) {
  MetricSample dropped{{{"action", "dropped"}}};
  MetricSample slipped{{{"action", "truncated"}}};
  for (const auto& worker : pool.counters()) {
    dropped.value += static_cast<double>(worker.rate_limit_dropped.value());
    slipped.value += static_cast<double>(worker.rate_limit_slipped.value());
  }
  return {dropped, slipped};
}

void add_query_metrics(MetricsServer& server, const WorkerPool& pool) {
  server.add_counter("meridian_dns_answers_total", "Answers sent, by transport and RCODE",
                     [&pool] { return answers(pool); });
  const struct {
    const char* name;
    const char* help;
    WorkerCounter WorkerCounters::*counter;
  } counters[] = {
      {"meridian_dns_malformed_queries_total", "Queries answered with FORMERR",
       &WorkerCounters::malformed},
      {"meridian_dns_client_subnet_queries_total", "Queries with EDNS Client Subnet",
       &WorkerCounters::client_subnet},
      {"meridian_dns_steered_answers_total", "Answers whose addresses steering chose",
       &WorkerCounters::steered},
      {"meridian_dns_truncated_answers_total", "Answers that did not fit and sent clients to TCP",
       &WorkerCounters::truncated},
      {"meridian_dns_fresh_signatures_total", "Signatures made while a query waited",
       &WorkerCounters::fresh_signatures},
      {"meridian_dns_refused_signatures_total",
       "Answers not given for want of a signature: too many had been made just before",
       &WorkerCounters::refused_signatures},
      {"meridian_dns_cookie_queries_total", "Queries with a DNS cookie", &WorkerCounters::cookies},
      {"meridian_dns_rate_limit_evictions_total",
       "Client networks that rate limiting forgot because its table was full",
       &WorkerCounters::rate_limit_evicted},
      {"meridian_dns_dropped_packets_total", "Packets that deserved no answer",
       &WorkerCounters::dropped},
      {"meridian_dns_send_errors_total", "UDP answers that the system did not take",
       &WorkerCounters::send_errors},
      {"meridian_dns_tcp_connections_total", "TCP connections accepted",
       &WorkerCounters::tcp_accepted},
      {"meridian_dns_tls_connections_total", "TLS connections accepted",
       &WorkerCounters::tls_accepted},
      {"meridian_dns_tls_failed_handshakes_total", "TLS connections that never opened",
       &WorkerCounters::tls_failed},
      {"meridian_dns_idle_connections_total", "Connections closed because nothing was asked",
       &WorkerCounters::streams_idle},
  };
  for (const auto& one : counters)
    server.add_counter(one.name, one.help, sum_of(pool, one.counter));
  server.add_gauge("meridian_dns_open_connections", "TCP and TLS connections that are open",
                   read_value([&pool] { return static_cast<double>(pool.connections()); }));
  server.add_counter("meridian_dns_refused_connections_total",
                     "TCP and TLS connections closed at once, by the bound that they met",
                     [&pool] { return refused_connections(pool); });
  server.add_counter("meridian_dns_cut_connections_total", "TCP and TLS connections cut, by reason",
                     [&pool] { return cut_connections(pool); });
  server.add_counter("meridian_dns_rate_limited_answers_total",
                     "Answers over a client network's rate limit, by what became of them",
                     [&pool] { return rate_limited(pool); });
  server.add_counter("meridian_dns_explanations_total",
                     "Questions of operators for `_explain` names, by result",
                     [&pool] { return explanations(pool); });
}

/// A gauge of what is served now; nothing before there is anything.
MetricsServer::Read gauge(const Publisher& publisher, std::function<double(const Serving&)> value) {
  return [&publisher, value = std::move(value)] {
    std::vector<MetricSample> samples;
    if (const auto serving = publisher.current()) samples.push_back({{}, value(*serving)});
    return samples;
  };
}

/// A sum over the distinct tables of geography.
std::function<double(const Serving&)> over_tables(std::size_t (PlaceTable::*size)() const) {
  return [size](const Serving& serving) {
    std::set<const PlaceTable*> seen;
    std::size_t sum = 0;
    for (const auto& policy : serving.snapshot->fleet.policies) {
      if (seen.insert(policy.places.get()).second) sum += (policy.places.get()->*size)();
    }
    return static_cast<double>(sum);
  };
}

/// A gauge of each location whose load is known or has been; nothing where it has no value.
MetricsServer::Read by_location(
    const Publisher& publisher,
    std::function<std::optional<double>(const LoadTable&, LocationId)> value) {
  return [&publisher, value = std::move(value)] {
    std::vector<MetricSample> samples;
    const auto serving = publisher.current();
    if (!serving) return samples;
    for (std::size_t i = 0; i < serving->load.location_percent.size(); ++i) {
      if (const auto one = value(serving->load, static_cast<LocationId>(i)))
        samples.push_back({{{"location", serving->snapshot->fleet.locations[i].name}}, *one});
    }
    return samples;
  };
}

void add_state_metrics(MetricsServer& server, const Publisher& publisher) {
  server.add_gauge("meridian_dns_zones", "Zones served", gauge(publisher, [](const Serving& now) {
                     return static_cast<double>(now.snapshot->zones.zones.size());
                   }));
  server.add_gauge("meridian_dns_names", "Names in all zones",
                   gauge(publisher, [](const Serving& now) {
                     return static_cast<double>(now.snapshot->zones.nodes.size());
                   }));
  server.add_gauge("meridian_dns_geography_ranges", "Address ranges in the tables of geography",
                   gauge(publisher, over_tables(&PlaceTable::ranges)));
  server.add_gauge("meridian_dns_geography_bytes", "Memory of the tables of geography",
                   gauge(publisher, over_tables(&PlaceTable::bytes)));
  server.add_gauge(
      "meridian_dns_verdicts_fresh",
      "1: the controller's verdicts decide on health; 0: own probes do",
      gauge(publisher, [](const Serving& now) { return now.health.verdicts_fresh() ? 1.0 : 0.0; }));
  server.add_gauge("meridian_dns_location_utilisation_ratio",
                   "Load of a location against its capacity, where both are known",
                   by_location(publisher, [](const LoadTable& load, LocationId location) {
                     const auto percent = load.location_percent[location];
                     return percent == LoadTable::kUnknown ? std::optional<double>()
                                                           : percent / 100.0;
                   }));
  server.add_gauge("meridian_dns_location_shed_ratio",
                   "Share of a location's clients led elsewhere because of load; the most of all "
                   "policies",
                   by_location(publisher, [](const LoadTable& load, LocationId location) {
                     double most = 0;
                     for (std::uint32_t policy = 0; policy < load.plan_of.size(); ++policy)
                       most = std::max(most, load.shed(policy, location));
                     return std::optional<double>(most);
                   }));
  server.add_gauge("meridian_dns_edges_down", "Edges believed to be down",
                   gauge(publisher, [](const Serving& now) {
                     double down = 0;
                     for (std::uint32_t i = 0; i < now.snapshot->fleet.edges.size(); ++i)
                       down += now.health.is_up(i) ? 0 : 1;
                     return down;
                   }));
}

void add_signature_metrics(MetricsServer& server, const SignatureKeeper& signatures) {
  server.add_gauge("meridian_dns_signatures", "Signatures made ahead", read_value([&signatures] {
                     return static_cast<double>(signatures.held().count);
                   }));
  server.add_gauge(
      "meridian_dns_signature_bytes", "Memory of signatures made ahead",
      read_value([&signatures] { return static_cast<double>(signatures.held().octets); }));
  server.add_gauge("meridian_dns_signature_renewal_seconds",
                   "When the first signature is to be renewed, in seconds since 1970",
                   [&signatures] {
                     std::vector<MetricSample> samples;
                     const auto held = signatures.held();
                     if (held.renew_at != 0)
                       samples.push_back({{}, static_cast<double>(held.renew_at)});
                     return samples;
                   });
}

}  // namespace

void add_metrics(MetricsServer& server, const WorkerPool& pool, const Publisher& publisher,
                 const Prober& prober, const CompileGauges& gauges, const GeographyReload& reload,
                 const SignatureKeeper& signatures) {
  add_query_metrics(server, pool);
  add_state_metrics(server, publisher);
  add_signature_metrics(server, signatures);
  server.add_counter("meridian_dns_probes_total", "Probes of edges, by result", [&prober] {
    const auto counts = prober.counts();
    return std::vector<MetricSample>{
        {{{"result", "success"}}, static_cast<double>(counts.succeeded)},
        {{{"result", "failure"}}, static_cast<double>(counts.failed)}};
  });
  server.add_gauge("meridian_dns_compile_seconds", "Time that the last revision took to compile",
                   read_value([&gauges] { return gauges.seconds.load(); }));
  server.add_counter("meridian_dns_compile_failures_total", "Revisions that could not be compiled",
                     read_value([&gauges] { return static_cast<double>(gauges.failures.load()); }));
  server.add_counter("meridian_dns_geography_reloads_total", "Newer databases of places, by result",
                     [&reload] {
                       return std::vector<MetricSample>{
                           {{{"result", "taken"}}, static_cast<double>(reload.reloads())},
                           {{{"result", "refused"}}, static_cast<double>(reload.refusals())}};
                     });
  server.add_gauge("meridian_dns_geography_refusing",
                   "1: the database files that are there now are not those in use",
                   read_value([&reload] { return reload.is_refusing() ? 1.0 : 0.0; }));
}

void add_transfer_metrics(MetricsServer& server, const TransferCounters& transfers,
                          const Notifier& notifier) {
  const auto by = [](const char* label,
                     std::initializer_list<std::pair<const char*, std::uint64_t>> values) {
    std::vector<MetricSample> samples;
    for (const auto& [value, count] : values)
      samples.push_back({{{label, value}}, static_cast<double>(count)});
    return samples;
  };
  server.add_counter("meridian_dns_transfers_total", "AXFR and IXFR queries by TCP and TLS.",
                     [&transfers, by] {
                       return by("result", {{"sent", transfers.begun},
                                            {"current", transfers.current},
                                            {"refused", transfers.refused},
                                            {"busy", transfers.busy}});
                     });
  server.add_gauge("meridian_dns_transfers_under_way", "Zone transfers under way.",
                   read_value([&transfers] { return static_cast<double>(transfers.under_way); }));
  server.add_counter("meridian_dns_notifies_total", "What became of NOTIFY messages.",
                     [&notifier, by] {
                       return by("result", {{"sent", notifier.sent()},
                                            {"answered", notifier.answered()},
                                            {"given_up", notifier.given_up()}});
                     });
  server.add_gauge("meridian_dns_notifies_waiting",
                   "Secondaries that have not confirmed a new serial yet.",
                   read_value([&notifier] { return static_cast<double>(notifier.waiting()); }));
}

}  // namespace meridian::dns

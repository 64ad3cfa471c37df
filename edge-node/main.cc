#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include <CLI/CLI.hpp>
#include <ares.h>
#include <malloc.h>
#include <signal.h>
#include <time.h>

#include "common/daemon/node_options.h"
#include "common/observe/log.h"
#include "edge-node/edge.h"
#include "edge-node/load_meter.h"

namespace meridian::edge {
namespace {

struct Options {
  daemon::NodeOptions node;
  std::vector<std::string> https;
  std::vector<std::string> http;
  std::vector<std::string> proxies;
  std::string access_log;
  std::uint64_t cache_bytes = std::uint64_t{256} << 20;
  std::string cache_disk;
  std::uint64_t cache_disk_bytes = std::uint64_t{10} << 30;
  std::vector<std::filesystem::path> geoip;
  unsigned drain_seconds = 30;
};

void add_options(CLI::App& app, Options& options) {
  daemon::add_node_options(app, options.node, "/var/lib/meridian/edge-node");
  app.add_option("--https", options.https, "Serve HTTPS at IP:PORT; repeatable")->required();
  app.add_option("--http", options.http,
                 "Serve HTTP at IP:PORT, or redirect it, as sites say; repeatable");
  app.add_option("--proxy-protocol-from", options.proxies,
                 "Networks of proxies that must say by the PROXY protocol whom a connection comes "
                 "from; nobody else is believed; repeatable");
  app.add_option("--access-log", options.access_log,
                 "A line of JSON for each request; - is stdout");
  app.add_option("--cache-bytes", options.cache_bytes, "Memory for the cache")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app.add_option("--cache-disk", options.cache_disk,
                 "Directory for what leaves the memory; empty: memory alone");
  app.add_option("--cache-disk-size", options.cache_disk_bytes, "Most bytes there")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::uint64_t{16} << 20, std::uint64_t{1} << 50))
      ->capture_default_str();
  app.add_option("--geoip", options.geoip,
                 "A database of countries or autonomous systems (.mmdb, .csv), or a directory of "
                 "them, for rules that ask where clients are; repeatable, the first that knows an "
                 "address wins");
  app.add_option("--drain-timeout", options.drain_seconds,
                 "Seconds that visitors get to finish on SIGTERM")
      ->capture_default_str();
}

Result<std::vector<Endpoint>> parse_endpoints(const std::vector<std::string>& texts,
                                              const std::string& option) {
  std::vector<Endpoint> endpoints;
  for (const auto& text : texts) {
    const auto endpoint = parse_endpoint(text);
    if (!endpoint) return at(option, endpoint.error());
    endpoints.push_back(*endpoint);
  }
  return endpoints;
}

Result<EdgeOptions> edge_options(const Options& options) {
  EdgeOptions edge;
  auto https = parse_endpoints(options.https, "--https");
  if (!https) return https.error();
  auto http = parse_endpoints(options.http, "--http");
  if (!http) return http.error();
  edge.https = std::move(*https);
  edge.http = std::move(*http);
  for (const auto& text : options.proxies) {
    const auto prefix = parse_prefix(text);
    if (!prefix) return at("--proxy-protocol-from", prefix.error());
    edge.proxies.push_back(*prefix);
  }
  edge.geoip = options.geoip;
  edge.geoip_copies = options.node.directory / "geography";
  edge.access_log = options.access_log;
  edge.cache_bytes = options.cache_bytes;
  edge.cache_disk = options.cache_disk;
  edge.cache_disk_bytes = options.cache_disk_bytes;
  edge.workers = options.node.workers > 0 ? options.node.workers
                                          : std::max(1u, std::thread::hardware_concurrency());
  return edge;
}

/// Says that something has changed that the controller should hear of. Any thread.
class Changes {
 public:
  void add() {
    {
      const std::lock_guard lock(mutex_);
      any_ = true;
    }
    wake_.notify_one();
  }
  /// Until there is one, or for `most`.
  void wait(const std::stop_token& stop, std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, most, [this] { return any_; });
    any_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool any_ = false;
};

/// Of the process, ever.
std::chrono::nanoseconds cpu_time() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// Tells the controller each second, and at once when something has changed.
void keep_reporting(const std::stop_token& stop, Changes& changes, const Edge& edge,
                    LoadMeter meter, control::NodeClient& client) {
  while (!stop.stop_requested()) {
    meter.measure({.sent_bytes = edge.sent_bytes(), .cpu_time = cpu_time()}, Clock::now());
    auto report = edge.health_report();
    report.mutable_load()->set_bits_per_second(meter.bits_per_second());
    report.mutable_load()->set_cpu(meter.cpu());
    edge.tell_overload(*report.mutable_load());
    client.report(std::move(report));
    changes.wait(stop, std::chrono::seconds(1));
  }
}

/// Signals are taken by sigwait in main, so every thread blocks them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

/// Until SIGTERM (which gives visitors `grace` to finish) or SIGINT (which gives them a second).
std::chrono::seconds wait_for_end(const sigset_t& signals, Edge& edge, std::chrono::seconds grace) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal == SIGTERM) return grace;
    if (signal == SIGINT) return std::min(grace, std::chrono::seconds(1));
    edge.reopen_access_log();
  }
}

void drain(Edge& edge, std::chrono::seconds grace) {
  log::info("draining", {{"connections", edge.open_connections()}, {"seconds", grace.count()}});
  edge.drain();
  const auto deadline = Clock::now() + grace;
  while (edge.open_connections() > 0 && Clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  log::info("stopped", {{"connections_cut", edge.open_connections()}});
}

Result<void> run(const Options& options) {
  const sigset_t signals = block_signals();
  auto wanted = edge_options(options);
  if (!wanted) return wanted.error();
  std::unique_ptr<MetricsServer> metrics;
  if (!options.node.metrics.empty()) {
    const auto endpoint = parse_endpoint(options.node.metrics);
    if (!endpoint) return at("--metrics", endpoint.error());
    auto server = MetricsServer::listen(*endpoint);
    if (!server) return at("--metrics", server.error());
    metrics = std::move(*server);
  }

  const LoadMeter meter(wanted->workers);
  Changes changes;  // outlives the prober, which adds to it
  auto edge = Edge::start(std::move(*wanted), [&changes] { changes.add(); });
  if (!edge) return edge.error();
  Edge& e = **edge;
  const auto& http = e.http_endpoints();
  auto client = daemon::join_control_plane(
      options.node, v1::ROLE_EDGE, e.https_endpoints().front().port,
      http.empty() ? std::nullopt : std::optional<std::uint32_t>(http.front().port),
      {.on_snapshot = [&e](const v1::Snapshot& snapshot) { return e.apply(snapshot); },
       .on_health = [](const v1::HealthUpdate&) {},  // verdicts are for DNS nodes
       .on_purge = [&e](const v1::Purge& purge) { return e.purge(purge); },
       .on_purge_reset = [&e](PurgeSequence up_to) { e.purge_everything(up_to); },
       .on_identity = [&e](const tls::Identity& identity) { e.use_identity(identity); },
       .on_explain = {},
       .on_explain_http =
           [&e](const v1::HttpExplainRequest& request) { return e.explain_http(request); },
       .on_steering_report = {}});
  if (!client) return client.error();
  e.resume_purges((*client)->status().purge_sequence);
  if (!(*client)->serve_from_disk())
    log::info("waiting for the first snapshot: ports are taken, nobody is served yet",
              {{"https", e.https_endpoints().front().text()}});
  (*client)->start();
  std::jthread reports(
      [&](const std::stop_token& stop) { keep_reporting(stop, changes, e, meter, **client); });
  if (metrics) {
    daemon::add_node_metrics(*metrics, **client);
    e.add_metrics(*metrics);
  }

  const auto grace = wait_for_end(signals, e, std::chrono::seconds(options.drain_seconds));
  drain(e, grace);
  metrics.reset();
  reports.request_stop();
  reports.join();
  (*client)->stop();
  return boost::system::in_place_value;
}

}  // namespace
}  // namespace meridian::edge

int main(int argc, char** argv) {
  using namespace meridian;
  edge::Options options;
  CLI::App app("Meridian's edge: a TLS-terminating caching reverse proxy.");
  edge::add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  if (const auto opened = log::open("edge-node", options.node.log_level); !opened) {
    std::fprintf(stderr, "edge-node: %s\n", opened.error().text().c_str());
    return 2;
  }
  // What a burst of requests needed is kept for the next one: to give it back to the system and
  // to fault it in again costs more than a request.
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  ares_library_init(ARES_LIB_INIT_ALL);
  const auto done = edge::run(options);
  ares_library_cleanup();
  if (done) return 0;
  log::error("edge-node cannot run", {{"reason", done.error()}});
  return 1;
}

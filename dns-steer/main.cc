#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/control/node_client.h"
#include "common/daemon/listen.h"
#include "common/daemon/node_options.h"
#include "common/disk/file.h"
#include "common/observe/log.h"
#include "common/observe/metrics.h"
#include "dns-steer/compile/geography.h"
#include "dns-steer/compile/geography_reload.h"
#include "dns-steer/compile/publish.h"
#include "dns-steer/compile/report_desk.h"
#include "dns-steer/compile/signature_keeper.h"
#include "dns-steer/compile/snapshot.h"
#include "dns-steer/io/worker_pool.h"
#include "dns-steer/metrics.h"
#include "dns-steer/probe/prober.h"
#include "dns-steer/probe/targets.h"
#include "dns-steer/query/explain_name.h"
#include "dns-steer/transfer/notifier.h"
#include "dns-steer/transfer/outgoing.h"

namespace meridian::dns {
namespace {

constexpr std::chrono::milliseconds kTick{500};

struct Options {
  daemon::NodeOptions node;
  std::vector<std::string> listen;
  std::vector<std::filesystem::path> geoip;
  double most_moved = 0.2;
  std::vector<std::string> tls_listen;
  std::filesystem::path tls_certificate, tls_key;
  StreamLimits streams;
  double tcp_idle_seconds = 10;
};

/// All parts of the program, wired together. The data path is `pool_`; everything else runs on
/// the main thread, the control client's, the prober's or that of reloads.
class Program {
 public:
  Program(std::vector<Endpoint> endpoints, unsigned workers, DatabaseStore store,
          DatabaseSet databases, double most_moved, StreamOptions streams,
          std::optional<TlsFiles> tls)
      : geography_(std::move(databases)),
        reports_(geography_),
        reload_(std::move(store), geography_, {.most_moved = most_moved},
                [this](Geography::Change change) { take(std::move(change)); }),
        tls_files_(std::move(tls)),
        notifier_(main_, endpoints),
        pool_(std::move(endpoints), workers, with_transfers(std::move(streams))),
        publisher_([this](std::shared_ptr<const Serving> serving) {
          boost::asio::post(main_, [this, serving] { serve(serving); });
        }),
        signatures_([this](const SignedRevision& revision) {
          publisher_.take(revision.snapshot, Clock::now(), revision.signatures);
        }) {}

  Result<void> start(const daemon::NodeOptions& options) {
    auto client = daemon::join_control_plane(options, v1::ROLE_DNS, {}, {}, handlers());
    if (!client) return client.error();
    client_ = std::move(*client);
    prober_.emplace([this](std::vector<v1::EdgeVote> votes) { vote(std::move(votes)); });
    if (!options.metrics.empty()) {
      if (auto metrics = serve_metrics(options.metrics); !metrics) return metrics.error();
    }
    if (!client_->serve_from_disk())
      log::info("no snapshot on disk: the sockets open when the controller has sent one");
    client_->start();
    signatures_.start();
    if (!geography_.databases()->databases.empty()) reload_.start();
    return {};
  }

  /// Returns when a signal ends the program, or its sockets cannot be had.
  int run() {
    boost::asio::signal_set signals(main_, SIGINT, SIGTERM);
    signals.async_wait([this](const boost::system::error_code&, int) { main_.stop(); });
    wait_for_wishes();
    tick();
    main_.run();
    log::info("stopping");
    // Outermost first: after this nobody calls back.
    metrics_.reset();
    reload_.stop();
    prober_.reset();
    client_->stop();
    signatures_.stop();
    pool_.stop();
    return exit_code_;
  }

 private:
  StreamOptions with_transfers(StreamOptions streams) {
    streams.open_source = open_transfers(transfers_);
    return streams;
  }

  control::NodeHandlers handlers() {
    control::NodeHandlers handlers;
    handlers.on_snapshot = [this](const v1::Snapshot& snapshot) { return compile(snapshot); };
    handlers.on_health = [this](const v1::HealthUpdate& update) {
      publisher_.take(update, Clock::now());
    };
    handlers.on_explain = [this](const v1::ExplainRequest& request) { return explain(request); };
    handlers.on_steering_report = [this](const v1::SteeringReportRequest& request,
                                         control::NodeHandlers::Reply reply) {
      const auto serving = publisher_.current();
      reports_.ask(serving ? serving->snapshot : nullptr, request, std::move(reply));
    };
    return handlers;
  }

  /// SIGHUP: look at the databases of places now. SIGUSR1: take them however much they move.
  void wait_for_wishes() {
    wishes_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      reload_.ask(signal == SIGUSR1 ? GeographyReload::Wish::force : GeographyReload::Wish::reload);
      wait_for_wishes();
    });
  }

  /// On the thread of reloads: other databases, and what is served compiled of them.
  void take(Geography::Change change) {
    const std::lock_guard lock(compiling_);
    geography_.commit(std::move(change));
    if (!last_) return;
    auto snapshot = compile_snapshot(*last_, geography_);
    if (snapshot)
      signatures_.take(std::move(*snapshot));
    else  // it compiled before, of other places
      log::error("revision not compiled again", {{"reason", snapshot.error()}});
  }

  Result<void> compile(const v1::Snapshot& from) {
    const std::lock_guard lock(compiling_);
    const auto began = Clock::now();
    auto snapshot = compile_snapshot(from, geography_);
    const std::chrono::duration<double> took = Clock::now() - began;
    gauges_.seconds = took.count();
    if (!snapshot) {
      ++gauges_.failures;
      log::error("revision refused", {{"revision", from.revision()}, {"reason", snapshot.error()}});
      return snapshot.error();
    }
    const auto& compiled = **snapshot;
    log::info("revision compiled", {{"revision", from.revision()},
                                    {"zones", compiled.zones.zones.size()},
                                    {"sites", compiled.fleet.sites.size()},
                                    {"edges", compiled.fleet.edges.size()},
                                    {"seconds", took.count()}});
    prober_->set_targets(probe_targets(compiled.fleet));
    signatures_.take(std::move(*snapshot));
    last_ = from;
    return {};
  }

  v1::ExplainResponse explain(const v1::ExplainRequest& request) {
    v1::ExplainResponse response;
    const auto serving = publisher_.current();
    const auto client = parse_address(request.client());
    if (!serving)
      response.set_error("this node serves no revision yet");
    else if (!client)
      response.set_error(client.error().what);
    else
      response = explain_name(*serving, request.hostname(), *client,
                              serving->snapshot->find_place(*client));
    response.set_id(request.id());
    response.set_node(client_->name().name);
    return response;
  }

  void vote(std::vector<v1::EdgeVote> votes) {
    publisher_.take(votes, Clock::now());
    v1::HealthReport report;
    for (auto& one : votes) *report.add_votes() = std::move(one);
    client_->report(std::move(report));
  }

  /// On the main thread.
  void serve(const std::shared_ptr<const Serving>& serving) {
    const bool first = pool_.bound().empty();
    if (auto done = pool_.serve(serving); !done) {
      log::error("cannot serve", {{"reason", done.error()}});
      exit_code_ = 1;
      main_.stop();
      return;
    }
    notifier_.serve(serving);
    if (!first) return;
    for (const auto& endpoint : pool_.bound_tls())
      log::info("serving DNS over TLS", {{"listen", endpoint.text()}});
    for (const auto& endpoint : pool_.bound())
      log::info("serving",
                {{"listen", endpoint.text()}, {"revision", serving->snapshot->revision.value}});
  }

  Result<void> serve_metrics(const std::string& listen) {
    const auto endpoint = parse_endpoint(listen);
    if (!endpoint) return at("--metrics", endpoint.error());
    auto server = MetricsServer::listen(*endpoint);
    if (!server) return at("--metrics", server.error());
    metrics_ = std::move(*server);
    daemon::add_node_metrics(*metrics_, *client_);
    add_metrics(*metrics_, pool_, publisher_, *prober_, gauges_, reload_, signatures_);
    add_transfer_metrics(*metrics_, transfers_, notifier_);
    log::info("metrics", {{"listen", endpoint->address.text()}, {"port", metrics_->port()}});
    return {};
  }

  /// A certificate client replaces the files when it likes; what cannot be used is not.
  void look_for_certificate() {
    auto context = tls_files_->look();
    if (!context) {
      log::error("certificate for DNS over TLS refused, the one before stays",
                 {{"reason", context.error()}});
    } else if (*context) {
      log::info("certificate for DNS over TLS replaced");
      pool_.use(std::move(*context));
    }
  }

  void tick() {
    publisher_.tick(Clock::now());
    if (tls_files_) look_for_certificate();
    timer_.expires_after(kTick);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) tick();
    });
  }

  boost::asio::io_context main_{1};
  boost::asio::steady_timer timer_{main_};
  boost::asio::signal_set wishes_{main_, SIGHUP, SIGUSR1};
  std::mutex compiling_;              // control client's thread, or that of reloads
  std::optional<v1::Snapshot> last_;  // that is served; under compiling_
  Geography geography_;
  ReportDesk reports_;
  GeographyReload reload_;
  CompileGauges gauges_;
  std::optional<TlsFiles> tls_files_;
  TransferCounters transfers_;
  Notifier notifier_;
  WorkerPool pool_;
  Publisher publisher_;
  SignatureKeeper signatures_;
  std::unique_ptr<control::NodeClient> client_;
  std::optional<Prober> prober_;
  std::unique_ptr<MetricsServer> metrics_;
  int exit_code_ = 0;
};

/// `files` is left empty without --tls-listen.
Result<StreamOptions> stream_options(const Options& options, std::optional<TlsFiles>& files) {
  StreamOptions streams{.limits = options.streams};
  streams.limits.idle =
      std::chrono::milliseconds(static_cast<std::int64_t>(options.tcp_idle_seconds * 1000));
  auto endpoints = daemon::listen_endpoints("--tls-listen", options.tls_listen);
  if (!endpoints) return endpoints.error();
  streams.tls_listen = std::move(*endpoints);
  if (streams.tls_listen.empty()) return streams;
  files.emplace(options.tls_certificate, options.tls_key);
  auto context = files->look();
  if (!context) return at("--tls-certificate, --tls-key", context.error());
  streams.tls = std::move(*context);
  return streams;
}

Result<void> run(const Options& options, int& exit_code) {
  if (auto opened = log::open("dns-steer", options.node.log_level); !opened) return opened.error();
  auto endpoints = daemon::listen_endpoints("--listen", options.listen);
  if (!endpoints) return endpoints.error();
  std::optional<TlsFiles> tls;
  auto streams = stream_options(options, tls);
  if (!streams) return streams.error();
  if (auto made = make_directory(options.node.directory); !made) return at("--dir", made.error());
  DatabaseStore store(options.geoip, options.node.directory / "geography");
  auto databases = open_or_copy(store);
  if (!databases) return at("--geoip", databases.error());
  for (const auto& database : databases->databases)
    log::info("geography", {{"file", database.path()}, {"type", database.type()}});
  if (databases->databases.empty())
    log::warn("no --geoip: the place of every client is unknown, nearest cannot be told");

  auto workers = options.node.workers;
  if (workers == 0) workers = std::max(1u, std::thread::hardware_concurrency());
  Program program(std::move(*endpoints), workers, std::move(store), std::move(*databases),
                  options.most_moved, std::move(*streams), std::move(tls));
  if (auto started = program.start(options.node); !started) return started.error();
  exit_code = program.run();
  return {};
}

}  // namespace
}  // namespace meridian::dns

int main(int argc, char** argv) {
  CLI::App app("Authoritative DNS that leads every client to the nearest healthy edge");
  meridian::dns::Options options;
  meridian::daemon::add_node_options(app, options.node, "/var/lib/meridian/dns");
  app.add_option("--listen", options.listen, "Serve UDP and TCP at IP:PORT; repeatable")
      ->required();
  app.add_option(
      "--geoip", options.geoip,
      "A database of places or autonomous systems (.mmdb, .csv), or a directory of them; "
      "repeatable, the first that knows an address wins");
  app.add_option("--geoip-most-moved", options.most_moved,
                 "Refuse newer databases that lead more than this share of the IPv4 or the IPv6 "
                 "addresses to another location")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  auto* certificate = app.add_option("--tls-certificate", options.tls_certificate,
                                     "PEM file of the certificate and its chain; read again when "
                                     "it changes");
  auto* key = app.add_option("--tls-key", options.tls_key, "PEM file of the certificate's key");
  app.add_option("--tls-listen", options.tls_listen, "Serve DNS over TLS at IP:PORT; repeatable")
      ->needs(certificate)
      ->needs(key);
  app.add_option("--tcp-idle-timeout", options.tcp_idle_seconds,
                 "Seconds after which a TCP or TLS connection without a query is closed")
      ->check(CLI::Range(0.1, 6000.0))
      ->capture_default_str();
  app.add_option("--tcp-connections", options.streams.connections,
                 "TCP and TLS connections at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--tcp-connections-per-client", options.streams.connections_per_client,
                 "Those of one client network (/24 or /56) at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  int exit_code = 0;
  if (const auto done = meridian::dns::run(options, exit_code); !done) {
    std::fprintf(stderr, "dns-steer: %s\n", done.error().text().c_str());
    return 1;
  }
  return exit_code;
}

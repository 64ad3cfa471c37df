// controller: holds the configuration, decides health, pushes both to all nodes.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <grpc/support/log.h>

#include "common/net/address.h"
#include "common/observe/log.h"
#include "common/observe/metrics.h"
#include "controller/control_plane.h"

namespace meridian::control {
namespace {

struct Options {
  std::string directory = "/var/lib/meridian/controller";
  std::string listen = "0.0.0.0:7443";
  std::string metrics;
  std::string notify_listen;
  std::string log_level = "info";
  int node_certificate_hours = 24;
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--dir", options.directory, "Data directory, made by `gslbctl init`")
      ->capture_default_str();
  app.add_option("--listen", options.listen,
                 "IP:PORT for nodes and operators (gRPC over TLS); port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--metrics", options.metrics, "IP:PORT for /metrics (Prometheus); default: none");
  app.add_option("--notify-listen", options.notify_listen,
                 "IP:PORT (UDP) where primaries of zones tell of changes (NOTIFY); default: none");
  app.add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->capture_default_str();
  app.add_option("--node-certificate-life", options.node_certificate_hours,
                 "Hours that the certificates of nodes live; they renew them in time")
      ->capture_default_str()
      ->check(CLI::Range(1, 24 * 90));
  app.set_version_flag("--version", MERIDIAN_VERSION);
}

// What is due from time to time.
void renew(ControlPlane& plane) {
  if (const auto renewed = plane.renew_identity(); !renewed)
    log::error("own certificate not renewed", {{"reason", renewed.error()}});
  if (const auto rotated = plane.rotate_secrets(); !rotated)
    log::error("secrets not rotated", {{"reason", rotated.error()}});
}

// There is nothing to read anew on SIGHUP: all configuration comes by `gslbctl apply`.
bool is_to_end(int signal) { return signal == SIGTERM || signal == SIGINT; }

// Until SIGTERM or SIGINT comes; both are blocked in every thread.
void serve(ControlPlane& plane, const sigset_t& signals) {
  constexpr timespec kSecond{1, 0};
  constexpr int kBetweenRenewals = 3600;
  int seconds = 0;
  do {
    if (seconds-- <= 0) {
      renew(plane);
      seconds = kBetweenRenewals;
    }
    if (const auto advanced = plane.advance_keys(); !advanced)
      log::error("zone keys not changed", {{"reason", advanced.error()}});
  } while (!is_to_end(sigtimedwait(&signals, nullptr, &kSecond)));
}

Result<void> run(const Options& options) {
  const auto listen = parse_endpoint(options.listen);
  if (!listen) return at("--listen", listen.error());
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread: all inherit it

  std::optional<Endpoint> notify_listen;
  if (!options.notify_listen.empty()) {
    const auto endpoint = parse_endpoint(options.notify_listen);
    if (!endpoint) return at("--notify-listen", endpoint.error());
    notify_listen = *endpoint;
  }
  auto plane = ControlPlane::start(
      {.directory = options.directory,
       .listen = *listen,
       .node_certificate_life = std::chrono::hours(options.node_certificate_hours),
       .notify_listen = notify_listen});
  if (!plane) return plane.error();
  std::unique_ptr<MetricsServer> metrics;
  if (!options.metrics.empty()) {
    const auto endpoint = parse_endpoint(options.metrics);
    if (!endpoint) return at("--metrics", endpoint.error());
    auto listening = MetricsServer::listen(*endpoint);
    if (!listening) return at("--metrics", listening.error());
    metrics = std::move(*listening);
    (*plane)->add_metrics(*metrics);
  }
  log::info("controller ready", {{"address", Endpoint{listen->address, (*plane)->port()}.text()},
                                 {"directory", options.directory},
                                 {"metrics_port", metrics ? metrics->port() : 0}});
  serve(**plane, signals);
  log::info("controller stops");
  metrics.reset();
  (*plane)->stop();
  return {};
}

}  // namespace
}  // namespace meridian::control

namespace {

// gRPC reports every failed handshake as an error; what strangers cause must not fill our log.
void log_grpc(gpr_log_func_args* entry) {
  meridian::log::debug("grpc", {{"file", entry->file}, {"message", entry->message}});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Meridian's controller: configuration, health and identity for all nodes");
  meridian::control::Options options;
  meridian::control::declare(app, options);
  CLI11_PARSE(app, argc, argv);
  if (const auto opened = meridian::log::open("controller", options.log_level); !opened) {
    std::cerr << "controller: --log-level: " << opened.error().text() << "\n";
    return 2;
  }
  gpr_set_log_function(log_grpc);
  const auto ran = meridian::control::run(options);
  if (ran) return EXIT_SUCCESS;
  std::cerr << "controller: " << ran.error().text() << "\n";
  return EXIT_FAILURE;
}

#include "common/daemon/node_options.h"

#include <csignal>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "common/control/enroll.h"
#include "common/observe/log.h"

namespace meridian::daemon {
namespace {

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  const std::string_view whole(name);
  return std::string(whole.substr(0, whole.find('.')));
}

Error not_enrolled(const NodeOptions& options) {
  return Error(options.directory.string(),
               "this node is not enrolled yet. On the controller's machine run\n"
               "  gslbctl token create --role ROLE --location LOCATION\n"
               "and start again with --join TOKEN --controller HOST:PORT");
}

/// Asks one controller after the other.
Result<tls::Identity> enroll_at_any(const std::vector<std::string>& controllers,
                                    control::EnrollOptions attempt) {
  Error last;
  for (const auto& controller : controllers) {
    attempt.controller = controller;
    auto enrolled = control::enroll(attempt);
    if (enrolled) {
      log::info("enrolled", {{"controller", controller}, {"name", attempt.name}});
      return enrolled;
    }
    last = enrolled.error();
    log::warn("not enrolled", {{"controller", controller}, {"reason", last}});
  }
  return last;
}

/// Enrols when there is no identity that can be used, and a token to get one by. One that has
/// expired can be used: a node needs no controller to start (DESIGN 3.1).
Result<void> ensure_identity(const NodeOptions& options, const control::EnrollOptions& enrollment) {
  const auto directory = options.directory / "identity";
  const auto identity = tls::load_identity(directory);
  if (identity && *identity) return {};
  const bool can_enroll = !options.join_token.empty() && !options.controllers.empty();
  if (!identity && !can_enroll)
    return Error(identity.error().where,
                 identity.error().what +
                     "\nPut the files of this directory back as they were, or start once with "
                     "--join and a new token:\n"
                     "  gslbctl token create --role ROLE --location LOCATION");
  if (!can_enroll) return not_enrolled(options);
  if (!identity)
    log::warn("the identity on disk is of no use: enrolling anew", {{"reason", identity.error()}});
  const auto enrolled = enroll_at_any(options.controllers, enrollment);
  if (!enrolled) return enrolled.error();
  return tls::save_identity(directory, *enrolled);
}

/// By the name and the key that the node has: its snapshots are that name's, and with a key that
/// stays no crash between two files can part it from its certificate.
Result<tls::Identity> enroll_again(const std::vector<std::string>& controllers,
                                   control::EnrollOptions enrollment,
                                   const tls::Identity& expired) {
  const auto name = expired.name();
  if (!name) return name.error();
  enrollment.name = name->name;
  enrollment.key_pem = expired.key_pem;
  return enroll_at_any(controllers, std::move(enrollment));
}

}  // namespace

void add_node_options(CLI::App& app, NodeOptions& options, std::string default_directory) {
  options.directory = std::move(default_directory);
  options.name = host_name();
  app.add_option("--dir", options.directory, "Directory for the node's identity and snapshots")
      ->capture_default_str();
  app.add_option("--name", options.name, "Name to enrol under")->capture_default_str();
  app.add_option("--controller", options.controllers, "A controller, HOST:PORT; repeatable")
      ->required();
  app.add_option("--join", options.join_token,
                 "Join token for the first start, or after the certificate has expired; from "
                 "`gslbctl token create`")
      ->envname("MERIDIAN_JOIN_TOKEN");
  app.add_option("--address", options.addresses,
                 "A service address to enrol with, as visitors reach it; repeatable");
  app.add_option("--metrics", options.metrics, "Serve Prometheus metrics at IP:PORT");
  app.add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->capture_default_str();
  app.add_option("--workers", options.workers, "Worker threads; 0: one for each core")
      ->capture_default_str();
  app.set_version_flag("--version", MERIDIAN_VERSION);
}

Result<std::unique_ptr<control::NodeClient>> join_control_plane(
    const NodeOptions& options, v1::Role role, std::optional<std::uint32_t> https_port,
    std::optional<std::uint32_t> http_port, control::NodeHandlers handlers) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error of the write, not ours
  const control::EnrollOptions enrollment{.controller = {},
                                          .token = options.join_token,
                                          .name = options.name,
                                          .role = role,
                                          .addresses = options.addresses,
                                          .https_port = https_port,
                                          .http_port = http_port};
  if (auto identity = ensure_identity(options, enrollment); !identity) return identity.error();
  control::NodeClientOptions client{
      .controllers = options.controllers, .directory = options.directory, .role = role};
  if (!options.join_token.empty())
    client.enroll = [controllers = options.controllers, enrollment](const tls::Identity& expired) {
      return enroll_again(controllers, enrollment, expired);
    };
  return control::NodeClient::create(std::move(client), std::move(handlers));
}

void add_node_metrics(MetricsServer& server, const control::NodeClient& client) {
  const auto role = std::string(tls::role_text(client.name().role));
  server.add_gauge("meridian_node_build_info", "Always 1; what runs.", [role] {
    return std::vector<MetricSample>{{{{"role", role}, {"version", MERIDIAN_VERSION}}, 1}};
  });
  server.add_gauge(
      "meridian_node_revision", "Configuration revision that the node serves.",
      read_value([&client] { return static_cast<double>(client.status().revision.value); }));
  server.add_gauge("meridian_node_controller_connected", "1 while a controller is connected.",
                   read_value([&client] { return client.status().connected ? 1.0 : 0.0; }));
  server.add_gauge(
      "meridian_node_purge_sequence", "Last purge that the node has applied.",
      read_value([&client] { return static_cast<double>(client.status().purge_sequence.value); }));
}

}  // namespace meridian::daemon

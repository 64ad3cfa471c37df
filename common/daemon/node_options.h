#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/control/node_client.h"
#include "common/observe/metrics.h"
#include "meridian/v1/config.pb.h"

namespace CLI {
class App;
}

namespace meridian::daemon {

/// The command-line options that `dns-steer` and `edge-node` share.
struct NodeOptions {
  std::filesystem::path directory;       // --dir: identity, snapshots
  std::string name;                      // --name: for enrolment; default the host's name
  std::vector<std::string> controllers;  // --controller HOST:PORT, repeatable
  std::string join_token;                // --join, or MERIDIAN_JOIN_TOKEN: to enrol with
  std::vector<std::string> addresses;    // --address IP, repeatable: for enrolment
  std::string metrics;                   // --metrics IP:PORT; empty: none
  std::string log_level = "info";        // --log-level
  unsigned workers = 0;                  // --workers; 0: one a core
};

/// Declares them on `app`, with help texts.
void add_node_options(CLI::App& app, NodeOptions& options, std::string default_directory);

/// Enrols if `directory` holds no identity yet, or one that is damaged (then a join token and a
/// controller are needed), and makes the client. One that has expired serves: the client enrols
/// anew later if there is a token. The Error tells the operator what is missing.
Result<std::unique_ptr<control::NodeClient>> join_control_plane(
    const NodeOptions& options, v1::Role role, std::optional<std::uint32_t> https_port,
    std::optional<std::uint32_t> http_port, control::NodeHandlers handlers);

/// The metrics that every node has: build, revision, connection to the controller. `client` must
/// outlive `server`.
void add_node_metrics(MetricsServer& server, const control::NodeClient& client);

}  // namespace meridian::daemon

#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <google/protobuf/util/time_util.h>

#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/drain.h"
#include "controller/gslbctl/durations.h"
#include "controller/gslbctl/node_view.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{200};

struct WaitOptions {
  Wanted wanted;
  bool all = false;
  std::string timeout = "30s";
};

Answer<Exit> list(Session& session) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = client->nodes();
  if (!response) return response.error();
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write(out, session.format, *response);
  } else if (response->nodes().empty()) {
    session.terminal.err << "no node has enrolled or is declared yet; "
                            "`gslbctl token create` lets one in\n";
  } else {
    out << node_table({response->nodes().begin(), response->nodes().end()}, response->revision())
               .text(session.terminal.colours);
  }
  return Exit::ok;
}

Answer<Exit> wait(Session& session, const WaitOptions& options) {
  if (options.all == !options.wanted.names.empty())
    return usage("node wait needs names, or --all", "for example `gslbctl node wait --all`");
  const auto timeout = duration_option("--timeout", options.timeout);
  if (!timeout) return timeout.error();
  auto client = session.connect();
  if (!client) return client.error();

  const auto patience =
      std::chrono::milliseconds(google::protobuf::util::TimeUtil::DurationToMilliseconds(*timeout));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto nodes = client->nodes();
    // A controller that starts just now is worth waiting for; one that refuses is not.
    if (!nodes && nodes.error().exit != Exit::unreachable) return nodes.error();
    const auto missing = nodes ? still_missing(options.wanted, *nodes) : std::vector<std::string>{};
    if (nodes && missing.empty()) return Exit::ok;
    if (std::chrono::steady_clock::now() + kBetweenLooks > deadline) {
      if (!nodes) return nodes.error();
      std::string text = "not so within " + options.timeout + ":";
      for (const auto& line : missing) text += "\n  " + line;
      return Failure{Exit::incomplete, std::move(text), "`gslbctl node list` shows the rest"};
    }
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

void add_wait(CLI::App& noun, Session& session) {
  auto options = std::make_shared<WaitOptions>();
  auto* command =
      noun.add_subcommand("wait", "Wait until nodes are connected and serve the newest revision");
  command->add_option("NAME", options->wanted.names, "Nodes to wait for");
  command->add_flag("--all", options->all, "Wait for every declared node");
  command->add_flag("--healthy", options->wanted.healthy, "Edges must be healthy too");
  command->add_option("--revision", options->wanted.revision,
                      "At least this revision instead of the newest");
  command->add_option("--timeout", options->timeout, "Then give up, with exit code 3")
      ->capture_default_str();
  command->callback([&session, options] {
    session.command = [&session, options] { return wait(session, *options); };
  });
}

}  // namespace

void add_node(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("node", "Edges and DNS nodes, and how they are");
  noun->require_subcommand(1);
  noun->add_subcommand("list", "List nodes with stream, health and revision")->callback([&session] {
    session.command = [&session] { return list(session); };
  });
  add_drain(*noun, session);
  add_wait(*noun, session);
}

}  // namespace meridian::gslbctl

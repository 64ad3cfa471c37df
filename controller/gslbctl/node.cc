#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <google/protobuf/util/time_util.h>

#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/drain_watch.h"
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

enum class Drain { drained, in_service };

struct DrainOptions {
  std::string name;
  bool watch = false;
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

Answer<Exit> set_drain(Session& session, const std::string& name, Drain drain) {
  const bool wanted = drain == Drain::drained;
  auto client = session.connect();
  if (!client) return client.error();
  v1::ResourceKey key;
  key.set_kind(v1::KIND_NODE);
  key.set_name(name);
  const auto response =
      apply_edit(*client, key, std::string(wanted ? "node drain " : "node undrain ") + name,
                 [&](v1::Resource& resource) -> Answer<Edited> {
                   if (resource.node().drained() == wanted) return Edited::unchanged;
                   resource.mutable_node()->set_drained(wanted);
                   return Edited::changed;
                 });
  if (!response) return response.error();
  if (session.format != Format::table) {
    write(session.terminal.out, session.format, *response);
    return Exit::ok;
  }
  session.terminal.out << "Node " << name << " is "
                       << (response->changes().empty() ? "already " : "")
                       << (wanted ? "drained: new answers leave it out, and it serves whom it has"
                                  : "in service")
                       << "\nrevision " << response->revision() << "\n";
  return Exit::ok;
}

/// A line a second, until nearly nothing comes any more.
Answer<Exit> watch_drain(Session& session, const std::string& name) {
  auto client = session.connect();
  if (!client) return client.error();
  auto& out = session.terminal.out;
  out << "Resolvers follow within the TTL of their answers. Ctrl-C ends the watch, not the drain.\n"
      << DrainWatch::heading() << "\n";
  DrainWatch watch;
  const auto begin = std::chrono::steady_clock::now();
  for (auto next = begin;; next += std::chrono::seconds(1)) {
    std::this_thread::sleep_until(next);
    const auto nodes = client->nodes();
    if (!nodes && nodes.error().exit != Exit::unreachable) return nodes.error();
    if (!nodes) {
      out << "the controller does not answer just now" << std::endl;
      continue;
    }
    const auto found = std::find_if(nodes->nodes().begin(), nodes->nodes().end(),
                                    [&](const auto& node) { return node.name() == name; });
    if (found == nodes->nodes().end()) return refused(name + " is not declared any more");
    if (!found->node().drained()) return refused(name + " was put into service again meanwhile");
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
    const auto state = watch.look(*found, static_cast<std::uint64_t>(seconds.count()));
    out << watch.line() << std::endl;  // at once, for who looks on
    if (state == DrainWatch::State::empty) break;
  }
  out << name << " is empty but for probes: it may be stopped\n";
  return Exit::ok;
}

Answer<Exit> drain(Session& session, const DrainOptions& options) {
  if (options.watch && session.format != Format::table)
    return usage("--watch is for people: leave -o out", "scripts ask `gslbctl node list -o json`");
  if (options.watch) {
    auto client = session.connect();
    if (!client) return client.error();
    const auto nodes = client->nodes();
    if (!nodes) return nodes.error();
    for (const auto& node : nodes->nodes())
      if (node.name() == options.name && node.node().role() != v1::ROLE_EDGE)
        return usage("only edges report what still comes: leave --watch out");
  }
  const auto drained = set_drain(session, options.name, Drain::drained);
  if (!drained || !options.watch) return drained;
  return watch_drain(session, options.name);
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

void add_drain(CLI::App& noun, Session& session) {
  auto options = std::make_shared<DrainOptions>();
  auto* command =
      noun.add_subcommand("drain", "Take a node out of DNS answers; it serves whom it has");
  command->add_option("NAME", options->name, "The Node's name")->required();
  command->add_flag("--watch", options->watch,
                    "Show each second what traffic an edge still gets, until it is nearly none");
  command->callback([&session, options] {
    session.command = [&session, options] { return drain(session, *options); };
  });
}

void add_undrain(CLI::App& noun, Session& session) {
  auto name = std::make_shared<std::string>();
  auto* command = noun.add_subcommand("undrain", "Put a drained node into service again");
  command->add_option("NAME", *name, "The Node's name")->required();
  command->callback([&session, name] {
    session.command = [&session, name] { return set_drain(session, *name, Drain::in_service); };
  });
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
  add_undrain(*noun, session);
  add_wait(*noun, session);
}

}  // namespace meridian::gslbctl

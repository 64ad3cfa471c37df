#include "controller/gslbctl/drain.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>
#include <thread>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/drain_watch.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

enum class Drain { drained, in_service };

struct DrainOptions {
  std::string name;
  bool watch = false;
};

using Resources = std::vector<v1::Resource>;

Answer<Resources> list_all(Client& client, v1::Kind kind) {
  const auto listed = client.list(kind, "");
  if (!listed) return listed.error();
  return Resources(listed->resources().begin(), listed->resources().end());
}

/// Null: there is none of this name.
const v1::NodeStatus* find_node(const v1::ListNodesResponse& nodes, const std::string& name) {
  const auto found = std::find_if(nodes.nodes().begin(), nodes.nodes().end(),
                                  [&](const auto& node) { return node.name() == name; });
  return found == nodes.nodes().end() ? nullptr : &*found;
}

Answer<v1::ApplyResponse> set_drain(Client& client, const std::string& name, Drain drain) {
  const bool wanted = drain == Drain::drained;
  v1::ResourceKey key;
  key.set_kind(v1::KIND_NODE);
  key.set_name(name);
  return apply_edit(client, key, std::string(wanted ? "node drain " : "node undrain ") + name,
                    [&](v1::Resource& resource) -> Answer<Edited> {
                      if (resource.node().drained() == wanted) return Edited::unchanged;
                      resource.mutable_node()->set_drained(wanted);
                      return Edited::changed;
                    });
}

/// DNS nodes are found by NS records, which no drain changes.
std::string state_text(Drain drain, v1::Role role) {
  if (drain == Drain::in_service) return "in service";
  return role == v1::ROLE_DNS
             ? "drained, which is a mark only: it answers whoever asks it, as long as NS records "
               "name it"
             : "drained: new answers leave it out, and it serves whom it has";
}

void tell(Session& session, const std::string& name, const std::string& state,
          const v1::ApplyResponse& response) {
  auto& out = session.terminal.out;
  if (session.format != Format::table) return write(out, session.format, response);
  out << "Node " << name << " is " << (response.changes().empty() ? "already " : "") << state
      << "\nrevision " << response.revision() << "\n";
}

void warn_where_alone(Session& session, const v1::ListNodesResponse& nodes, const Resources& sites,
                      const v1::NodeStatus& edge) {
  const auto alone = sites_of_this_edge_alone(nodes, sites, edge);
  if (alone.empty()) return;
  session.terminal.err << "warning: no other edge is up that serves " << joined(alone)
                       << ": DNS goes on answering with " << edge.name() << "\n";
}

void warn_of_dns_nodes(Session& session, const v1::ListNodesResponse& nodes,
                       const std::string& name) {
  const auto away = dns_nodes_away(nodes);
  if (away.empty()) return;
  session.terminal.err << "warning: not connected: " << joined(away)
                       << ". If they run, they may still answer with " << name << "\n";
}

/// A line a second, until nearly nothing comes any more.
Answer<Exit> watch_drain(Session& session, Client& client, const std::string& name,
                         std::uint64_t revision, std::chrono::seconds ttl) {
  auto& out = session.terminal.out;
  out << "Resolvers keep answers with it for up to " << ttl.count()
      << " s. Ctrl-C ends the watch, not the drain.\n"
      << DrainWatch::heading() << "\n";
  DrainWatch watch(ttl);
  const auto begin = std::chrono::steady_clock::now();
  for (auto next = begin;; next += std::chrono::seconds(1)) {
    std::this_thread::sleep_until(next);
    const auto nodes = client.nodes();
    if (!nodes && nodes.error().exit != Exit::unreachable) return nodes.error();
    if (!nodes) {
      out << "the controller does not answer just now" << std::endl;
      continue;
    }
    const auto* edge = find_node(*nodes, name);
    if (!edge) return refused(name + " is not declared any more");
    if (!edge->node().drained()) return refused(name + " was put into service again meanwhile");
    const auto passed =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
    const auto scene = drain_scene(*nodes, edge->node(), revision);
    const auto state = watch.look(*edge, scene, passed);
    out << watch.line() << std::endl;  // at once, for who looks on
    if (state == DrainWatch::State::drains) continue;
    out << name << " is empty but for probes: it may be stopped\n";
    warn_of_dns_nodes(session, *nodes, name);
    return Exit::ok;
  }
}

Answer<Exit> drain(Session& session, const DrainOptions& options) {
  if (options.watch && session.format != Format::table)
    return usage("--watch is for people: leave -o out", "scripts ask `gslbctl node list -o json`");
  auto client = session.connect();
  if (!client) return client.error();
  const auto nodes = client->nodes();
  if (!nodes) return nodes.error();
  const auto* node = find_node(*nodes, options.name);
  const auto role = node ? node->node().role() : v1::ROLE_UNSPECIFIED;
  if (options.watch && node && role != v1::ROLE_EDGE)
    return usage("only edges report what still comes: leave --watch out");
  const auto sites = list_all(*client, v1::KIND_SITE);
  if (!sites) return sites.error();
  const auto policies = list_all(*client, v1::KIND_STEERING_POLICY);
  if (!policies) return policies.error();

  const auto response = set_drain(*client, options.name, Drain::drained);
  if (!response) return response.error();
  tell(session, options.name, state_text(Drain::drained, role), *response);
  if (!node || role != v1::ROLE_EDGE) return Exit::ok;
  warn_where_alone(session, *nodes, *sites, *node);
  if (!options.watch) return Exit::ok;
  return watch_drain(session, *client, options.name, response->revision(),
                     longest_ttl(*sites, *policies, node->node().location()));
}

Answer<Exit> undrain(Session& session, const std::string& name) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = set_drain(*client, name, Drain::in_service);
  if (!response) return response.error();
  tell(session, name, state_text(Drain::in_service, v1::ROLE_UNSPECIFIED), *response);
  return Exit::ok;
}

void add_undrain(CLI::App& noun, Session& session) {
  auto name = std::make_shared<std::string>();
  auto* command = noun.add_subcommand("undrain", "Put a drained node into service again");
  command->add_option("NAME", *name, "The Node's name")->required();
  command->callback(
      [&session, name] { session.command = [&session, name] { return undrain(session, *name); }; });
}

}  // namespace

void add_drain(CLI::App& noun, Session& session) {
  auto options = std::make_shared<DrainOptions>();
  auto* command =
      noun.add_subcommand("drain", "Take an edge out of DNS answers; it serves whom it has");
  command->add_option("NAME", options->name, "The Node's name")->required();
  command->add_flag("--watch", options->watch,
                    "Show each second what traffic an edge still gets, until it is nearly none");
  command->callback([&session, options] {
    session.command = [&session, options] { return drain(session, *options); };
  });
  add_undrain(noun, session);
}

}  // namespace meridian::gslbctl

#include <map>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>
#include <google/protobuf/util/time_util.h>

#include "common/tls/identity.h"
#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/durations.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

struct TokenOptions {
  v1::Role role = v1::ROLE_UNSPECIFIED;
  std::string location;
  std::string node;
  std::string ttl = "1h";
  std::uint32_t uses = 1;
};

/// What to run on the node's machine.
std::string node_command(const TokenOptions& options, const std::string& controller,
                         const std::string& token) {
  const bool edge = options.role == v1::ROLE_EDGE;
  return std::string(edge ? "edge-node" : "dns-steer") + " --controller " + controller +
         " --name " + (options.node.empty() ? "NAME" : options.node) +
         (edge ? " --address IP --https 0.0.0.0:443 --http 0.0.0.0:80" : " --listen 0.0.0.0:53") +
         " --join " + token;
}

/// The token alone goes to standard output, so that `token=$(gslbctl token create ...)` works.
Answer<Exit> create(Session& session, const TokenOptions& options) {
  const auto ttl = duration_option("--ttl", options.ttl);
  if (!ttl) return ttl.error();
  auto client = session.connect();
  if (!client) return client.error();
  v1::CreateJoinTokenRequest request;
  request.set_role(options.role);
  request.set_location(options.location);
  request.set_node(options.node);
  *request.mutable_ttl() = *ttl;
  request.set_uses(options.uses);
  const auto response = client->create_token(request);
  if (!response) return response.error();
  if (session.format != Format::table) {
    write(session.terminal.out, session.format, *response);
    return Exit::ok;
  }
  session.terminal.out << response->token() << std::endl;
  session.terminal.err << "Good for " << options.uses
                       << (options.uses == 1 ? " enrolment" : " enrolments") << " within "
                       << options.ttl << ", and not shown again. On the node's machine:\n  "
                       << node_command(options, client->controller(), response->token()) << "\n";
  return Exit::ok;
}

Answer<Exit> list(Session& session) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = client->tokens();
  if (!response) return response.error();
  if (session.format != Format::table) {
    write(session.terminal.out, session.format, *response);
    return Exit::ok;
  }
  Table table{{"ID", "ROLE", "LOCATION", "NODE", "USES LEFT", "EXPIRES", "STATE"}, {}};
  for (const auto& token : response->tokens()) {
    const bool expired = token.expires() <= google::protobuf::util::TimeUtil::GetCurrentTime();
    const auto state = token.revoked()          ? Cell("revoked", Tone::bad)
                       : token.uses_left() == 0 ? Cell("used up", Tone::faint)
                       : expired                ? Cell("expired", Tone::faint)
                                                : Cell("usable", Tone::good);
    table.rows.push_back({token.id(), std::string(tls::role_text(token.role())), token.location(),
                          token.node().empty() ? "(any)" : token.node(),
                          std::to_string(token.uses_left()), time_text(token.expires()), state});
  }
  session.terminal.out << table.text(session.terminal.colours);
  return Exit::ok;
}

Answer<Exit> revoke(Session& session, const std::string& id) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = client->revoke_token(id);
  if (!response) return response.error();
  session.terminal.out << "revoked " << id << "\n";
  return Exit::ok;
}

void add_create(CLI::App& noun, Session& session) {
  auto options = std::make_shared<TokenOptions>();
  auto* command = noun.add_subcommand("create", "Make a token with which a node may enrol");
  const std::map<std::string, v1::Role> roles{{"edge", v1::ROLE_EDGE}, {"dns", v1::ROLE_DNS}};
  command->add_option("--role", options->role, "edge or dns")
      ->required()
      ->transform(CLI::CheckedTransformer(roles).description(""));
  command->add_option("--location", options->location, "Where the node stands: a Location's name")
      ->required();
  command->add_option("--node", options->node, "Only for the node of this name");
  command->add_option("--ttl", options->ttl, "How long it can be used; at most 168h")
      ->capture_default_str();
  command->add_option("--uses", options->uses, "How many nodes may enrol with it")
      ->capture_default_str();
  command->callback([&session, options] {
    session.command = [&session, options] { return create(session, *options); };
  });
}

}  // namespace

void add_token(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("token", "Join tokens, with which nodes enrol");
  noun->require_subcommand(1);
  add_create(*noun, session);
  noun->add_subcommand("list", "List tokens; their secrets are known to nobody")
      ->callback([&session] { session.command = [&session] { return list(session); }; });
  auto id = std::make_shared<std::string>();
  auto* command = noun->add_subcommand("revoke", "Make a token useless at once");
  command->add_option("ID", *id, "As `gslbctl token list` shows it")->required();
  command->callback(
      [&session, id] { session.command = [&session, id] { return revoke(session, *id); }; });
}

}  // namespace meridian::gslbctl

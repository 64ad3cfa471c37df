#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/explanation.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

struct ExplainOptions {
  std::string hostname;
  std::string client;
  std::string node;
};

Answer<Exit> explain(Session& session, const ExplainOptions& options) {
  auto client = session.connect();
  if (!client) return client.error();
  v1::ExplainQuery query;
  query.set_hostname(options.hostname);
  query.set_client(options.client);
  query.set_node(options.node);
  const auto response = client->explain(query);
  if (!response) return response.error();
  if (session.format != Format::table) {
    write(session.terminal.out, session.format, *response);
    return response->error().empty() ? Exit::ok : Exit::refused;
  }
  if (!response->error().empty())
    return refused(response->node() + " cannot explain " + options.hostname + ": " +
                   response->error());
  session.terminal.out << explanation_text(options.hostname, options.client, *response,
                                           session.terminal.colours);
  return Exit::ok;
}

}  // namespace

void add_explain(CLI::App& app, Session& session) {
  auto options = std::make_shared<ExplainOptions>();
  auto* command = app.add_subcommand(
      "explain", "Why a client gets the answer that it gets: place, ranking, health, reason");
  command->add_option("HOST", options->hostname, "The steered name")->required();
  command->add_option("--client", options->client, "The client's IP address")->required();
  command->add_option("--node", options->node, "The DNS node to ask; default: any");
  command->callback([&session, options] {
    session.command = [&session, options] { return explain(session, *options); };
  });
}

}  // namespace meridian::gslbctl

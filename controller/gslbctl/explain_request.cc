#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/hostnames.h"
#include "controller/gslbctl/http_explanation.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

struct RequestOptions {
  std::string url;
  std::string method = "GET";
  std::vector<std::string> headers;
  std::string client;
  std::string node;
};

/// "Name: value".
Answer<v1::HttpField> parse_field(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0)
    return usage("--header: '" + text + "' is not of the form 'Name: value'");
  v1::HttpField field;
  field.set_name(text.substr(0, colon));
  const auto value = text.find_first_not_of(' ', colon + 1);
  if (value != std::string::npos) field.set_value(text.substr(value));
  return field;
}

/// Tells a DNS node, of which nobody knows more than that it is not connected as an edge.
Answer<Exit> check_role(Client& client, const std::string& name) {
  const auto nodes = client.nodes();
  if (!nodes) return nodes.error();
  for (const auto& node : nodes->nodes())
    if (node.name() == name && node.node().role() == v1::ROLE_DNS)
      return usage(name + " is a DNS node: name an edge", "`gslbctl node list` shows them");
  return Exit::ok;
}

Answer<Exit> explain_request(Session& session, const RequestOptions& options) {
  if (host_of(options.url).empty())
    return usage("'" + options.url + "' is no URL with https:// or http:// and a host",
                 "for example https://www.shop.example/a.css");
  v1::HttpExplainQuery query;
  auto& asked = *query.mutable_request();
  asked.set_url(options.url);
  asked.set_method(options.method);
  asked.set_client(options.client);
  for (const auto& header : options.headers) {
    auto field = parse_field(header);
    if (!field) return field.error();
    *asked.add_fields() = std::move(*field);
  }
  query.set_node(options.node);
  auto client = session.connect();
  if (!client) return client.error();
  if (!options.node.empty())
    if (const auto fine = check_role(*client, options.node); !fine) return fine.error();
  const auto told = client->explain_http(query);
  if (!told) return told.error();
  if (session.format != Format::table) {
    write(session.terminal.out, session.format, *told);
    return told->error().empty() ? Exit::ok : Exit::refused;
  }
  if (!told->error().empty())
    return refused(told->node() + " cannot explain " + options.url + ": " + told->error());
  session.terminal.out << http_explanation_text(asked, *told, session.terminal.colours);
  return Exit::ok;
}

}  // namespace

void add_explain_request(CLI::App& app, Session& session) {
  auto options = std::make_shared<RequestOptions>();
  auto* command = app.add_subcommand(
      "explain-request", "What an edge makes of an HTTP request: site, rules, pool, cache key");
  command->add_option("URL", options->url, "https://HOST/PATH?QUERY")->required();
  command->add_option("-X,--method", options->method, "Of the request")->capture_default_str();
  command->add_option("-H,--header", options->headers, "'Name: value'; repeatable")
      ->allow_extra_args(false);
  command->add_option("--client", options->client, "The client's IP address")->required();
  command->add_option("--node", options->node, "The edge to ask; default: any");
  command->callback([&session, options] {
    session.command = [&session, options] { return explain_request(session, *options); };
  });
}

}  // namespace meridian::gslbctl

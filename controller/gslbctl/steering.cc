#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/session.h"
#include "controller/gslbctl/steering_view.h"

namespace meridian::gslbctl {
namespace {

struct ReportOptions {
  std::string policy;
  std::string site;
  std::vector<std::string> lost;
  std::string node;
};

Answer<Exit> report(Session& session, const ReportOptions& options) {
  auto client = session.connect();
  if (!client) return client.error();
  v1::SteeringReportQuery query;
  query.set_steering_policy(options.policy);
  query.set_site(options.site);
  query.set_node(options.node);
  for (const auto& location : options.lost) query.add_lost(location);
  const auto response = client->report_steering(query);
  if (!response) return response.error();
  if (!response->error().empty()) return refused(response->node() + ": " + response->error());
  if (session.format != Format::table)
    write(session.terminal.out, session.format, *response);
  else
    session.terminal.out << steering_report_text(*response, session.terminal.colours);
  return Exit::ok;
}

}  // namespace

void add_steering(CLI::App& app, Session& session) {
  auto* steering = app.add_subcommand("steering", "How well clients are led");
  steering->require_subcommand(1);
  auto options = std::make_shared<ReportOptions>();
  auto* command = steering->add_subcommand(
      "report",
      "Where steering policies lead the whole address space, how far that is, and what changes "
      "if a location is lost");
  auto* policy = command->add_option("POLICY", options->policy, "Default: all steering policies");
  command->add_option("--site", options->site, "What this site's clients get")->excludes(policy);
  command
      ->add_option("--lost", options->lost,
                   "A location whose loss to look at; repeatable; default: each of those that most "
                   "clients are led to")
      ->allow_extra_args(false);
  command->add_option("--node", options->node, "The DNS node to ask; default: any");
  command->callback([&session, options] {
    session.command = [&session, options] { return report(session, *options); };
  });
}

}  // namespace meridian::gslbctl

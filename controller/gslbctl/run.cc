#include "controller/gslbctl/run.h"

#include <algorithm>
#include <ostream>

#include <CLI/CLI.hpp>

#include "common/base/nearest.h"
#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/session.h"
#include "controller/gslbctl/zone.h"

namespace meridian::gslbctl {
namespace {

constexpr const char* kFooter = R"(
Exit codes: 0 done; 1 refused, of diff: there are differences; 2 wrong usage or a wrong local file;
3 not everybody has followed yet; 4 no controller answered; 5 of diff: refused.)";

void set_format(Session& session, const std::string& text) {
  if (text == "table")
    session.format = Format::table;
  else if (text == "json")
    session.format = Format::json;
  else if (text == "yaml")
    session.format = Format::yaml;
  else
    throw CLI::ValidationError("--output", "'" + text + "' is none of table, json, yaml");
}

void declare(CLI::App& app, Session& session) {
  app.set_version_flag("--version", "gslbctl " MERIDIAN_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // global options may follow the command; subcommands inherit it
  app.footer(kFooter);
  app.add_option("--controller", session.flags.controller,
                 "The controller, HOST:PORT (or MERIDIAN_CONTROLLER)");
  app.add_option("--identity", session.flags.identity,
                 "Directory with chain.pem, key.pem, ca.pem (or MERIDIAN_IDENTITY)");
  app.add_option("--config", session.flags.config,
                 "Settings file, made by init (or MERIDIAN_GSLBCTL_CONFIG)");
  app.add_option_function<std::string>(
         "-o,--output", [&session](const std::string& text) { set_format(session, text); },
         "table, json or yaml")
      ->default_str("table");
  add_init(app, session);
  add_admin(app, session);
  add_apply(app, session);
  add_diff(app, session);
  add_get(app, session);
  add_describe(app, session);
  add_delete(app, session);
  add_history(app, session);
  add_status(app, session);
  add_origin(app, session);
  add_node(app, session);
  add_token(app, session);
  add_cookie_secret(app, session);
  add_purge(app, session);
  add_explain(app, session);
  add_explain_request(app, session);
  add_steering(app, session);
  add_prefix_map(app, session);
  add_zone(app, session);
  add_completion(app, session);
}

/// "gslbctl nod": what was meant, instead of CLI11's "A subcommand is required".
Answer<Exit> check_command(const CLI::App& app) {
  const auto rest = app.remaining();
  if (rest.empty() || rest.front().starts_with('-')) return Exit::ok;
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  const auto children = command->get_subcommands([](const CLI::App*) { return true; });
  if (children.empty()) return Exit::ok;
  std::vector<std::string> names;
  for (const auto* child : children) names.push_back(child->get_name());
  const std::vector<std::string_view> views(names.begin(), names.end());
  return usage("'" + rest.front() + "' is no command" + did_you_mean(rest.front(), views),
               "`gslbctl --help` lists them");
}

int report(const Failure& failure, Terminal& terminal) {
  terminal.err << "gslbctl: " << failure.what << "\n";
  if (!failure.advice.empty()) terminal.err << failure.advice << "\n";
  return static_cast<int>(failure.exit);
}

}  // namespace

int run(std::vector<std::string> arguments, Terminal& terminal, const Environment& environment) {
  Session session{terminal, environment};
  CLI::App app("Configures and watches a Meridian fleet through its controller.", "gslbctl");
  declare(app, session);
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (const auto known = check_command(app); !known) return report(known.error(), terminal);
    const int code = app.exit(error, terminal.out, terminal.err);
    return code == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  const auto outcome = session.command();
  terminal.out.flush();
  return outcome ? static_cast<int>(*outcome) : report(outcome.error(), terminal);
}

}  // namespace meridian::gslbctl

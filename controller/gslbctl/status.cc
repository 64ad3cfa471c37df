#include <algorithm>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/certificate_view.h"
#include "controller/gslbctl/changes.h"
#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/node_view.h"
#include "controller/gslbctl/own_certificate.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

/// Those certificates that somebody must do something about.
void write_expiries(Terminal& terminal, Client& client) {
  const auto all = client.list(v1::KIND_CERTIFICATE, "");
  if (!all) {
    terminal.err << "warning: the certificates cannot be listed: " << all.error().what << "\n";
    return;
  }
  const auto text = expiry_text({all->resources().begin(), all->resources().end()},
                                WallClock::now(), terminal.colours);
  if (!text.empty()) terminal.out << "\n" << text;
}

Answer<Exit> status(Session& session) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = client->status();
  if (!response) return response.error();
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write(out, session.format, *response);
    return Exit::ok;
  }
  const std::vector<v1::NodeStatus> nodes(response->nodes().begin(), response->nodes().end());
  const auto connected =
      std::count_if(nodes.begin(), nodes.end(), [](const auto& node) { return node.connected(); });
  out << "controller    " << client->controller() << ", version " << response->software_version()
      << ", since " << time_text(response->started()) << "\n"
      << "revision      " << response->revision() << "\n"
      << "serves        " << response->sites() << (response->sites() == 1 ? " site" : " sites")
      << ", " << response->zones() << (response->zones() == 1 ? " zone" : " zones") << "\n"
      << "nodes         " << connected << " of " << nodes.size() << " connected\n"
      << "last purge    " << response->purge_sequence() << "\n"
      << "CA expires    " << time_text(response->ca_expires()) << "\n";
  // As it is on disk now: this very command may have renewed it.
  if (const auto own = tls::load_identity(client->identity()); own && *own)
    out << "you           " << own_text(**own, WallClock::now(), session.terminal.colours) << "\n";
  if (!nodes.empty())
    out << "\n" << node_table(nodes, response->revision()).text(session.terminal.colours);
  write_expiries(session.terminal, *client);
  return Exit::ok;
}

Answer<Exit> history(Session& session, std::uint32_t limit) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = client->revisions(limit);
  if (!response) return response.error();
  if (session.format != Format::table) {
    write(session.terminal.out, session.format, *response);
    return Exit::ok;
  }
  Table table{{"REVISION", "TIME", "AUTHOR", "CHANGES", "COMMENT"}, {}};
  for (const auto& revision : response->revisions()) {
    std::vector<std::string> changes;
    for (const auto& change : revision.changes())
      changes.push_back(change_text(change, Tense::past));
    table.rows.push_back({std::to_string(revision.revision()), time_text(revision.time()),
                          revision.author(), joined(changes, 3), revision.comment()});
  }
  session.terminal.out << table.text(session.terminal.colours);
  return Exit::ok;
}

}  // namespace

void add_status(CLI::App& app, Session& session) {
  app.add_subcommand("status", "The controller, the revision, and how the nodes are")
      ->callback([&session] { session.command = [&session] { return status(session); }; });
}

void add_history(CLI::App& app, Session& session) {
  auto limit = std::make_shared<std::uint32_t>(20);
  auto* command = app.add_subcommand("history", "Accepted revisions, newest first");
  command->add_option("--limit", *limit, "How many")->capture_default_str();
  command->callback([&session, limit] {
    session.command = [&session, limit] { return history(session, *limit); };
  });
}

}  // namespace meridian::gslbctl

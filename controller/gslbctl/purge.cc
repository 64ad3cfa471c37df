#include <algorithm>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/durations.h"
#include "controller/gslbctl/hostnames.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

struct PurgeOptions {
  std::string url;
  std::string prefix;
  std::string site;
  std::string tag;
  bool everything = false;
  bool soft = false;
  bool yes = false;
  std::string wait = "5s";
};

Cell progress_cell(const v1::PurgeProgress& edge) {
  if (edge.acknowledged()) return {"purged", Tone::good};
  return edge.connected()
             ? Cell("not yet", Tone::doubtful)
             : Cell("not connected: serves what it has, purges when it is back", Tone::bad);
}

Answer<v1::PurgeRequest> request_of(const PurgeOptions& options, const Terminal& terminal) {
  const auto given = [](const std::string& text) { return text.empty() ? 0 : 1; };
  const int targets = given(options.url) + given(options.prefix) + given(options.site) +
                      (options.everything ? 1 : 0);
  if (targets != 1)
    return usage("purge needs one of URL, --prefix URL, --site SITE and --everything",
                 "for example `gslbctl purge https://www.shop.example/a.css`");
  if (!options.tag.empty() && options.site.empty())
    return usage("--tag needs the --site whose objects carry it",
                 "for example `gslbctl purge --site www --tag product-42`");
  if (options.everything && !options.soft && terminal.interactive && !options.yes)
    return usage("this would empty the caches of all edges, and origins would feel it",
                 "add --yes to do it, or --soft to have all of it validated instead");
  const auto wait = duration_option("--wait", options.wait);
  if (!wait) return wait.error();
  v1::PurgeRequest request;
  *request.mutable_wait() = *wait;
  auto& purge = *request.mutable_purge();
  purge.set_soft(options.soft);
  if (!options.url.empty()) purge.set_url(options.url);
  if (!options.prefix.empty()) purge.set_prefix(options.prefix);
  if (options.everything) purge.set_everything(true);
  if (!options.site.empty() && options.tag.empty()) purge.set_site(options.site);
  if (!options.tag.empty()) {
    purge.mutable_tag()->set_site(options.site);
    purge.mutable_tag()->set_tag(options.tag);
  }
  return request;
}

/// A URL of no site is no error: what was stored of a site that is gone may be meant.
Answer<Exit> warn_of_strange_host(Session& session, Client& client, const std::string& url) {
  const auto sites = client.list(v1::KIND_SITE, "");
  if (!sites) return sites.error();
  const auto host = host_of(url);
  if (!host.empty() && !is_of_a_site(host, {sites->resources().begin(), sites->resources().end()}))
    session.terminal.err << "warning: no site serves " << host << "\n";
  return Exit::ok;
}

Answer<Exit> purge(Session& session, const PurgeOptions& options) {
  const auto request = request_of(options, session.terminal);
  if (!request) return request.error();
  auto client = session.connect();
  if (!client) return client.error();
  if (!options.url.empty())
    if (const auto told = warn_of_strange_host(session, *client, options.url); !told)
      return told.error();
  const auto response = client->purge(*request);
  if (!response) return response.error();
  const auto& edges = response->edges();
  const bool complete =
      std::all_of(edges.begin(), edges.end(), [](const auto& edge) { return edge.acknowledged(); });
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write(out, session.format, *response);
  } else {
    Table table{{"EDGE", "PURGE " + std::to_string(response->sequence())}, {}};
    for (const auto& edge : edges) table.rows.push_back({edge.node(), progress_cell(edge)});
    out << table.text(session.terminal.colours);
    if (edges.empty()) out << "no edge is declared: there was nothing to purge\n";
  }
  return complete ? Exit::ok : Exit::incomplete;
}

}  // namespace

void add_purge(CLI::App& app, Session& session) {
  auto options = std::make_shared<PurgeOptions>();
  auto* command = app.add_subcommand(
      "purge", "Remove from all caches; exit code 3: some edge has not done so yet");
  command->add_option("URL", options->url, "One URL, in every variant that is stored");
  command->add_option("--prefix", options->prefix,
                      "All URLs that begin so (https://www.shop.example/img/)");
  command->add_option("--site", options->site, "All of one site");
  command->add_option("--tag", options->tag,
                      "Of that site only what the origin has tagged so (Surrogate-Key, Cache-Tag)");
  command->add_flag("--everything", options->everything, "All of all sites");
  command->add_flag(
      "--soft", options->soft,
      "Only make it stale: it is validated before it is fresh again, and may be served "
      "meanwhile or when the origin fails, as its policy allows");
  command->add_option("--wait", options->wait, "For the edges to acknowledge; at most 60s")
      ->capture_default_str();
  command->add_flag("--yes", options->yes, "Do not ask");
  command->callback([&session, options] {
    session.command = [&session, options] { return purge(session, *options); };
  });
}

}  // namespace meridian::gslbctl

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "common/config/documents.h"
#include "controller/gslbctl/changes.h"
#include "controller/gslbctl/commands.h"
#include "controller/gslbctl/resource_table.h"
#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {
namespace {

struct ResourceOptions {
  std::string kind;
  std::string name;
  bool yes = false;
  std::string comment;
};

constexpr const char* kKinds =
    "location, node, zone, site, origin-pool, steering-policy, prefix-map, rule, certificate, "
    "dns-settings, edge-settings or tsig-key";

Answer<v1::Kind> wanted_kind(const std::string& text) {
  const auto kind = config::parse_kind(text);
  if (kind != v1::KIND_UNSPECIFIED) return kind;
  return usage("'" + text + "' is no kind of resource; it is one of " + kKinds);
}

v1::ResourceKey key_of(v1::Kind kind, const std::string& name) {
  v1::ResourceKey key;
  key.set_kind(kind);
  key.set_name(name);
  return key;
}

/// Resources come ordered by kind: a table for each, with a heading where there are several.
void write_tables(Terminal& terminal, const std::vector<v1::Resource>& resources, bool headed) {
  for (auto begin = resources.begin(); begin != resources.end();) {
    const auto kind = config::kind_of(*begin);
    auto end = begin;
    while (end != resources.end() && config::kind_of(*end) == kind) ++end;
    if (headed)
      terminal.out << (begin == resources.begin() ? "" : "\n")
                   << painted(config::kind_text(kind), Tone::good, terminal.colours) << "\n";
    terminal.out << resource_table(kind, {begin, end}).text(terminal.colours);
    begin = end;
  }
}

Answer<Exit> get(Session& session, const ResourceOptions& options) {
  auto kind = v1::KIND_UNSPECIFIED;
  if (!options.kind.empty()) {
    const auto wanted = wanted_kind(options.kind);
    if (!wanted) return wanted.error();
    kind = *wanted;
  }
  auto client = session.connect();
  if (!client) return client.error();
  std::vector<v1::Resource> resources;
  if (options.name.empty()) {
    const auto all = client->list(kind, "");
    if (!all) return all.error();
    resources.assign(all->resources().begin(), all->resources().end());
  } else {
    const auto found = find(*client, kind, options.name);
    if (!found) return found.error();
    resources.push_back(found->resource);
  }
  if (session.format != Format::table) {
    write_resources(session.terminal.out, session.format, resources);
  } else if (resources.empty()) {
    session.terminal.err << "nothing is declared yet; `gslbctl apply -f FILE` does\n";
  } else {
    write_tables(session.terminal, resources, options.kind.empty());
  }
  return Exit::ok;
}

Answer<Exit> describe(Session& session, const ResourceOptions& options) {
  const auto kind = wanted_kind(options.kind);
  if (!kind) return kind.error();
  auto client = session.connect();
  if (!client) return client.error();
  const auto found = find(*client, *kind, options.name);
  if (!found) return found.error();
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write_resources(out, session.format, {found->resource});
    return Exit::ok;
  }
  const auto all = client->list(v1::KIND_UNSPECIFIED, "");
  if (!all) return all.error();
  out << config::to_yaml(found->resource) << "\n# In revision " << found->revision << ".\n";
  const auto users =
      referrers(key_of(*kind, options.name), {all->resources().begin(), all->resources().end()});
  for (const auto& user : users) out << "# Named by " << user << ".\n";
  if (*kind == v1::KIND_CERTIFICATE) out << "# The private key is never shown.\n";
  if (*kind == v1::KIND_TSIG_KEY) out << "# The secret is never shown.\n";
  return Exit::ok;
}

Answer<Exit> erase(Session& session, const ResourceOptions& options) {
  const auto kind = wanted_kind(options.kind);
  if (!kind) return kind.error();
  const auto key = key_of(*kind, options.name);
  if (session.terminal.interactive && !options.yes)
    return usage("this would delete " + key_text(key), "add --yes to do it");
  v1::ApplyRequest request;
  *request.add_deletes() = key;
  request.set_comment(options.comment);
  auto client = session.connect();
  if (!client) return client.error();
  const auto found = find(*client, *kind, options.name);
  if (!found) return found.error();
  const auto response = client->apply(request);
  if (!response) return response.error();
  if (!response->violations().empty()) {
    std::string text = "refused, nothing was changed:";
    for (const auto& violation : response->violations()) text += "\n" + violation_text(violation);
    return refused(std::move(text), "change or delete those first, or in the same change");
  }
  if (session.format != Format::table) {
    write(session.terminal.out, session.format, *response);
  } else {
    for (const auto& change : response->changes())
      session.terminal.out << change_text(change, Tense::past) << "\n";
    session.terminal.out << "revision " << response->revision() << "\n";
  }
  return Exit::ok;
}

}  // namespace

void add_get(CLI::App& app, Session& session) {
  auto options = std::make_shared<ResourceOptions>();
  auto* command = app.add_subcommand("get", "List resources, all or of one kind, or one by name");
  command->add_option("KIND", options->kind, kKinds);
  command->add_option("NAME", options->name, "Only the one of this name");
  command->callback([&session, options] {
    session.command = [&session, options] { return get(session, *options); };
  });
}

void add_describe(CLI::App& app, Session& session) {
  auto options = std::make_shared<ResourceOptions>();
  auto* command = app.add_subcommand("describe", "Show one resource whole, and what names it");
  command->add_option("KIND", options->kind, kKinds)->required();
  command->add_option("NAME", options->name)->required();
  command->callback([&session, options] {
    session.command = [&session, options] { return describe(session, *options); };
  });
}

void add_delete(CLI::App& app, Session& session) {
  auto options = std::make_shared<ResourceOptions>();
  auto* command = app.add_subcommand("delete", "Delete one resource that nothing names any more");
  command->add_option("KIND", options->kind, kKinds)->required();
  command->add_option("NAME", options->name)->required();
  command->add_flag("--yes", options->yes, "Do not ask");
  command->add_option("--comment", options->comment, "For the history");
  command->callback([&session, options] {
    session.command = [&session, options] { return erase(session, *options); };
  });
}

}  // namespace meridian::gslbctl

#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "common/disk/file.h"
#include "common/zone/master_file.h"
#include "controller/gslbctl/changes.h"
#include "controller/gslbctl/session.h"
#include "controller/gslbctl/zone.h"
#include "controller/gslbctl/zone_import.h"

namespace meridian::gslbctl {
namespace {

struct ImportOptions {
  std::string file;
  std::string zone;
  std::string comment;
  bool dry_run = false;
};

std::vector<v1::Resource> listed(const v1::ListResourcesResponse& response) {
  return {response.resources().begin(), response.resources().end()};
}

/// That nodes serve: of before the controller kept serials, the revision.
std::uint32_t serial_of(const v1::Resource& zone, std::uint64_t revision) {
  const auto serial = zone.zone().serial();
  return serial != 0 ? serial : static_cast<std::uint32_t>(revision);
}

Answer<zone::MasterFile> read(const ImportOptions& options) {
  const auto text = read_file(options.file, zone::kMostMasterFileOctets);
  if (!text) return usage(text.error().text());
  auto file = zone::read_master_file(*text, options.file, options.zone);
  if (file.errors.empty()) return file;
  std::string mistakes;
  for (const auto& error : file.errors) mistakes += "\n" + error.text();
  return refused("refused, nothing was changed:" + mistakes);
}

Answer<ZoneImport> prepare(Client& client, const zone::MasterFile& file, const std::string& path) {
  const auto zones = client.list(v1::KIND_ZONE, file.name);
  if (!zones) return zones.error();
  const auto sites = client.list(v1::KIND_SITE, "");
  if (!sites) return sites.error();
  const auto* held = zones->resources().empty() ? nullptr : &zones->resources(0);
  return zone_import(file, path, held, listed(*sites));
}

Answer<Exit> import(Session& session, const ImportOptions& options) {
  const auto file = read(options);
  if (!file) return file.error();
  auto client = session.connect();
  if (!client) return client.error();
  const auto made = prepare(*client, *file, options.file);
  if (!made) return made.error();
  v1::ApplyRequest request;
  *request.add_upserts() = made->document.resource;
  request.set_comment(options.comment);
  request.set_dry_run(options.dry_run);
  const auto response = client->apply(request);
  if (!response) return response.error();
  if (!response->violations().empty()) {
    std::string mistakes;
    for (const auto& violation : response->violations())
      mistakes += "\n" + violation_text(violation, {made->document});
    return refused("refused, nothing was changed:" + mistakes);
  }
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write(out, session.format, *response);
    return Exit::ok;
  }
  for (const auto& what : made->left_out) out << "left out: " << what << "\n";
  for (const auto& change : response->changes())
    out << change_text(change, options.dry_run ? Tense::conditional : Tense::past) << ", "
        << made->document.resource.zone().records_size() << " record sets\n";
  if (response->changes().empty()) out << "nothing to change\n";
  out << (options.dry_run ? "dry run: still revision " : "revision ") << response->revision()
      << "\n";
  return Exit::ok;
}

Answer<Exit> export_zone(Session& session, const std::string& name) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto found = find(*client, v1::KIND_ZONE, name);
  if (!found) return found.error();
  auto zone = found->resource.zone();
  zone.set_serial(serial_of(found->resource, found->revision));
  const auto sites = client->list(v1::KIND_SITE, "");
  if (!sites) return sites.error();
  const auto text = zone::write_master_file(name, zone, steered_remarks(name, listed(*sites)));
  if (!text) return refused(text.error().text());
  session.terminal.out << *text;
  return Exit::ok;
}

Answer<Exit> list(Session& session) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto zones = client->list(v1::KIND_ZONE, "");
  if (!zones) return zones.error();
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write_resources(out, session.format, listed(*zones));
    return Exit::ok;
  }
  Table table{{"NAME", "SERIAL", "RECORD SETS"}, {}};
  for (const auto& zone : zones->resources())
    table.rows.push_back({zone.name(), std::to_string(serial_of(zone, zones->revision())),
                          std::to_string(zone.zone().records_size())});
  out << table.text(session.terminal.colours);
  return Exit::ok;
}

}  // namespace

void add_zone_files(CLI::App& noun, Session& session) {
  auto options = std::make_shared<ImportOptions>();
  auto* command = noun.add_subcommand(
      "import", "Make a Zone of a master file (RFC 1035), in place of the records that it had");
  command->add_option("FILE", options->file, "The master file")->required();
  command->add_option("--zone", options->zone, "The zone's name; default: of the file's SOA");
  command->add_flag("--dry-run", options->dry_run, "Validate and compare, change nothing");
  command->add_option("--comment", options->comment, "For the history");
  command->callback([&session, options] {
    session.command = [&session, options] { return import(session, *options); };
  });

  auto name = std::make_shared<std::string>();
  command = noun.add_subcommand("export", "Print a zone as a master file");
  command->add_option("ZONE", *name, "Its name")->required();
  command->callback([&session, name] {
    session.command = [&session, name] { return export_zone(session, *name); };
  });

  command = noun.add_subcommand("list", "List zones and their serials");
  command->callback([&session] { session.command = [&session] { return list(session); }; });
}

}  // namespace meridian::gslbctl

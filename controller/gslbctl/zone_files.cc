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
  if (held != nullptr && !held->zone().primaries().empty())
    return refused("Zone " + file.name + " is transferred from its primaries: " + path +
                       " would be overwritten",
                   "take `primaries` out of it first");
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
  if (!zone.primaries().empty()) {
    const auto contents = client->list(v1::KIND_ZONE_CONTENT, name);
    if (!contents) return contents.error();
    if (contents->resources().empty())
      return refused("nothing has been transferred of Zone " + name + " yet",
                     "`gslbctl zone list` says why");
    zone = contents->resources(0).zone_content().zone();
  }
  const auto sites = client->list(v1::KIND_SITE, "");
  if (!sites) return sites.error();
  const auto status = client->zones(name);
  if (!status) return status.error();
  if (!status->zones().empty()) zone.set_serial(status->zones(0).serial());
  const auto text = zone::write_master_file(name, zone, steered_remarks(name, listed(*sites)));
  if (!text) return refused(text.error().text());
  session.terminal.out << *text;
  return Exit::ok;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

Cell state_of(const v1::ZoneStatus& zone) {
  if (!zone.secondary()) return "declared here";
  if (zone.expired()) return {"expired, still served: " + zone.error(), Tone::bad};
  if (!zone.error().empty()) return {zone.error(), Tone::bad};
  if (zone.serial() == 0) return {"not transferred yet, not served", Tone::doubtful};
  if (!zone.left_out().empty()) return {"transferred, without " + zone.left_out(), Tone::doubtful};
  return {"transferred", Tone::good};
}

Answer<Exit> list(Session& session) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto zones = client->zones("");
  if (!zones) return zones.error();
  auto& out = session.terminal.out;
  if (session.format != Format::table) {
    write(out, session.format, *zones);
    return Exit::ok;
  }
  Table table{{"NAME", "SERIAL", "RECORD SETS", "PRIMARY", "CHECKED", "STATE"}, {}};
  for (const auto& zone : zones->zones())
    table.rows.push_back({zone.name(), zone.serial() == 0 ? "-" : std::to_string(zone.serial()),
                          std::to_string(zone.record_sets()),
                          zone.secondary() ? or_dash(zone.primary()) : "(this)",
                          zone.secondary() ? time_text(zone.checked()) : "-", state_of(zone)});
  out << table.text(session.terminal.colours);
  return Exit::ok;
}

Answer<Exit> refresh(Session& session, const v1::RefreshZoneRequest& request) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto response = client->refresh_zone(request);
  if (!response) return response.error();
  auto& out = session.terminal.out;
  if (session.format != Format::table)
    write(out, session.format, *response);
  else
    out << "the primaries of " << request.zone()
        << " are asked now; `gslbctl zone list` shows what comes of it\n";
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

  auto wish = std::make_shared<v1::RefreshZoneRequest>();
  command = noun.add_subcommand("refresh", "Look for a change at a zone's primaries now");
  command
      ->add_option_function<std::string>(
          "ZONE", [wish](const std::string& zone) { wish->set_zone(zone); }, "Its name")
      ->required();
  command->add_flag_callback(
      "--force", [wish] { wish->set_force(true); },
      "Transfer it whatever the primary's serial, also an older one");
  command->callback(
      [&session, wish] { session.command = [&session, wish] { return refresh(session, *wish); }; });

  command = noun.add_subcommand("list", "List zones, their serials and their transfers");
  command->callback([&session] { session.command = [&session] { return list(session); }; });
}

}  // namespace meridian::gslbctl

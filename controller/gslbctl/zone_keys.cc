#include <map>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "controller/gslbctl/session.h"
#include "controller/gslbctl/zone.h"

namespace meridian::gslbctl {
namespace {

struct DsOptions {
  std::string zone;
  bool confirm = false;
  bool withdrawn = false;
};

struct RolloverOptions {
  std::string zone;
  v1::KeyRole role = v1::KEY_ROLE_UNSPECIFIED;
};

std::string role_text(v1::KeyRole role) {
  switch (role) {
    case v1::KEY_ROLE_CSK:
      return "CSK";
    case v1::KEY_ROLE_KSK:
      return "KSK";
    case v1::KEY_ROLE_ZSK:
      return "ZSK";
    default:
      return "?";
  }
}

Cell state_cell(v1::KeyState state) {
  switch (state) {
    case v1::KEY_STATE_PUBLISHED:
      return {"published", Tone::doubtful};
    case v1::KEY_STATE_READY:
      return {"ready", Tone::doubtful};
    case v1::KEY_STATE_ACTIVE:
      return {"active", Tone::good};
    case v1::KEY_STATE_RETIRED:
      return {"retired", Tone::faint};
    default:
      return "?";
  }
}

std::string algorithm_text(v1::DnssecAlgorithm algorithm) {
  switch (algorithm) {
    case v1::DNSSEC_ALGORITHM_ECDSAP256SHA256:
      return "ECDSAP256SHA256";
    case v1::DNSSEC_ALGORITHM_ED25519:
      return "ED25519";
    default:
      return std::to_string(static_cast<int>(algorithm));
  }
}

std::string wait_text(const v1::ZoneKeyView& key) {
  if (key.waits_for().empty()) return "-";
  return key.waits_for() + (key.has_until() ? ", until " + time_text(key.until()) : "");
}

/// The record for the parent zone comes first, alone on its line, so that it can be piped there.
void show(Session& session, const std::string& zone, const v1::ZoneKeysView& view) {
  auto& out = session.terminal.out;
  if (session.format != Format::table) return write(out, session.format, view);
  Table table{{"TAG", "ROLE", "ALGORITHM", "STATE", "SINCE", "WAITS FOR"}, {}};
  for (const auto& key : view.keys()) {
    if (key.wanted_in_parent()) out << zone << ". IN DS " << key.ds() << std::endl;
    table.rows.push_back({std::to_string(key.tag()), role_text(key.role()),
                          algorithm_text(key.algorithm()), state_cell(key.state()),
                          time_text(key.since()), wait_text(key)});
  }
  session.terminal.err << table.text(session.terminal.colours);
}

Answer<Exit> ds(Session& session, const DsOptions& options) {
  if (options.confirm && options.withdrawn)
    return usage("--confirm and --withdrawn contradict each other", "say what the parent has now");
  auto client = session.connect();
  if (!client) return client.error();
  const auto view = options.confirm || options.withdrawn
                        ? client->confirm_zone_ds(options.zone, options.withdrawn)
                        : client->zone_keys(options.zone);
  if (!view) return view.error();
  show(session, options.zone, *view);
  return Exit::ok;
}

Answer<Exit> rollover(Session& session, const RolloverOptions& options) {
  auto client = session.connect();
  if (!client) return client.error();
  const auto view = client->roll_zone_keys(options.zone, options.role);
  if (!view) return view.error();
  show(session, options.zone, *view);
  return Exit::ok;
}

}  // namespace

void add_zone_keys(CLI::App& noun, Session& session) {
  auto options = std::make_shared<DsOptions>();
  auto* command = noun.add_subcommand(
      "ds", "The DS record that the parent of a signed zone is to have, and how its keys stand");
  command->add_option("ZONE", options->zone, "Its name")->required();
  command->add_flag("--confirm", options->confirm,
                    "The parent has it now, and all its servers say so");
  command->add_flag("--withdrawn", options->withdrawn,
                    "The parent has none any more: the zone may go unsigned");
  command->callback([&session, options] {
    session.command = [&session, options] { return ds(session, *options); };
  });

  auto roll = std::make_shared<RolloverOptions>();
  auto* rolling = noun.add_subcommand("rollover", "Begin to replace the keys of a signed zone");
  rolling->add_option("ZONE", roll->zone, "Its name")->required();
  const std::map<std::string, v1::KeyRole> roles{
      {"csk", v1::KEY_ROLE_CSK}, {"ksk", v1::KEY_ROLE_KSK}, {"zsk", v1::KEY_ROLE_ZSK}};
  rolling->add_option("--key", roll->role, "Only the csk, the ksk or the zsk; default: all")
      ->transform(CLI::CheckedTransformer(roles).description(""));
  rolling->callback([&session, roll] {
    session.command = [&session, roll] { return rollover(session, *roll); };
  });
}

}  // namespace meridian::gslbctl

#include "controller/gslbctl/zone.h"

#include <CLI/CLI.hpp>

#include "controller/gslbctl/session.h"

namespace meridian::gslbctl {

void add_zone(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("zone", "DNS zones");
  noun->require_subcommand(1);
  add_zone_files(*noun, session);
  add_zone_keys(*noun, session);
}

}  // namespace meridian::gslbctl

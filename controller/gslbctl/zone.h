#pragma once

namespace CLI {
class App;
}

namespace meridian::gslbctl {

struct Session;

/// As the commands in commands.h: `gslbctl zone`, and what stands below it.
void add_zone(CLI::App& app, Session& session);
void add_zone_files(CLI::App& noun, Session& session);
void add_zone_keys(CLI::App& noun, Session& session);

}  // namespace meridian::gslbctl

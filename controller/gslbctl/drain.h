#pragma once

namespace CLI {
class App;
}

namespace meridian::gslbctl {

struct Session;

/// As the commands in commands.h: `gslbctl node drain` and `gslbctl node undrain`.
void add_drain(CLI::App& noun, Session& session);

}  // namespace meridian::gslbctl

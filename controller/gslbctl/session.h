#pragma once

#include <functional>
#include <ostream>

#include "controller/gslbctl/client.h"
#include "controller/gslbctl/outcome.h"
#include "controller/gslbctl/own_certificate.h"
#include "controller/gslbctl/render.h"
#include "controller/gslbctl/settings.h"
#include "controller/gslbctl/terminal.h"

namespace meridian::gslbctl {

/// One run of gslbctl: what the command line has said, and where the command works.
struct Session {
  Terminal& terminal;
  const Environment& environment;
  SettingsFlags flags{};
  Format format = Format::table;
  /// The command that the command line names; none: help was asked for.
  std::function<Answer<Exit>()> command{};

  /// A client as the flags, the environment and the settings file say. Renews the operator's
  /// certificate on the way when that is due; that it could not is said and stops nothing.
  Answer<Client> connect() const {
    const auto settings = resolve_settings(flags, environment);
    if (!settings) return settings.error();
    auto client = Client::make(*settings);
    if (!client) return client;
    const auto trouble =
        keep_valid(settings->identity, WallClock::now(),
                   [&client](const tls::Identity& identity) { return client->renew(identity); });
    if (!trouble.empty()) terminal.err << "warning: " << trouble << "\n";
    return client;
  }
};

}  // namespace meridian::gslbctl

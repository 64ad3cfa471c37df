#pragma once

#include <string>

namespace meridian::control {

/// What the controller makes itself and gives to nodes, and never shows to anybody: it is no part
/// of the configuration.
struct NodeSecrets {
  /// Of DNS cookies (RFC 7873), the same on all DNS nodes: 16 octets.
  std::string cookie_secret;
};

}  // namespace meridian::control

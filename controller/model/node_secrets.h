#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// What the controller makes itself and gives to nodes, and never shows to anybody: it is no part
/// of the configuration.
struct NodeSecrets {
  /// Of DNS cookies (RFC 7873), the same on all DNS nodes, in the order of their times.
  std::vector<v1::CookieSecret> cookie_secrets;
  /// Of edges' sticky cookies, the same on all edges, in the order of their times.
  std::vector<v1::CookieSecret> edge_secrets = {};
  /// Keys of zones by their names, also of zones that are not signed any more. Never null.
  std::map<std::string, std::shared_ptr<const v1::ZoneKeys>> zone_keys = {};
};

}  // namespace meridian::control

#pragma once

#include <vector>

#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// What the controller makes itself and gives to nodes, and never shows to anybody: it is no part
/// of the configuration.
struct NodeSecrets {
  /// Of DNS cookies (RFC 7873), the same on all DNS nodes, in the order of their times.
  std::vector<v1::CookieSecret> cookie_secrets;
};

}  // namespace meridian::control

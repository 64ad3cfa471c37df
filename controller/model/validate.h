#pragma once

#include <vector>

#include "controller/model/configuration.h"

namespace meridian::control {

/// Everything that is wrong with a configuration taken as a whole, each with resource, field path
/// and reason: missing and malformed values, references to what does not exist, hostnames claimed
/// twice, static records at steered names, certificates that do not cover their site's hostnames
/// or whose key is another's. Empty: it may become a revision. Pure; at most 100 are listed.
std::vector<v1::Violation> validate(const Configuration& configuration);

}  // namespace meridian::control

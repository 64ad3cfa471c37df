#pragma once

#include <vector>

#include "controller/model/certificate_facts.h"
#include "controller/model/configuration.h"

namespace meridian::control {

/// Everything that is wrong with a configuration taken as a whole, each with resource, field path
/// and reason: missing and malformed values, references to what does not exist, hostnames claimed
/// twice, static records at steered names, certificates that do not cover their site's hostnames,
/// whose key is another's or that edges cannot use. Empty: it may become a revision. Pure; at most
/// 100 are listed. `certificates`: one that has read most of them before makes it faster.
std::vector<v1::Violation> validate(const Configuration& configuration,
                                    CertificateReader& certificates);
std::vector<v1::Violation> validate(const Configuration& configuration);

}  // namespace meridian::control

#pragma once

#include <string>

#include "common/base/id.h"
#include "common/base/result.h"
#include "controller/model/configuration.h"
#include "controller/model/node_secrets.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// What `node` may and must know of `configuration` (DESIGN 3.7). An edge gets itself, the
/// locations, and the sites that its location serves with their pools, rules and certificates, also
/// those by which it proves itself to their origins. A DNS node gets locations, all nodes, zones,
/// sites and steering policies, and never a Certificate or an OriginPool. Of `secrets` each role
/// gets its own only. An Error if no such node is declared. Pure.
Result<v1::Snapshot> node_snapshot(const Configuration& configuration, const NodeSecrets& secrets,
                                   Revision revision, const std::string& node);

}  // namespace meridian::control

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "edge-node/origin/origin_pool.h"
#include "meridian/v1/config.pb.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::edge {

/// What of earlier snapshots lives on. Those that are the same are used again, new ones are added.
struct KnownOrigins {
  std::map<std::string, std::weak_ptr<Origin>> origins;   // by pool, host, port and TLS
  std::map<std::string, std::weak_ptr<PoolState>> pools;  // by name
  void forget_unused();
};

/// What of the rest of a snapshot a pool may need.
struct PoolNeeds {
  std::map<std::string, const v1::Certificate*> certificates;  // by name
  std::vector<v1::CookieSecret> edge_secrets;                  // in the order of sign_from
  std::string location;                                        // where this edge stands
  std::vector<const v1::Resource*> edges;                      // other nodes
  std::shared_ptr<const PeerIdentity> peers;                   // null: no shields
};

Result<std::shared_ptr<const OriginPool>> compile_pool(const std::string& name,
                                                       const v1::OriginPool& from,
                                                       const PoolNeeds& needs, KnownOrigins& known);

}  // namespace meridian::edge

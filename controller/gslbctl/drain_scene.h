#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "meridian/v1/admin.pb.h"

/// What the rest of the fleet means for an edge that is taken out. Pure.
namespace meridian::gslbctl {

/// The fleet around a drained edge at one moment.
struct DrainScene {
  /// Requests that are none of visitors, about: each DNS node probes each address of the edge once
  /// a second. Edges that fetch through a shield let go of its drained edges, and probe them no
  /// more.
  std::uint32_t probes_per_second = 0;
  /// Every DNS node that is connected serves a revision in which the edge is drained, and has
  /// refused none of these.
  bool left_out = true;
};

/// `edge` was drained at `revision`, or before it.
DrainScene drain_scene(const v1::ListNodesResponse& nodes, const v1::Node& edge,
                       std::uint64_t revision);

/// The longest TTL of answers of `sites` that may name an edge at `location`.
std::chrono::seconds longest_ttl(const std::vector<v1::Resource>& sites,
                                 const std::vector<v1::Resource>& policies,
                                 const std::string& location);

/// Of `sites` those that no edge but `edge` serves: none that is not drained is up.
std::vector<std::string> sites_of_this_edge_alone(const v1::ListNodesResponse& nodes,
                                                  const std::vector<v1::Resource>& sites,
                                                  const v1::NodeStatus& edge);

/// Those that may go on answering as they did: they are not connected.
std::vector<std::string> dns_nodes_away(const v1::ListNodesResponse& nodes);

}  // namespace meridian::gslbctl

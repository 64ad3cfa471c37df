#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controller/gslbctl/render.h"
#include "meridian/v1/admin.pb.h"

/// What the controller knows of nodes, for a person. Pure.
namespace meridian::gslbctl {

/// A row for each node; `newest` is the revision that all should serve.
Table node_table(const std::vector<v1::NodeStatus>& nodes, std::uint64_t newest);

/// It has refused `revision`, or a later one: what it has acknowledged before proves nothing then.
bool refuses(const v1::NodeStatus& status, std::uint64_t revision);

/// What `node wait` waits for.
struct Wanted {
  std::vector<std::string> names;  // empty: all that are declared
  bool healthy = false;            // edges: the verdict is healthy
  std::uint64_t revision = 0;      // 0: the newest
};

/// Why the wait is not over, a line for each node; empty: it is. Waiting for all nodes is not over
/// while there is none.
std::vector<std::string> still_missing(const Wanted& wanted, const v1::ListNodesResponse& now);

}  // namespace meridian::gslbctl

#pragma once

#include <string>
#include <vector>

#include "dns-steer/probe/probe_state.h"
#include "meridian/v1/health.pb.h"

namespace meridian::dns {

/// One address of an edge and what it looks like.
struct ProbedAddress {
  std::string text;
  const ProbeState* state;
};

/// This node's vote on an edge. An edge is healthy when all its addresses answer; an address that
/// never answered here while another one does is left out, as out of this node's reach (a DNS node
/// without IPv6 must not take down every edge that has it). Pure.
v1::EdgeVote vote_on(const std::string& node, const std::vector<ProbedAddress>& addresses);

}  // namespace meridian::dns

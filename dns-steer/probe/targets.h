#pragma once

#include <vector>

#include "dns-steer/probe/prober.h"
#include "dns-steer/steer/fleet.h"

namespace meridian::dns {

/// Every edge, drained ones too, to be probed with a hostname of a site that it serves: of one that
/// demands no certificate of its visitors, if there is any.
std::vector<ProbeTarget> probe_targets(const Fleet& fleet);

}  // namespace meridian::dns

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/net/address.h"

namespace meridian::daemon {

/// Where to listen, as `option` ("--listen") says. On a host without IPv6, [::] is left out with a
/// warning, so that one setting, `0.0.0.0:53 [::]:53`, serves on any host.
Result<std::vector<Endpoint>> listen_endpoints(std::string_view option,
                                               const std::vector<std::string>& texts);

/// `wanted` on a host without IPv6: without [::], of any port, as long as anything else is left.
/// What names an address stays, and is an error when it is bound. Pure.
std::vector<Endpoint> without_any_v6(const std::vector<Endpoint>& wanted);

}  // namespace meridian::daemon

#pragma once

#include <string_view>

namespace meridian::tls {

/// Server name under which an edge takes connections from the other edges of its fleet, on the port
/// where it takes those of visitors. No site may have it.
inline constexpr std::string_view kEdgeServerName = "edge.meridian.internal";

}  // namespace meridian::tls

#include "edge-node/compile/compile_limits.h"

#include <google/protobuf/util/time_util.h>

namespace meridian::edge {
namespace {

void use(bool given, const google::protobuf::Duration& from, std::chrono::milliseconds& to) {
  if (given)
    to = std::chrono::milliseconds(google::protobuf::util::TimeUtil::DurationToMilliseconds(from));
}

}  // namespace

VisitorLimits compile_limits(const v1::EdgeSettings& from, const VisitorLimits& defaults) {
  VisitorLimits limits = defaults;
  const auto& timeouts = from.timeouts();
  use(timeouts.has_handshake(), timeouts.handshake(), limits.handshake);
  use(timeouts.has_request_header(), timeouts.request_header(), limits.head);
  use(timeouts.has_keep_alive(), timeouts.keep_alive(), limits.idle);
  use(timeouts.has_request_body(), timeouts.request_body(), limits.body_stall);
  use(timeouts.has_send(), timeouts.send(), limits.send_stall);
  use(timeouts.has_tunnel(), timeouts.tunnel(), limits.tunnel_idle);
  if (timeouts.has_min_bytes_per_second())
    limits.least_bytes_per_second = timeouts.min_bytes_per_second();
  const auto& most = from.limits();
  if (most.has_connections()) limits.all_connections = most.connections();
  if (most.has_header_bytes()) limits.header.head_bytes = most.header_bytes();
  if (most.has_header_fields()) limits.header.fields = most.header_fields();
  if (most.has_request_line_bytes()) limits.header.start_line_bytes = most.request_line_bytes();
  return limits;
}

}  // namespace meridian::edge

#include "edge-node/compile/compile_limits.h"

#include <algorithm>

#include <google/protobuf/util/time_util.h>

#include "edge-node/compile/compile_prefixes.h"
#include "edge-node/compile/duration.h"
#include "edge-node/rules/stable_hash.h"

namespace meridian::edge {
namespace {

void use(bool given, const google::protobuf::Duration& from, std::chrono::milliseconds& to) {
  if (given)
    to = std::chrono::milliseconds(google::protobuf::util::TimeUtil::DurationToMilliseconds(from));
}

/// By how many leading bits clients are told apart.
template <class From, class To>
void use_lengths(const From& from, To& to) {
  if (from.has_ipv4_prefix_length())
    to.ipv4_length = static_cast<int>(std::min(from.ipv4_prefix_length(), 32u));
  if (from.has_ipv6_prefix_length())
    to.ipv6_length = static_cast<int>(std::min(from.ipv6_prefix_length(), 128u));
}

}  // namespace

Result<VisitorLimits> compile_limits(const v1::EdgeSettings& from, const VisitorLimits& defaults) {
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
  if (most.has_connections_per_client()) {
    auto& bound = limits.client_connections.emplace();
    bound.id = stable_hash("connections of the edge");
    bound.most = std::min(most.connections_per_client(), ClientCounts::kMost);
    use_lengths(most, bound);
  }
  auto denied = compile_prefixes(most.denied_clients());
  if (!denied) return at("spec.limits.denied_clients", denied.error());
  limits.denied = std::move(*denied);
  if (most.has_header_bytes()) limits.header.head_bytes = most.header_bytes();
  if (most.has_header_fields()) limits.header.fields = most.header_fields();
  if (most.has_request_line_bytes()) limits.header.start_line_bytes = most.request_line_bytes();
  return limits;
}

Result<RatePace> compile_pace(const std::string& limit, const v1::RateLimit& from) {
  using std::chrono::nanoseconds;
  const nanoseconds per =
      from.has_per() ? nanoseconds(milliseconds_of(from.per())) : std::chrono::seconds(1);
  if (from.requests() == 0 || per <= nanoseconds(0)) return Error("", "allows nothing");
  RatePace pace;
  pace.each = per / from.requests();
  pace.burst = std::max(1u, from.has_burst() ? from.burst() : from.requests());
  use_lengths(from, pace);
  // What was counted for another limit is no measure of this one.
  pace.rule = stable_hash(limit + '\n' + from.SerializeAsString());
  return pace;
}

Result<SiteLimits> compile_site_limits(const std::string& name, const v1::SiteLimits& from) {
  SiteLimits limits;
  if (from.has_requests()) {
    auto pace = compile_pace("site " + name, from.requests());
    if (!pace) return Error("spec.limits.requests", pace.error().what);
    limits.requests = std::move(*pace);
  }
  if (from.has_connections()) {
    auto& bound = limits.connections.emplace();
    bound.id = stable_hash("connections of site " + name);
    bound.most = std::min(from.connections(), ClientCounts::kMost);
    use_lengths(from, bound);
  }
  if (from.has_bytes_per_second()) {
    if (from.bytes_per_second() == 0)
      return Error("spec.limits.bytes_per_second", "allows nothing");
    auto& pace = limits.bytes.emplace();
    pace.limit = stable_hash("bytes of site " + name);
    pace.bytes_per_second = from.bytes_per_second();
    use_lengths(from, pace);
  }
  if (from.has_concurrent_streams())
    limits.concurrent_streams = std::clamp(from.concurrent_streams(), 1u, 1000u);
  if (from.has_request_body_bytes()) limits.request_body_bytes = from.request_body_bytes();
  return limits;
}

}  // namespace meridian::edge

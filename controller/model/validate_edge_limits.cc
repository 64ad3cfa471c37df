#include <algorithm>
#include <map>

#include "common/net/address.h"
#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMostConnections = 10'000'000;
constexpr std::uint32_t kLeastHeaderBytes = 4096, kMostHeaderBytes = 262'144;
constexpr std::uint32_t kLeastFields = 16, kMostFields = 1000;
constexpr std::uint32_t kLeastLineBytes = 1024, kMostLineBytes = 65'536;
constexpr std::uint32_t kDefaultHeaderBytes = 32'768, kDefaultLineBytes = 8192;
constexpr std::uint32_t kMostRate = 1'000'000;
constexpr std::uint64_t kLeastBytesPerSecond = 1024;
constexpr std::uint32_t kMostStreams = 1000;
constexpr int kMostDeniedClients = 10'000;

/// By how many leading bits clients are told apart.
template <class Limits>
void check_lengths(Check& check, const Limits& limits) {
  if (limits.has_ipv4_prefix_length())
    check.number("spec.limits.ipv4_prefix_length", limits.ipv4_prefix_length(), 8, 32);
  if (limits.has_ipv6_prefix_length())
    check.number("spec.limits.ipv6_prefix_length", limits.ipv6_prefix_length(), 16, 128);
}

/// By numbers, not by their texts: there may be thousands.
void check_denied_clients(Check& check, const v1::EdgeLimits& limits) {
  const std::string field = "spec.limits.denied_clients";
  check.most(field, limits.denied_clients_size(), kMostDeniedClients);
  std::map<IpPrefix, int> before;
  for (int i = 0; i < std::min(limits.denied_clients_size(), kMostDeniedClients); ++i) {
    const auto& text = limits.denied_clients(i);
    const auto prefix = check.prefix(Check::item(field, i), text);
    if (!prefix) continue;
    if (prefix->length == 0)
      check.wrong(Check::item(field, i), in_quotes(text) + " would deny everybody");
    const auto [first, is_new] = before.emplace(*prefix, i);
    if (!is_new) check.wrong(Check::item(field, i), "repeats " + Check::item(field, first->second));
  }
}

}  // namespace

void check_edge_limits(Check& check, const v1::EdgeLimits& limits) {
  if (limits.has_connections_per_client())
    check.number("spec.limits.connections_per_client", limits.connections_per_client(), 1,
                 kMostConnections);
  check_lengths(check, limits);
  check_denied_clients(check, limits);
  if (limits.has_connections())
    check.number("spec.limits.connections", limits.connections(), 1, kMostConnections);
  if (limits.has_header_bytes())
    check.number("spec.limits.header_bytes", limits.header_bytes(), kLeastHeaderBytes,
                 kMostHeaderBytes);
  if (limits.has_header_fields())
    check.number("spec.limits.header_fields", limits.header_fields(), kLeastFields, kMostFields);
  if (limits.has_request_line_bytes())
    check.number("spec.limits.request_line_bytes", limits.request_line_bytes(), kLeastLineBytes,
                 kMostLineBytes);
  const auto header = limits.has_header_bytes() ? limits.header_bytes() : kDefaultHeaderBytes;
  const auto line =
      limits.has_request_line_bytes() ? limits.request_line_bytes() : kDefaultLineBytes;
  if (line > header)
    check.wrong(
        "spec.limits.request_line_bytes",
        std::to_string(line) + " is more than header_bytes, which is " + std::to_string(header));
}

void check_site_limits(Check& check, const v1::SiteLimits& limits) {
  if (limits.has_requests()) check_rate_limit(check, "spec.limits.requests", limits.requests());
  if (limits.has_connections())
    check.number("spec.limits.connections", limits.connections(), 1, kMostConnections);
  if (limits.has_bytes_per_second() && limits.bytes_per_second() < kLeastBytesPerSecond)
    check.wrong("spec.limits.bytes_per_second", std::to_string(limits.bytes_per_second()) +
                                                    " is less than " +
                                                    std::to_string(kLeastBytesPerSecond));
  if (limits.has_concurrent_streams())
    check.number("spec.limits.concurrent_streams", limits.concurrent_streams(), 1, kMostStreams);
  check_lengths(check, limits);
}

void check_edge_timeouts(Check& check, const v1::EdgeTimeouts& timeouts) {
  const auto within = [&](bool given, const char* field, const google::protobuf::Duration& value,
                          std::chrono::milliseconds most) {
    if (given) check.duration(field, value, {.least = 1s, .most = most});
  };
  within(timeouts.has_handshake(), "spec.timeouts.handshake", timeouts.handshake(), 60s);
  within(timeouts.has_request_header(), "spec.timeouts.request_header", timeouts.request_header(),
         60s);
  within(timeouts.has_keep_alive(), "spec.timeouts.keep_alive", timeouts.keep_alive(), 1h);
  within(timeouts.has_request_body(), "spec.timeouts.request_body", timeouts.request_body(), 10min);
  within(timeouts.has_send(), "spec.timeouts.send", timeouts.send(), 10min);
  within(timeouts.has_tunnel(), "spec.timeouts.tunnel", timeouts.tunnel(), 24h);
  if (timeouts.has_min_bytes_per_second())
    check.number("spec.timeouts.min_bytes_per_second", timeouts.min_bytes_per_second(), 1,
                 kMostRate);
}

}  // namespace meridian::control

#include "edge-node/explain/limits_text.h"

#include <cstdio>

namespace meridian::edge {
namespace {

/// Who is counted together with the client.
template <typename Bound>
std::string of_whom(const Bound& bound, const IpAddress& client) {
  const int length = client.is_v4() ? bound.ipv4_length : bound.ipv6_length;
  const bool alone = length == (client.is_v4() ? 32 : 128);
  return " (of " + (alone ? client.text() : prefix_of(client, length).text()) + ")";
}

std::string milliseconds_text(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g ms",
                std::chrono::duration<double, std::milli>(time).count());
  return text;
}

}  // namespace

std::string limits_text(const SiteLimits& limits, const IpAddress& client) {
  std::string all;
  const auto add = [&](const std::string& one) { all += (all.empty() ? "" : ", ") + one; };
  if (const auto& pace = limits.requests)
    add(std::to_string(pace->burst) + " requests at once and then one each " +
        milliseconds_text(pace->each) + of_whom(*pace, client));
  if (const auto& bound = limits.connections)
    add(std::to_string(bound->most) + " connections" + of_whom(*bound, client));
  if (const auto& pace = limits.bytes)
    add(std::to_string(pace->bytes_per_second) + " bytes per second" + of_whom(*pace, client));
  if (limits.concurrent_streams > 0)
    add(std::to_string(limits.concurrent_streams) +
        " requests at a time by one connection of "
        "HTTP/2");
  if (limits.request_body_bytes != std::numeric_limits<std::uint64_t>::max())
    add("bodies up to " + std::to_string(limits.request_body_bytes) + " bytes");
  return all;
}

}  // namespace meridian::edge

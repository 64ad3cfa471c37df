#include "edge-node/compile/compile_pool.h"

#include <algorithm>
#include <utility>

#include "edge-node/compile/duration.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

Result<ProbeSettings> compile_probe(const v1::OriginProbe& from) {
  ProbeSettings probe;
  if (!from.path().empty()) probe.path = from.path();
  if (!probe.path.starts_with('/') || probe.path.find_first_of(" \r\n") != std::string::npos)
    return Error("path", "'" + probe.path + "' is not a path");
  if (from.has_interval()) probe.interval = milliseconds_of(from.interval());
  if (from.has_timeout()) probe.timeout = milliseconds_of(from.timeout());
  if (probe.interval <= std::chrono::milliseconds(0) ||
      probe.timeout <= std::chrono::milliseconds(0))
    return Error("timeout", "and interval must be more than 0");
  probe.timeout = std::min(probe.timeout, probe.interval);
  if (from.has_fall()) probe.fall = from.fall();
  if (from.has_rise()) probe.rise = from.rise();
  if (probe.fall == 0 || probe.rise == 0) return Error("fall", "and rise must be at least 1");
  if (from.has_expect_status()) probe.expect_status = static_cast<int>(from.expect_status());
  return probe;
}

}  // namespace

Result<std::shared_ptr<const OriginPool>> compile_pool(
    const std::string& name, const v1::OriginPool& from,
    std::map<std::string, std::weak_ptr<Origin>>& known) {
  auto pool = std::make_shared<OriginPool>();
  pool->name = name;
  pool->host_header = from.host_header();
  if (!http::is_value(pool->host_header))
    return Error("spec.host_header", "contains a control character");
  auto probe = compile_probe(from.probe());
  if (!probe) return at("spec.probe", probe.error());
  pool->probe = std::move(*probe);
  if (from.has_connect_timeout()) pool->connect_timeout = milliseconds_of(from.connect_timeout());
  if (from.has_first_byte_timeout())
    pool->first_byte_timeout = milliseconds_of(from.first_byte_timeout());
  if (from.has_between_bytes_timeout())
    pool->between_bytes_timeout = milliseconds_of(from.between_bytes_timeout());
  if (from.has_max_idle_connections()) pool->max_idle_connections = from.max_idle_connections();
  if (from.has_tls()) {
    auto context = make_origin_context(from.tls().ca_pem());
    if (!context) return at("spec.tls", context.error());
    pool->tls = std::move(*context);
    pool->server_name = from.tls().server_name();
  }
  if (from.origins().empty()) return Error("spec.origins", "there is none");
  for (const auto& item : from.origins()) {
    const auto port = item.has_port() ? item.port() : from.has_tls() ? 443u : 80u;
    if (item.host().empty() || port == 0 || port > 65535)
      return Error("spec.origins", "'" + item.host() + "' needs a host and a port");
    const std::string id = name + '\n' + item.host() + '\n' + std::to_string(port) + '\n' +
                           (from.has_tls() ? from.tls().SerializeAsString() : "plain");
    auto origin = known[id].lock();
    if (!origin) {
      origin = std::make_shared<Origin>();
      origin->host = item.host();
      origin->port = static_cast<std::uint16_t>(port);
      known[id] = origin;
    }
    pool->origins.push_back(std::move(origin));
  }
  return std::shared_ptr<const OriginPool>(std::move(pool));
}

}  // namespace meridian::edge

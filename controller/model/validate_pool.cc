#include <algorithm>
#include <charconv>

#include "common/net/address.h"
#include "common/tls/certificate.h"
#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr std::uint32_t kMostInARow = 100;  // probes before an origin's state changes
constexpr std::uint32_t kMostIdle = 65536;
constexpr std::uint32_t kMostWeight = 1000;
constexpr std::uint32_t kMostTier = 7;
constexpr std::size_t kMostExpected = 1024;  // bytes looked for in a body

std::uint32_t port_of(const v1::OriginPool& pool, const v1::Origin& origin) {
  return origin.has_port() ? origin.port() : pool.has_tls() ? 443 : 80;
}

/// "10.0.0.1:8080" -> what to write instead, or nothing.
std::string split_advice(const std::string& host) {
  const auto colon = host.rfind(':');
  if (colon == std::string::npos || colon == 0 || host.find("://") != std::string::npos) return "";
  const auto* begin = host.data() + colon + 1;
  const auto* end = host.data() + host.size();
  unsigned port = 0;
  if (const auto [after, error] = std::from_chars(begin, end, port);
      error != std::errc{} || after != end || port > 65535)
    return "";
  return in_quotes(host) + " has a port in it; write host: " + host.substr(0, colon) +
         " and port: " + std::to_string(port);
}

void check_origin(Check& check, const v1::OriginPool& pool, int i) {
  const auto field = Check::item("spec.origins", i);
  const auto& origin = pool.origins(i);
  if (origin.has_port()) check.port(field + ".port", origin.port());
  if (origin.has_weight()) check.number(field + ".weight", origin.weight(), 1, kMostWeight);
  check.number(field + ".tier", origin.tier(), 0, kMostTier);
  if (!parse_address(origin.host())) {
    const auto advice = split_advice(origin.host());
    if (!advice.empty()) return check.wrong(field + ".host", advice);
    if (const auto problem = hostname_problem(origin.host(), Wildcard::refused))
      return check.wrong(field + ".host", *problem);
  }
  for (int j = 0; j < i; ++j) {
    const auto& other = pool.origins(j);
    if (other.host() == origin.host() && port_of(pool, other) == port_of(pool, origin))
      return check.wrong(field, "repeats " + Check::item("spec.origins", j));
  }
}

void check_tls(Check& check, const v1::OriginTls& tls) {
  if (!tls.server_name().empty()) {
    if (const auto problem = hostname_problem(tls.server_name(), Wildcard::refused))
      check.wrong("spec.tls.server_name", *problem);
  }
  if (!tls.ca_pem().empty()) {
    if (const auto chain = tls::parse_chain(tls.ca_pem()); !chain)
      check.wrong("spec.tls.ca_pem", chain.error().text());
  }
  if (!tls.client_certificate().empty())
    check.reference("spec.tls.client_certificate", v1::KIND_CERTIFICATE, tls.client_certificate());
}

milliseconds length(bool present, const google::protobuf::Duration& value, milliseconds fallback) {
  if (!present) return fallback;
  return milliseconds(value.seconds() * 1000 + value.nanos() / 1'000'000);
}

/// What an answer is looked at for; nothing is asked where only a connection is made.
void check_expectations(Check& check, const v1::OriginProbe& probe) {
  if (!v1::ProbeType_IsValid(probe.type())) check.wrong("spec.probe.type", "is none that is known");
  if (!probe.host().empty()) check.host_header("spec.probe.host", probe.host());
  if (probe.has_expect_status() && (probe.expect_status() < 200 || probe.expect_status() > 599))
    check.wrong("spec.probe.expect_status",
                std::to_string(probe.expect_status()) + " is not a final status: 200 to 599");
  if (probe.expect_body().size() > kMostExpected)
    check.wrong("spec.probe.expect_body",
                "is longer than " + std::to_string(kMostExpected) + " bytes");
  if (probe.type() != v1::PROBE_TYPE_TCP) return;
  const auto http_only = [&](const char* field, bool given) {
    if (given)
      check.wrong(std::string("spec.probe.") + field,
                  "is for probes of type http; one of type tcp asks for nothing");
  };
  http_only("path", !probe.path().empty());
  http_only("host", !probe.host().empty());
  http_only("expect_status", probe.has_expect_status());
  http_only("expect_body", !probe.expect_body().empty());
}

void check_probe(Check& check, const v1::OriginProbe& probe) {
  const auto& path = probe.path();
  if (!path.empty() && path.front() != '/')
    check.wrong("spec.probe.path", in_quotes(path) + " does not begin with '/'");
  for (const char c : path)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) {
      check.wrong("spec.probe.path", "has a blank or control character in it");
      break;
    }
  const bool interval_is_good =
      !probe.has_interval() ||
      check.duration("spec.probe.interval", probe.interval(), {.least = 100ms, .most = 1h});
  const bool timeout_is_good =
      !probe.has_timeout() ||
      check.duration("spec.probe.timeout", probe.timeout(), {.least = 10ms, .most = 1h});
  if (interval_is_good && timeout_is_good) {
    const auto interval = length(probe.has_interval(), probe.interval(), 2s);
    if (length(probe.has_timeout(), probe.timeout(), 1s) >= interval)
      check.wrong("spec.probe.timeout", "must be shorter than interval, which is " +
                                            std::to_string(interval.count()) +
                                            "ms; its default is 1s");
  }
  if (probe.has_fall() && (probe.fall() < 1 || probe.fall() > kMostInARow))
    check.wrong("spec.probe.fall", std::to_string(probe.fall()) + " is not from 1 to 100");
  if (probe.has_rise() && (probe.rise() < 1 || probe.rise() > kMostInARow))
    check.wrong("spec.probe.rise", std::to_string(probe.rise()) + " is not from 1 to 100");
  check_expectations(check, probe);
}

/// What other edges ask of the shield's, these must be able to answer.
void check_shield(Check& check, const v1::Shield& shield) {
  const auto& location = shield.location();
  check.reference("spec.shield.location", v1::KIND_LOCATION, location);
  if (!check.overview().configuration.find(v1::KIND_LOCATION, location)) return;
  for (const auto& [id, resource] : check.overview().configuration.resources()) {
    if (!resource.has_site() || resource.site().origin_pool() != check.resource().name()) continue;
    const auto& served = resource.site().locations();
    if (!served.empty() && std::find(served.begin(), served.end(), location) == served.end())
      check.wrong("spec.shield.location", "Site " + in_quotes(resource.name()) +
                                              ", which uses this pool, is not served in " +
                                              in_quotes(location) +
                                              ": add that to the site's spec.locations");
  }
}

}  // namespace

void check_origin_pool(Check& check, const v1::OriginPool& pool) {
  if (pool.origins().empty()) check.wrong("spec.origins", "is missing: at least one origin");
  for (int i = 0; i < pool.origins_size(); ++i) check_origin(check, pool, i);
  if (pool.has_tls()) check_tls(check, pool.tls());
  if (pool.has_probe()) check_probe(check, pool.probe());
  if (!pool.host_header().empty()) check.host_header("spec.host_header", pool.host_header());

  const Check::DurationBounds bounds{.least = 1ms, .most = 1h};
  if (pool.has_connect_timeout())
    check.duration("spec.connect_timeout", pool.connect_timeout(), bounds);
  if (pool.has_first_byte_timeout())
    check.duration("spec.first_byte_timeout", pool.first_byte_timeout(), bounds);
  if (pool.has_between_bytes_timeout())
    check.duration("spec.between_bytes_timeout", pool.between_bytes_timeout(), bounds);
  if (pool.has_max_idle_connections() && pool.max_idle_connections() > kMostIdle)
    check.wrong("spec.max_idle_connections",
                std::to_string(pool.max_idle_connections()) + " is more than 65536");
  if (pool.has_total_timeout())
    check.duration("spec.total_timeout", pool.total_timeout(), {.least = 1ms, .most = 24h});
  if (pool.has_idle_timeout()) check.duration("spec.idle_timeout", pool.idle_timeout(), bounds);
  if (!v1::OriginProtocol_IsValid(pool.protocol()))
    check.wrong("spec.protocol", "is none that is known");
  if (pool.has_shield()) check_shield(check, pool.shield());
  check_balancing(check, pool);
}

}  // namespace meridian::control

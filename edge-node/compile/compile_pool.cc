#include "edge-node/compile/compile_pool.h"

#include <algorithm>
#include <utility>

#include "edge-node/compile/compile_shield.h"
#include "edge-node/compile/duration.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

constexpr std::uint32_t kMaxWeight = 1000;
constexpr std::uint32_t kMaxTier = 7;
constexpr std::uint32_t kMaxAttempts = 8;

/// `field`: where it stands. Not read where it is absent.
Result<void> read_duration(bool given, const google::protobuf::Duration& from,
                           const std::string& field, std::chrono::milliseconds& to) {
  if (!given) return boost::system::in_place_value;
  to = milliseconds_of(from);
  if (to < std::chrono::milliseconds(0)) return Error(field, "must not be less than 0");
  return boost::system::in_place_value;
}

Result<ProbeSettings> compile_probe(const v1::OriginProbe& from) {
  ProbeSettings probe;
  if (from.type() == v1::PROBE_TYPE_TCP) probe.type = ProbeType::tcp;
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
  probe.host = from.host();
  if (!http::is_value(probe.host)) return Error("host", "contains a control character");
  probe.expect_body = from.expect_body();
  return probe;
}

Result<TlsContext> compile_tls(const v1::OriginTls& from, const PoolNeeds& needs) {
  auto context = make_origin_context(from.ca_pem());
  if (!context) return context.error();
  if (from.client_certificate().empty()) return std::move(*context);
  const auto found = needs.certificates.find(from.client_certificate());
  if (found == needs.certificates.end())
    return Error("client_certificate",
                 "there is no Certificate '" + from.client_certificate() + "'");
  auto used =
      use_certificate(**context, found->second->chain_pem(), found->second->private_key_pem());
  if (!used) return at("client_certificate", used.error());
  return std::move(*context);
}

Result<void> compile_timeouts(const v1::OriginPool& from, OriginPool& pool) {
  auto done = read_duration(from.has_connect_timeout(), from.connect_timeout(),
                            "spec.connect_timeout", pool.connect_timeout);
  if (done)
    done = read_duration(from.has_first_byte_timeout(), from.first_byte_timeout(),
                         "spec.first_byte_timeout", pool.first_byte_timeout);
  if (done)
    done = read_duration(from.has_between_bytes_timeout(), from.between_bytes_timeout(),
                         "spec.between_bytes_timeout", pool.between_bytes_timeout);
  if (done)
    done = read_duration(from.has_total_timeout(), from.total_timeout(), "spec.total_timeout",
                         pool.total_timeout);
  if (done)
    done = read_duration(from.has_idle_timeout(), from.idle_timeout(), "spec.idle_timeout",
                         pool.idle_timeout);
  if (done)
    done =
        read_duration(from.has_slow_start(), from.slow_start(), "spec.slow_start", pool.slow_start);
  return done;
}

void compile_limits(const v1::OriginPool& from, OriginPool& pool) {
  if (from.has_max_idle_connections()) pool.max_idle_connections = from.max_idle_connections();
  const auto& breaker = from.breaker();
  pool.breaker.max_requests = breaker.max_requests();
  pool.breaker.max_connections = breaker.max_connections();
  if (breaker.has_max_pending()) pool.breaker.max_pending = breaker.max_pending();
}

Result<void> compile_failures(const v1::OriginPool& from, OriginPool& pool) {
  const auto& ejection = from.ejection();
  if (ejection.has_failures()) pool.ejection.failures = ejection.failures();
  if (ejection.has_max_percent()) pool.ejection.max_percent = ejection.max_percent();
  const auto& retry = from.retry();
  if (retry.has_attempts()) pool.attempts = retry.attempts();
  if (pool.attempts == 0 || pool.attempts > kMaxAttempts)
    return Error("spec.retry.attempts", "must be 1 to " + std::to_string(kMaxAttempts));
  if (retry.has_budget_percent()) pool.budget_percent = retry.budget_percent();
  return read_duration(ejection.has_duration(), ejection.duration(), "spec.ejection.duration",
                       pool.ejection.duration);
}

Result<void> compile_secret(const v1::OriginSecret& from, OriginPool& pool) {
  if (!http::is_token(from.name()))
    return Error("name", "'" + from.name() + "' is not a field name");
  if (!http::is_value(from.value())) return Error("value", "contains a control character");
  pool.secret.name = from.name();
  pool.secret.value = from.value();
  return boost::system::in_place_value;
}

void compile_balance(const v1::OriginPool& from, OriginPool& pool) {
  if (from.balance() == v1::BALANCE_METHOD_LEAST_REQUEST)
    pool.balance = BalanceMethod::least_request;
  if (from.balance() == v1::BALANCE_METHOD_CONSISTENT_HASH)
    pool.balance = BalanceMethod::consistent_hash;
  if (from.hash_key() == v1::HASH_KEY_CLIENT) pool.hash_key = HashKey::client;
}

/// After the origins.
Result<void> compile_sticky(const v1::StickyCookie& from, const PoolNeeds& needs,
                            OriginPool& pool) {
  if (!http::is_token(from.name()))
    return Error("name", "'" + from.name() + "' is not a cookie name");
  StickyCookie sticky;
  sticky.name = from.name();
  sticky.ttl = std::chrono::ceil<std::chrono::seconds>(milliseconds_of(from.ttl()));
  for (const auto& secret : needs.edge_secrets) {
    StickyCookie::Key key{WallTime(std::chrono::seconds(secret.sign_from())), {}};
    for (const auto& origin : pool.origins)
      key.values.push_back(sticky_value(secret.secret(), pool.name, origin->label()));
    sticky.keys.push_back(std::move(key));
  }
  pool.sticky = std::move(sticky);
  return boost::system::in_place_value;
}

Result<void> compile_origins(const v1::OriginPool& from, KnownOrigins& known, OriginPool& pool) {
  if (from.origins().empty()) return Error("spec.origins", "there is none");
  for (const auto& item : from.origins()) {
    const auto port = item.has_port() ? item.port() : from.has_tls() ? 443u : 80u;
    if (item.host().empty() || port == 0 || port > 65535)
      return Error("spec.origins", "'" + item.host() + "' needs a host and a port");
    OriginShare share;
    if (item.has_weight()) share.weight = item.weight();
    share.tier = item.tier();
    if (share.weight == 0 || share.weight > kMaxWeight || share.tier > kMaxTier)
      return Error("spec.origins",
                   "'" + item.host() + "' has a weight or tier that is not allowed");
    const std::string id = pool.name + '\n' + item.host() + '\n' + std::to_string(port) + '\n' +
                           (from.has_tls() ? from.tls().SerializeAsString() : "plain");
    auto origin = known.origins[id].lock();
    if (!origin) {
      origin = std::make_shared<Origin>();
      origin->host = item.host();
      origin->port = static_cast<std::uint16_t>(port);
      known.origins[id] = origin;
    }
    share.hash = hash_of(origin->label());
    pool.shares.push_back(share);
    pool.origins.push_back(std::move(origin));
  }
  return boost::system::in_place_value;
}

}  // namespace

void KnownOrigins::forget_unused() {
  std::erase_if(origins, [](const auto& item) { return item.second.expired(); });
  std::erase_if(pools, [](const auto& item) { return item.second.expired(); });
}

Result<std::shared_ptr<const OriginPool>> compile_pool(const std::string& name,
                                                       const v1::OriginPool& from,
                                                       const PoolNeeds& needs,
                                                       KnownOrigins& known) {
  auto pool = std::make_shared<OriginPool>();
  pool->name = name;
  if (auto state = known.pools[name].lock())
    pool->state = std::move(state);
  else
    known.pools[name] = pool->state;
  pool->host_header = from.host_header();
  if (from.protocol() == v1::ORIGIN_PROTOCOL_HTTP2) pool->protocol = OriginProtocol::http2;
  if (!http::is_value(pool->host_header))
    return Error("spec.host_header", "contains a control character");
  auto probe = compile_probe(from.probe());
  if (!probe) return at("spec.probe", probe.error());
  pool->probe = std::move(*probe);
  compile_balance(from, *pool);
  compile_limits(from, *pool);
  if (auto done = compile_timeouts(from, *pool); !done) return done.error();
  if (auto done = compile_failures(from, *pool); !done) return done.error();
  if (from.has_tls()) {
    auto context = compile_tls(from.tls(), needs);
    if (!context) return at("spec.tls", context.error());
    pool->tls = std::move(*context);
    pool->server_name = from.tls().server_name();
  }
  if (from.has_secret_header()) {
    auto done = compile_secret(from.secret_header(), *pool);
    if (!done) return at("spec.secret_header", done.error());
  }
  if (auto done = compile_origins(from, known, *pool); !done) return done.error();
  auto shield = compile_shield(*pool, from.shield(), needs, known);
  if (!shield) return at("spec.shield", shield.error());
  pool->shield = std::move(*shield);
  if (from.has_sticky_cookie()) {
    auto done = compile_sticky(from.sticky_cookie(), needs, *pool);
    if (!done) return at("spec.sticky_cookie", done.error());
  }
  return std::shared_ptr<const OriginPool>(std::move(pool));
}

}  // namespace meridian::edge

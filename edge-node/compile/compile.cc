#include "edge-node/compile/compile.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <openssl/rand.h>

#include "common/snapshot/snapshot.h"
#include "edge-node/compile/compile_cache.h"
#include "edge-node/compile/compile_delivery.h"
#include "edge-node/compile/compile_limits.h"
#include "edge-node/compile/compile_rule.h"
#include "edge-node/compile/compile_telling.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

/// The resources of one snapshot by kind and name, and what has been made of them.
struct Parts {
  std::map<std::string, std::shared_ptr<const OriginPool>> pools;
  std::set<std::string> shielded_here;  // of these: this edge stands in the shield's location
  CertificatesByName certificates;
  const v1::EdgeSettings* settings = &v1::EdgeSettings::default_instance();
  std::map<std::string, RulePtr> rules;
};

void add_sticky_cookie(const OriginPool& pool, Site& site) {
  auto& names = site.sticky_cookies;
  if (pool.sticky && std::find(names.begin(), names.end(), pool.sticky->name) == names.end())
    names.push_back(pool.sticky->name);
}

void add_own_fields(const Rule& rule, OwnFields& own) {
  const auto* action = std::get_if<HeaderAction>(&rule.action);
  if (!action) return;
  for (const auto& change : action->changes)
    if (change.side == HeaderChange::Side::request) own.add(change.name);
}

Result<std::unique_ptr<Site>> compile_site(const std::string& name, const v1::Site& from,
                                           const Parts& parts, TlsContexts& contexts) {
  auto site = std::make_unique<Site>();
  site->name = name;
  site->cache = compile_cache(from.cache());
  site->delivery = compile_delivery(from, *parts.settings);
  site->log = compile_log_choice(from);
  site->purge_name = purge_site_hash(name);
  const auto pool = parts.pools.find(from.origin_pool());
  if (pool == parts.pools.end())
    return Error("spec.origin_pool", "there is no OriginPool '" + from.origin_pool() + "'");
  site->pool = pool->second;
  auto limits = compile_site_limits(name, from.limits());
  if (!limits) return limits.error();
  site->limits = std::move(*limits);
  site->is_shielded_here = parts.shielded_here.contains(from.origin_pool());
  auto tls = contexts.make(from, parts.certificates);
  if (!tls) return tls.error();
  site->tls = std::move(*tls);
  site->client_certificate = compile_client_certificate(from);
  if (from.has_rewrite_locations()) site->rewrite_locations = from.rewrite_locations();
  add_sticky_cookie(*site->pool, *site);
  for (const auto& field : site->cache.key_headers) site->own_fields.add(field);
  for (int i = 0; i < from.rules_size(); ++i) {
    const auto rule = parts.rules.find(from.rules(i));
    if (rule == parts.rules.end())
      return Error("spec.rules[" + std::to_string(i) + "]",
                   "there is no Rule '" + from.rules(i) + "'");
    site->rules_need_place |= rule->second->needs_place;
    site->rules.push_back(rule->second);
    add_own_fields(*rule->second, site->own_fields);
    if (const auto* chosen = std::get_if<ChoosePoolAction>(&rule->second->action))
      add_sticky_cookie(*chosen->pool, *site);
  }
  return site;
}

Result<void> add_hostnames(const v1::Site& from, const Site& site, Snapshot& snapshot) {
  for (int i = 0; i < from.hostnames_size(); ++i) {
    std::string host = http::lower_text(from.hostnames(i));
    const bool is_wildcard = host.starts_with("*.");
    if (is_wildcard) host.erase(0, 2);
    auto& names = is_wildcard ? snapshot.wildcard : snapshot.exact;
    if (host.empty() || !names.emplace(host, &site).second)
      return Error("spec.hostnames[" + std::to_string(i) + "]",
                   "'" + from.hostnames(i) + "' is empty or another site's");
  }
  return boost::system::in_place_value;
}

Load capacity_of(const v1::EdgeCapacity& from) {
  return {.requests_in_flight = from.requests_in_flight(),
          .bits_per_second = from.bits_per_second(),
          .cpu = from.cpu()};
}

Result<PoolNeeds> needs_of_pools(const v1::Snapshot& from,
                                 const std::vector<v1::Resource>& resources) {
  PoolNeeds needs;
  for (const auto& resource : resources) {
    if (resource.has_certificate()) needs.certificates[resource.name()] = &resource.certificate();
    if (!resource.has_node()) continue;
    if (resource.name() == from.node())
      needs.location = resource.node().location();
    else
      needs.edges.push_back(&resource);
  }
  for (const auto& packed : from.edge_secrets()) {
    v1::CookieSecret secret;
    if (!secret.ParseFromString(packed)) return Error("edge_secrets", "cannot be read");
    needs.edge_secrets.push_back(std::move(secret));
  }
  return needs;
}

}  // namespace

Compiler::Compiler(std::shared_ptr<const PeerIdentity> peers, unsigned workers,
                   const VisitorLimits& limits)
    : peers_(std::move(peers)), workers_(workers), limits_(limits), own_secret_(32, '\0') {
  RAND_bytes(reinterpret_cast<unsigned char*>(own_secret_.data()),
             static_cast<int>(own_secret_.size()));
}

Result<std::shared_ptr<const Snapshot>> Compiler::compile(const v1::Snapshot& from) {
  auto resources = unpack_resources(from);
  if (!resources) return resources.error();
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->revision = Revision{from.revision()};
  auto needs = needs_of_pools(from, *resources);
  if (!needs) return needs.error();
  needs->peers = peers_;
  Parts parts;
  for (const auto& resource : *resources) {
    const std::string& name = resource.name();
    if (resource.has_node() && name == from.node() && resource.node().has_https_port())
      snapshot->https_port = static_cast<std::uint16_t>(resource.node().https_port());
    if (resource.has_node() && name == from.node())
      snapshot->capacity = capacity_of(resource.node().capacity());
    if (resource.has_origin_pool()) {
      auto pool = compile_pool(name, resource.origin_pool(), *needs, origins_);
      if (!pool) return at("OriginPool " + name, pool.error());
      snapshot->pools.push_back(*pool);
      const auto& shield = resource.origin_pool().shield().location();
      if (!shield.empty() && shield == needs->location) parts.shielded_here.insert(name);
      parts.pools[name] = std::move(*pool);
    }
    if (resource.has_certificate()) parts.certificates[name] = &resource.certificate();
    if (resource.has_edge_settings()) parts.settings = &resource.edge_settings();
  }
  const RuleNeeds rule_needs{.pools = parts.pools, .workers = workers_};
  for (const auto& resource : *resources) {
    if (!resource.has_rule()) continue;
    auto rule = compile_rule(resource.name(), resource.rule(), rule_needs);
    if (!rule) return at("Rule " + resource.name(), rule.error());
    parts.rules.emplace(resource.name(), std::move(*rule));
  }
  contexts_.begin_snapshot();
  const Site* default_site = nullptr;
  decltype(meters_) meters;
  for (const auto& resource : *resources) {
    if (!resource.has_site()) continue;
    auto site = compile_site(resource.name(), resource.site(), parts, contexts_);
    if (!site) return at("Site " + resource.name(), site.error());
    const auto added = add_hostnames(resource.site(), **site, *snapshot);
    if (!added) return at("Site " + resource.name(), added.error());
    if (resource.name() == parts.settings->tls().default_site()) default_site = site->get();
    auto& meter = meters[resource.name()];
    if (const auto known = meters_.find(resource.name()); known != meters_.end())
      meter = known->second;
    else
      meter = std::make_shared<SiteMeter>(workers_);
    (*site)->meter = meter;
    snapshot->sites.push_back(std::move(*site));
  }
  snapshot->tls = compile_visitor_tls(needs->edge_secrets, *parts.settings, own_secret_);
  snapshot->tls.default_site = default_site;
  auto limits = compile_limits(*parts.settings, limits_);
  if (!limits) return at("EdgeSettings default", limits.error());
  snapshot->limits = std::make_shared<const VisitorLimits>(std::move(*limits));
  snapshot->telling = compile_telling(*parts.settings);
  meters_ = std::move(meters);
  origins_.forget_unused();
  contexts_.forget_unused();
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace meridian::edge

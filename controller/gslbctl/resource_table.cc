#include "controller/gslbctl/resource_table.h"

#include <algorithm>
#include <charconv>

#include <google/protobuf/timestamp.pb.h>

#include "common/config/documents.h"
#include "common/config/duration.h"
#include "common/config/enum_text.h"
#include "common/tls/certificate.h"
#include "common/tls/identity.h"

namespace meridian::gslbctl {
namespace {

using Row = std::vector<Cell>;

std::string number(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end};
}

std::string or_default(bool present, std::uint32_t value, std::uint32_t fallback) {
  return std::to_string(present ? value : fallback);
}

Row location_row(const v1::Resource& resource) {
  const auto& location = resource.location();
  return {resource.name(), number(location.latitude()), number(location.longitude()),
          location.description()};
}

Row node_row(const v1::Resource& resource) {
  const auto& node = resource.node();
  const Cell state = node.drained() ? Cell("drained", Tone::doubtful) : Cell("in service");
  return {resource.name(), std::string(tls::role_text(node.role())), node.location(),
          joined(node.addresses()), state};
}

Row zone_row(const v1::Resource& resource) {
  const auto& zone = resource.zone();
  return {resource.name(), joined(zone.nameservers()), std::to_string(zone.records_size())};
}

Row site_row(const v1::Resource& resource) {
  const auto& site = resource.site();
  return {resource.name(),
          joined(site.hostnames()),
          site.origin_pool(),
          site.certificates().empty() ? site.certificate() : joined(site.certificates()),
          site.steering_policy().empty() ? "(nearest)" : site.steering_policy(),
          site.locations().empty() ? "(all)" : joined(site.locations())};
}

Row pool_row(const v1::Resource& resource) {
  const auto& pool = resource.origin_pool();
  std::vector<std::string> origins;
  for (const auto& origin : pool.origins())
    origins.push_back(origin.host() + ":" +
                      or_default(origin.has_port(), origin.port(), pool.has_tls() ? 443 : 80));
  return {resource.name(), joined(origins), pool.has_tls() ? "TLS" : "plaintext",
          pool.probe().path().empty() ? "/" : pool.probe().path()};
}

std::string method_text(v1::SteeringMethod method) {
  if (method == v1::STEERING_METHOD_UNSPECIFIED) method = v1::STEERING_METHOD_PROXIMITY;
  return config::enum_text(*v1::SteeringMethod_descriptor(), method);
}

Row policy_row(const v1::Resource& resource) {
  const auto& policy = resource.steering_policy();
  return {resource.name(),
          method_text(policy.method()),
          policy.members().empty() ? "(all)" : std::to_string(policy.members_size()),
          policy.has_ttl() ? config::duration_text(policy.ttl()) : "20s",
          or_default(policy.has_answers(), policy.answers(), 1),
          std::to_string(policy.overrides_size())};
}

Row prefix_map_row(const v1::Resource& resource) {
  return {resource.name(), std::to_string(resource.prefix_map().entries_size())};
}

std::string rate_text(const v1::RateLimit& limit) {
  const auto per = limit.has_per() ? config::duration_text(limit.per()) : "1s";
  return "limit to " + std::to_string(limit.requests()) + " per " + per;
}

std::string action_text(const v1::Rule& rule) {
  switch (rule.action_case()) {
    case v1::Rule::kDeny:
      return "deny " + or_default(rule.deny().has_status(), rule.deny().status(), 403);
    case v1::Rule::kRedirect:
      return "redirect " + rule.redirect().location();
    case v1::Rule::kSetRequestHeader:
      return "set request " + rule.set_request_header().name();
    case v1::Rule::kSetResponseHeader:
      return "set response " + rule.set_response_header().name();
    case v1::Rule::kOverrideCache:
      return rule.override_cache().bypass() ? "bypass cache" : "override cache";
    case v1::Rule::kAllow:
      return "allow";
    case v1::Rule::kRewrite:
      return "rewrite";
    case v1::Rule::kChangeHeaders:
      return "change headers";
    case v1::Rule::kChoosePool:
      return "pool " + rule.choose_pool().origin_pool();
    case v1::Rule::kLimitRate:
      return rate_text(rule.limit_rate());
    case v1::Rule::kRequireSecret:
      return "require " + rule.require_secret().header();
    case v1::Rule::kRespond:
      return "respond " + or_default(rule.respond().has_status(), rule.respond().status(), 200);
    case v1::Rule::ACTION_NOT_SET:
      break;
  }
  return "";
}

/// Which requests, shortly: lists of what is compared, names of what is asked for its value.
std::vector<std::string> match_words(const v1::RuleMatch& match) {
  std::vector<std::string> words;
  const auto add = [&](const auto& list) { words.insert(words.end(), list.begin(), list.end()); };
  add(match.hosts());
  add(match.paths());
  if (!match.path_regex().empty()) words.push_back(match.path_regex());
  add(match.methods());
  if (!match.scheme().empty()) words.push_back(match.scheme());
  add(match.client_prefixes());
  add(match.countries());
  for (const auto asn : match.asns()) words.push_back("AS" + std::to_string(asn));
  for (const auto& test : match.headers()) words.push_back("header " + test.name());
  for (const auto& test : match.cookies()) words.push_back("cookie " + test.name());
  for (const auto& test : match.query_parameters()) words.push_back("parameter " + test.name());
  if (match.has_percent()) words.push_back(number(match.percent()) + " %");
  if (!match.except().empty()) words.push_back("with exceptions");
  return words;
}

Row rule_row(const v1::Resource& resource) {
  const auto match = match_words(resource.rule().match());
  return {resource.name(), match.empty() ? "every request" : joined(match),
          action_text(resource.rule())};
}

Row dns_settings_row(const v1::Resource& resource) {
  const auto& settings = resource.dns_settings();
  const auto& cookies = settings.cookies();
  const bool enabled = !cookies.has_enabled() || cookies.enabled();
  const auto* required = cookies.required() ? "required" : "given";
  const auto& limit = settings.rate_limit();
  return {resource.name(), or_default(settings.has_udp_size(), settings.udp_size(), 1232),
          enabled ? required : "off",
          settings.has_rate_limit() ? std::to_string(limit.answers_per_second()) + "/s" : "none"};
}

Row tsig_key_row(const v1::Resource& resource) {
  const auto algorithm = resource.tsig_key().algorithm();
  const auto shown =
      algorithm == v1::TSIG_ALGORITHM_UNSPECIFIED ? v1::TSIG_ALGORITHM_HMAC_SHA256 : algorithm;
  return {resource.name(), config::enum_text(*v1::TsigAlgorithm_descriptor(), shown)};
}

Row certificate_row(const v1::Resource& resource) {
  const auto chain = tls::parse_chain(resource.certificate().chain_pem());
  if (!chain) return {resource.name(), "(unreadable)", "-"};
  google::protobuf::Timestamp expires;
  expires.set_seconds(WallClock::to_time_t(tls::not_after(*chain->front())));
  return {resource.name(), joined(tls::dns_names(*chain->front())), time_text(expires)};
}

struct Columns {
  std::vector<std::string> headings;
  Row (*row)(const v1::Resource&);
};

Columns columns(v1::Kind kind) {
  switch (kind) {
    case v1::KIND_LOCATION:
      return {{"NAME", "LATITUDE", "LONGITUDE", "DESCRIPTION"}, location_row};
    case v1::KIND_NODE:
      return {{"NAME", "ROLE", "LOCATION", "ADDRESSES", "STATE"}, node_row};
    case v1::KIND_ZONE:
      return {{"NAME", "NAMESERVERS", "RECORD SETS"}, zone_row};
    case v1::KIND_SITE:
      return {{"NAME", "HOSTNAMES", "ORIGIN POOL", "CERTIFICATE", "STEERING", "LOCATIONS"},
              site_row};
    case v1::KIND_ORIGIN_POOL:
      return {{"NAME", "ORIGINS", "TRANSPORT", "PROBE"}, pool_row};
    case v1::KIND_STEERING_POLICY:
      return {{"NAME", "METHOD", "MEMBERS", "TTL", "ANSWERS", "OVERRIDES"}, policy_row};
    case v1::KIND_RULE:
      return {{"NAME", "MATCHES", "ACTION"}, rule_row};
    case v1::KIND_CERTIFICATE:
      return {{"NAME", "HOSTNAMES", "EXPIRES"}, certificate_row};
    case v1::KIND_PREFIX_MAP:
      return {{"NAME", "PREFIXES"}, prefix_map_row};
    case v1::KIND_DNS_SETTINGS:
      return {{"NAME", "UDP SIZE", "COOKIES", "RATE LIMIT"}, dns_settings_row};
    case v1::KIND_TSIG_KEY:
      return {{"NAME", "ALGORITHM"}, tsig_key_row};
    default:
      return {{"NAME"}, [](const v1::Resource& resource) { return Row{resource.name()}; }};
  }
}

/// One reference that a resource makes.
struct Reference {
  v1::Kind kind;
  std::string name;
  std::string field;
};

std::vector<Reference> references(const v1::Resource& resource) {
  std::vector<Reference> found;
  if (resource.has_node())
    found.push_back({v1::KIND_LOCATION, resource.node().location(), "spec.location"});
  if (resource.has_site()) {
    const auto& site = resource.site();
    found.push_back({v1::KIND_ORIGIN_POOL, site.origin_pool(), "spec.origin_pool"});
    found.push_back({v1::KIND_CERTIFICATE, site.certificate(), "spec.certificate"});
    for (const auto& name : site.certificates())
      found.push_back({v1::KIND_CERTIFICATE, name, "spec.certificates"});
    found.push_back({v1::KIND_STEERING_POLICY, site.steering_policy(), "spec.steering_policy"});
    for (const auto& one : site.hostname_policies())
      found.push_back({v1::KIND_STEERING_POLICY, one.steering_policy(), "spec.hostname_policies"});
    for (const auto& name : site.locations())
      found.push_back({v1::KIND_LOCATION, name, "spec.locations"});
    for (const auto& name : site.rules()) found.push_back({v1::KIND_RULE, name, "spec.rules"});
  }
  if (resource.rule().has_choose_pool())
    found.push_back({v1::KIND_ORIGIN_POOL, resource.rule().choose_pool().origin_pool(),
                     "spec.choose_pool.origin_pool"});
  if (const auto& name = resource.origin_pool().tls().client_certificate(); !name.empty())
    found.push_back({v1::KIND_CERTIFICATE, name, "spec.tls.client_certificate"});
  for (const auto& rule : resource.zone().allow_transfer())
    for (const auto& key : rule.keys())
      found.push_back({v1::KIND_TSIG_KEY, key, "spec.allow_transfer"});
  for (const auto& peer : resource.zone().notify())
    found.push_back({v1::KIND_TSIG_KEY, peer.key(), "spec.notify"});
  for (const auto& peer : resource.zone().primaries())
    found.push_back({v1::KIND_TSIG_KEY, peer.key(), "spec.primaries"});
  if (!resource.steering_policy().prefix_map().empty())
    found.push_back(
        {v1::KIND_PREFIX_MAP, resource.steering_policy().prefix_map(), "spec.prefix_map"});
  for (const auto& entry : resource.prefix_map().entries())
    for (const auto& name : entry.locations())
      found.push_back({v1::KIND_LOCATION, name, "spec.entries"});
  for (const auto& member : resource.steering_policy().members())
    found.push_back({member.has_policy() ? v1::KIND_STEERING_POLICY : v1::KIND_LOCATION,
                     member.has_policy() ? member.policy() : member.location(), "spec.members"});
  for (const auto& rule : resource.steering_policy().overrides())
    for (const auto& name : rule.locations())
      found.push_back({v1::KIND_LOCATION, name, "spec.overrides"});
  return found;
}

}  // namespace

Table resource_table(v1::Kind kind, const std::vector<v1::Resource>& resources) {
  auto form = columns(kind);
  Table table{std::move(form.headings), {}};
  for (const auto& resource : resources) table.rows.push_back(form.row(resource));
  return table;
}

std::vector<std::string> referrers(const v1::ResourceKey& key,
                                   const std::vector<v1::Resource>& resources) {
  std::vector<std::string> found;
  for (const auto& resource : resources)
    for (const auto& reference : references(resource)) {
      if (reference.kind != key.kind() || reference.name != key.name()) continue;
      auto text = std::string(config::kind_text(config::kind_of(resource))) + " " +
                  resource.name() + " (" + reference.field + ")";
      if (found.empty() || found.back() != text) found.push_back(std::move(text));
    }
  return found;
}

}  // namespace meridian::gslbctl

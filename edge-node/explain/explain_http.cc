#include "edge-node/explain/explain_http.h"

#include <algorithm>

#include "edge-node/explain/limits_text.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/http/token.h"
#include "edge-node/policy/key_parts.h"
#include "edge-node/request/lookup.h"
#include "edge-node/rules/apply.h"

namespace meridian::edge {
namespace {

/// A request as a person describes it.
struct Described {
  http::RequestHead head;
  IpAddress client;
  bool tls = false;
};

Result<Described> parse(const v1::HttpExplainRequest& asked) {
  Described described;
  const auto client = parse_address(asked.client());
  if (!client) return at("client", client.error());
  described.client = *client;
  std::string_view url = asked.url();
  described.tls = url.starts_with("https://");
  if (!described.tls && !url.starts_with("http://"))
    return Error("url", "begins with neither https:// nor http://");
  url.remove_prefix(described.tls ? 8 : 7);
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || c == 0x7f; }))
    return Error("url", "has a blank or control character in it");
  auto& head = described.head;
  const auto authority = url.substr(0, url.find_first_of("/?#"));
  head.target = url.substr(authority.size(), url.find('#') - authority.size());
  if (!head.target.starts_with('/')) head.target.insert(0, 1, '/');
  head.host = http::parse_authority(authority);
  if (head.host.empty()) return Error("url", "has no host");
  head.method = asked.method().empty() ? "GET" : asked.method();
  if (!http::is_token(head.method)) return Error("method", "is not a method such as GET");
  head.fields.add("Host", authority);
  for (const auto& field : asked.fields()) {
    if (!http::is_token(field.name()) || !http::is_value(field.value()))
      return Error("fields", "'" + field.name() + "' is no header field");
    head.fields.add(field.name(), http::trim(field.value()));
  }
  return described;
}

std::string shown(std::string key) {
  for (auto end = key.find('\n'); end != std::string::npos; end = key.find('\n'))
    key.replace(end, 1, " | ");
  return key;
}

/// Why the cache is not asked; empty: it is.
std::string_view why_not_cached(const http::RequestHead& request, const Site& site,
                                const Ruling& ruling) {
  if (is_cacheable(request) == Cacheable::no)
    return "not asked: such a request is never answered from it";
  if (ruling.cache.bypass) return "not asked: a rule keeps it away";
  if (bypasses_cache(request.fields, site.cache)) return "not asked: a cookie keeps it away";
  return {};
}

void tell_of_cache(const Described& described, const Site& site, const Ruling& ruling,
                   v1::HttpExplanation& told) {
  const auto reason = why_not_cached(described.head, site, ruling);
  if (!reason.empty()) {
    told.set_cache(std::string(reason));
    return;
  }
  told.set_cache_key(shown(make_key(described.head, site, described.tls) + pool_part(ruling)));
  told.set_cache(ruling.cache.ttl
                     ? "asked; answers are kept for " + std::to_string(ruling.cache.ttl->count()) +
                           "s, as a rule says"
                     : "asked; answers are kept as the origin and the site say");
}

void tell_of_rules(const std::vector<RuleStep>& steps, v1::HttpExplanation& told) {
  for (const auto& step : steps) {
    auto& said = *told.add_rules();
    said.set_rule(step.rule->name);
    said.set_matched(step.matched);
    said.set_reason(step.reason);
    said.set_effect(step.effect);
  }
}

void tell_of_fetch(const Described& described, const Site& site, const Ruling& ruling,
                   v1::HttpExplanation& told) {
  const auto& head = described.head;
  told.set_fetched(head.method + " " + (described.tls ? "https://" : "http://") + head.host +
                   head.target);
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    auto& field = *told.add_fields_to_origin();
    field.set_name(std::string(head.fields[i].name));
    field.set_value(std::string(head.fields[i].value));
  }
  told.set_origin_pool(ruling.pool ? ruling.pool->name : site.pool->name);
  tell_of_cache(described, site, ruling, told);
  const auto limits = limits_text(site.limits, described.client);
  told.set_reason((told.cache_key().empty() ? "fetched from an origin of pool '"
                                            : "answered from the cache, or fetched from an origin "
                                              "of pool '") +
                  told.origin_pool() + "'" +
                  (limits.empty() ? "" : ", as far as the site's limits allow: " + limits));
}

/// What it is answered before the site's rules are asked.
struct EarlyAnswer {
  std::uint32_t status;
  std::string reason;
};
std::optional<EarlyAnswer> early_answer(const Described& described, const Site& site) {
  if (described.head.method == "TRACE") return EarlyAnswer{405, "TRACE is answered to nobody"};
  const auto& certificate = site.client_certificate;
  if (certificate && certificate->required && !described.tls)
    return EarlyAnswer{403, "the site demands a certificate, which plain HTTP cannot show"};
  if (!described.tls && site.delivery.redirect_to_https)
    return EarlyAnswer{308, "the site sends plain HTTP to HTTPS (redirect_to_https)"};
  return std::nullopt;
}

/// By its Content-Length.
bool is_body_too_large(const http::RequestHead& request, const SiteLimits& limits) {
  const auto length = request.fields.find("content-length");
  return length && http::parse_length(*length).value_or(0) > limits.request_body_bytes;
}

}  // namespace

v1::HttpExplanation explain_http(const v1::HttpExplainRequest& asked, const Snapshot& snapshot,
                                 const ClientPlaces* places) {
  v1::HttpExplanation told;
  told.set_revision(snapshot.revision.value);
  auto described = parse(asked);
  if (!described) {
    told.set_error(described.error().text());
    return told;
  }
  const auto place = places ? places->find(described->client) : ClientPlace();
  told.set_country(country_text(place.country));
  told.set_asn(place.asn);
  auto& head = described->head;
  if (snapshot.limits->denied.contains(described->client)) {
    told.set_status(403);
    told.set_reason("the edges' settings deny this client (limits.denied_clients)");
    return told;
  }
  const Site* site = snapshot.find_site(head.host);
  if (!site) {
    told.set_status(421);
    told.set_reason("no site that this edge serves has the host '" + head.host + "'");
    return told;
  }
  told.set_site(site->name);
  if (auto early = early_answer(*described, *site)) {
    told.set_status(early->status);
    told.set_reason(std::move(early->reason));
    return told;
  }
  std::vector<RuleStep> steps;
  const Subject subject{
      .request = head, .client = described->client, .tls = described->tls, .place = place};
  const auto ruling = apply_rules(site->rules, head, subject, {.steps = &steps});
  tell_of_rules(steps, told);
  if (ruling.status != 0) {
    told.set_status(static_cast<std::uint32_t>(ruling.status));
    told.set_location(ruling.location);
    told.set_reason("the rule '" + steps.back().rule->name + "' answers");
    return told;
  }
  if (is_body_too_large(head, site->limits)) {
    told.set_status(413);
    told.set_reason("the site's limits allow for " + limits_text(site->limits, described->client));
    return told;
  }
  tell_of_fetch(*described, *site, ruling, told);
  return told;
}

}  // namespace meridian::edge

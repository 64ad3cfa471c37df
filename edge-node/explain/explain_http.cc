#include "edge-node/explain/explain_http.h"

#include <algorithm>

#include "edge-node/explain/limits_text.h"
#include "edge-node/http/parse_http1.h"
#include "edge-node/http/token.h"
#include "edge-node/policy/key_parts.h"
#include "edge-node/request/client_certificate.h"
#include "edge-node/request/local_answer.h"
#include "edge-node/request/lookup.h"
#include "edge-node/request/telling.h"
#include "edge-node/rules/apply.h"

namespace meridian::edge {
namespace {

/// A request as a person describes it.
struct Described {
  http::RequestHead head;
  IpAddress client;
  bool tls = false;
};

Result<http::Framing> framing_of(const http::Fields& fields) {
  http::Framing framing;
  if (fields.has("transfer-encoding")) framing.kind = http::Framing::Kind::chunked;
  if (!fields.has("content-length")) return framing;
  const auto length = http::parse_length(fields.combined("content-length"));
  if (!length || framing.has_body())
    return Error("fields", "'Content-Length' is not one number, or beside 'Transfer-Encoding'");
  return http::Framing{http::Framing::Kind::length, *length};
}

Result<Described> parse(const v1::HttpExplainRequest& asked) {
  Described described;
  const auto client = parse_address(asked.client());
  if (!client) return at("client", client.error());
  described.client = client->unmapped();
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
  auto framing = framing_of(head.fields);
  if (!framing) return framing.error();
  head.framing = *framing;
  // What comes is without them before anything looks at it.
  http::drop_listed(head.fields);
  head.fields.erase(kDebugField);
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

/// Without what rules say of a certificate, too.
http::Fields fields_to_origin(const Described& described, const Site& site) {
  http::Fields fields = described.head.fields;
  tell_of_certificate(fields, site, Visitor());
  return fields;
}

void tell_of_fetch(const Described& described, const Site& site, const Ruling& ruling,
                   v1::HttpExplanation& told) {
  const auto& head = described.head;
  told.set_fetched(head.method + " " + (described.tls ? "https://" : "http://") + head.host +
                   head.target);
  const auto fields = fields_to_origin(described, site);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto& field = *told.add_fields_to_origin();
    field.set_name(std::string(fields[i].name));
    field.set_value(std::string(fields[i].value));
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

/// What the edge answers by itself, and why.
struct EdgeAnswer {
  std::uint32_t status;
  std::string reason;
  std::string location{};
};

/// Whatever host it is for.
std::optional<EdgeAnswer> answer_before_site(const Described& described, const Snapshot& snapshot) {
  if (snapshot.limits->denied.contains(described.client))
    return EdgeAnswer{403, "the edges' settings deny this client (limits.denied_clients)"};
  if (asks_for_health(described.head))
    return EdgeAnswer{200, "the edge tells here of its own health: 503 while it is drained"};
  if (described.head.method == "TRACE") return EdgeAnswer{405, "TRACE is answered to nobody"};
  return std::nullopt;
}

std::optional<EdgeAnswer> answer_before_rules(Described& described, const Snapshot& snapshot,
                                              const Site& site) {
  auto& head = described.head;
  const auto& certificate = site.client_certificate;
  if (certificate && certificate->required && !described.tls)
    return EdgeAnswer{403, "the site demands a certificate, which plain HTTP cannot show"};
  if (certificate) tell_of_certificate(head.fields, site, Visitor());
  if (head.framing.kind == http::Framing::Kind::length &&
      head.framing.length > site.limits.request_body_bytes)
    return EdgeAnswer{413,
                      "the site's limits allow for " + limits_text(site.limits, described.client)};
  if (!described.tls && site.delivery.redirect_to_https && !is_last_recipient(head))
    return EdgeAnswer{308, "the site sends plain HTTP to HTTPS (redirect_to_https)",
                      https_url(snapshot, head)};
  return std::nullopt;
}

std::optional<EdgeAnswer> answer_by_rules(Described& described, const Site& site,
                                          const ClientPlace& place, Ruling& ruling,
                                          v1::HttpExplanation& told) {
  auto& head = described.head;
  std::vector<RuleStep> steps;
  const Subject subject{
      .request = head, .client = described.client, .tls = described.tls, .place = place};
  ruling = apply_rules(site.rules, head, subject, {.steps = &steps});
  tell_of_rules(steps, told);
  if (ruling.status == 0) return std::nullopt;
  return EdgeAnswer{static_cast<std::uint32_t>(ruling.status),
                    "the rule '" + ruling.by->name + "' answers", ruling.location};
}

/// Step by step what answer_locally() does, which knows more of a real request: how many there are
/// of its client, and the certificate.
std::optional<EdgeAnswer> answer_here(Described& described, const Snapshot& snapshot,
                                      const ClientPlace& place, const Site*& site, Ruling& ruling,
                                      v1::HttpExplanation& told) {
  if (auto answer = answer_before_site(described, snapshot)) return answer;
  const auto& head = described.head;
  site = snapshot.find_site(head.host);
  if (!site)
    return EdgeAnswer{421, "no site that this edge serves has the host '" + head.host + "'"};
  told.set_site(site->name);
  if (auto answer = answer_before_rules(described, snapshot, *site)) return answer;
  const bool ends_here = is_last_recipient(head);  // before rules change it
  if (auto answer = answer_by_rules(described, *site, place, ruling, told)) return answer;
  if (ends_here) return EdgeAnswer{204, "its Max-Forwards lets it go no further than to the edge"};
  return std::nullopt;
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
  const Site* site = nullptr;
  Ruling ruling;
  if (auto answer = answer_here(*described, snapshot, place, site, ruling, told)) {
    told.set_status(answer->status);
    told.set_location(std::move(answer->location));
    told.set_reason(std::move(answer->reason));
  } else {
    tell_of_fetch(*described, *site, ruling, told);
  }
  return told;
}

}  // namespace meridian::edge

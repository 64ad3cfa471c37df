#include "edge-node/request/forward.h"

#include "edge-node/http/token.h"
#include "edge-node/request/authority.h"
#include "edge-node/request/client_certificate.h"
#include "edge-node/request/forwarding.h"

namespace meridian::edge {
namespace {

/// Lines of Cookie as one: HTTP/2 may have split them (RFC 9113 section 8.2.3).
std::string cookies_of(const http::Fields& fields) {
  std::string cookies;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!http::same_word(fields[i].name, "cookie")) continue;
    if (!cookies.empty()) cookies += "; ";
    cookies += fields[i].value;
  }
  return cookies;
}

/// The cookie is the edges' own business.
void hide_cookie(http::Fields& fields, std::string_view name) {
  const std::string cookies = cookies_of(fields);
  if (!cookie_value(cookies, name)) return;
  const std::string rest = without_cookie(cookies, name);
  fields.erase("cookie");
  if (!rest.empty()) fields.add("Cookie", rest);
}

/// `fields` become what goes on to an origin, with room for what is added.
void keep_end_to_end(const http::Fields& received, http::Fields& fields) {
  constexpr std::size_t kMoreFields = 8, kMoreCharacters = 256;
  fields.reserve(received.size() + kMoreFields, received.characters() + kMoreCharacters);
  fields = received;
  // This request's own business, or said anew to the origin.
  fields.erase_each("host", "expect", "meridian-peer", "content-length");
  http::strip_hop_by_hop(fields);
}

std::string sticky_cookie_of(Transaction& t) {
  const std::string cookies = cookies_of(t.request().fields);
  return std::string(cookie_value(cookies, t.pool()->sticky->name).value_or(""));
}

/// What only edges say, or what frames a message.
bool is_ours(std::string_view name, const Transaction& t) {
  for (const std::string_view field :
       {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "via", "cdn-loop",
        "client-cert", "client-cert-chain", "content-length", "transfer-encoding", "meridian-peer"})
    if (is_twin(name, field)) return true;
  if (is_twin(name, t.pool()->secret.name)) return true;
  const auto& certificate = t.site->client_certificate;
  return certificate && (is_twin(name, certificate->subject_header) ||
                         is_twin(name, certificate->fingerprint_header));
}

template <class Predicate>
void erase_if(http::Fields& fields, Predicate is_to_go) {
  for (std::size_t i = 0; i < fields.size();)
    if (const std::string_view name = fields[i].name; is_to_go(name))
      fields.erase(std::string(name));
    else
      ++i;
}

/// What the edge before has let through does not mislead, or is the word of its rules.
bool misleads(std::string_view name, Transaction& t) {
  return !t.peer && is_misleading(name, t.site->delivery.forwarding, t.request().method);
}

/// What visitors say in the edge's place goes, or where the origin could take it for that; what the
/// site's rules say stays.
void drop_claims(http::Fields& fields, Transaction& t) {
  erase_if(fields, [&](std::string_view name) {
    return (name.find('_') != name.npos && is_ours(name, t)) || misleads(name, t) ||
           t.site->own_fields.has_twin_of(name);
  });
  for (const auto& asked : t.ruling.asked)
    if (misleads(asked.change->name, t)) change_field(fields, *asked.change, asked.value);
}

/// RFC 9110 section 7.6.2.
void count_forward(http::Fields& fields) {
  const auto left = http::parse_length(fields.find("max-forwards").value_or(""));
  if (left && *left > 0) fields.set("Max-Forwards", std::to_string(*left - 1));
}

}  // namespace

std::uint64_t hash_key_of(Transaction& t) {
  const OriginPool& pool = *t.pool();
  if (pool.balance != BalanceMethod::consistent_hash) return 0;
  if (pool.hash_key == HashKey::client) return hash_of(t.client().text());
  return hash_of(t.request().host + t.request().target);
}

AskedFor asked_for_of(Transaction& t) {
  if (!t.site->rewrite_locations) return {};
  return {.host = t.request().host, .tls = t.is_tls(), .https_port = t.snapshot->https_port};
}

OriginRoute route_of(Transaction& t) {
  OriginRoute route;
  route.key = hash_key_of(t);
  route.secure = t.is_tls();
  if (t.pool()->sticky) route.sticky = t.peer ? t.peer->sticky : sticky_cookie_of(t);
  route.asked_for = asked_for_of(t);
  return route;
}

http::Fields forward_fields(Transaction& t) {
  http::Fields fields;
  forward_fields(t, fields);
  return fields;
}

void clean_trailers(http::Fields& trailers, Transaction& t) {
  erase_if(trailers, [&](std::string_view name) {
    return is_ours(name, t) || misleads(name, t) || t.site->own_fields.has(name);
  });
}

void forward_fields(Transaction& t, http::Fields& fields) {
  const auto& pool = *t.pool();
  keep_end_to_end(t.request().fields, fields);
  drop_claims(fields, t);
  const std::string host = authority_of(t.request(), t.is_tls());
  fields.add("Host", pool.host_header.empty() ? host : pool.host_header);
  if (!t.peer) {  // the edge that the visitor came to has said it all
    const std::string client = t.client().text();
    tell_of_visitor(fields, t.site->delivery.forwarding,
                    {.client = client,
                     .host = host,
                     .scheme = t.is_tls() ? "https" : "http",
                     .version = t.request().version});
    mark_way(fields);
  }
  if (t.request().method == "OPTIONS") count_forward(fields);
  if (!t.peer) tell_of_certificate(fields, *t.site, t.exchange.visitor());
  for (const auto& cookie : t.site->sticky_cookies) hide_cookie(fields, cookie);
  if (!pool.secret.name.empty()) fields.set(pool.secret.name, pool.secret.value);
}

std::optional<ShieldRoute> shield_of(Transaction& t, std::string_view key) {
  const auto& pool = *t.pool();
  // A shield's edges know of the site's own pool only.
  if (!pool.shield || t.peer || t.ruling.pool) return std::nullopt;
  const auto& request = t.request();
  return ShieldRoute{.pool = pool.shield,
                     .key = hash_of(key),
                     .host = authority_of(request, t.is_tls()),
                     .request = {.purges = t.worker.purges.asked().value,
                                 .tls = t.is_tls(),
                                 .client = t.client(),
                                 .sticky = pool.sticky ? sticky_cookie_of(t) : std::string(),
                                 .cache = t.ruling.cache}};
}

bool is_looping(Transaction& t) { return !t.peer && is_in_loop(t.request().fields); }

bool asks_for_less(const http::Fields& fields) {
  return fields.has("range") || fields.has("if-range") || fields.has("if-none-match") ||
         fields.has("if-modified-since");
}

void ask_for_whole(http::Fields& fields) {
  fields.erase_each("range", "if-range", "if-none-match", "if-modified-since");
}

void ask_for_part(http::Fields& fields, const http::SingleRange& range) {
  fields.erase_each("if-none-match", "if-modified-since");
  fields.set("Range", range.text());
}

bool ask_if_changed(http::Fields& fields, const StoredHead& stored) {
  const auto etag = stored.fields.find("etag");
  const auto modified = stored.fields.find("last-modified");
  if (etag) fields.set("If-None-Match", *etag);
  if (modified) fields.set("If-Modified-Since", *modified);
  return etag || modified;
}

}  // namespace meridian::edge

#include "edge-node/request/local_answer.h"

#include <utility>

#include "edge-node/request/client_certificate.h"
#include "edge-node/request/limits.h"
#include "edge-node/request/subject.h"

namespace meridian::edge {
namespace {

constexpr std::string_view kHealthPath = "/.well-known/meridian/health";
constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// Each DNS node asks each second, as anybody can; each edge another one of a shield.
void note_probe(Transaction& t) {
  if (!t.entry || t.request().fields.find("user-agent") != "meridian-probe") return;
  if (t.exchange.visitor().peer)
    t.entry.reset();
  else
    t.entry->is_probe = true;
}

LocalAnswer health(bool draining) {
  auto answer = plain_answer(draining ? 503 : 200);
  answer.body = draining ? "draining\n" : "ok\n";
  answer.fields.add("Cache-Control", "no-store");
  return answer;
}

}  // namespace

bool asks_for_health(const http::RequestHead& request) {
  return request.target == kHealthPath && (request.method == "GET" || request.method == "HEAD");
}

bool is_last_recipient(const http::RequestHead& request) {
  return request.method == "OPTIONS" &&
         (request.target == "*" ||
          http::parse_length(request.fields.find("max-forwards").value_or("")) == 0);
}

std::string https_url(const Snapshot& snapshot, const http::RequestHead& request) {
  std::string url = "https://" + request.host;
  if (snapshot.https_port != 443) url += ":" + std::to_string(snapshot.https_port);
  return url + request.target;
}

const Site* site_of(const Snapshot& snapshot, std::string_view host, const Visitor& visitor) {
  const Site* site = snapshot.find_site(host);
  if (!site || !visitor.tls || host == visitor.server_name) return site;
  const Site* of_session = snapshot.find_session_site(visitor.server_name);
  return of_session && of_session->tls == site->tls ? site : nullptr;
}

LocalAnswer plain_answer(int status) {
  LocalAnswer answer;
  answer.status = status;
  answer.fields.add("Content-Type", "text/plain; charset=utf-8");
  if (status >= 400) answer.fields.add("Cache-Control", "no-store");
  if (status == 503) answer.fields.add("Retry-After", "1");
  answer.body = std::to_string(status) + " " + std::string(http::reason_phrase(status)) + "\n";
  return answer;
}

namespace {

LocalAnswer answer_of(const Ruling& ruling) {
  if (ruling.respond) {
    LocalAnswer answer{.status = ruling.status, .fields = {}, .body = ruling.respond->body};
    answer.fields.add("Content-Type", ruling.respond->content_type);
    return answer;
  }
  auto answer = plain_answer(ruling.status);
  if (!ruling.location.empty()) answer.fields.add("Location", ruling.location);
  if (ruling.retry_after.count() > 0)
    answer.fields.set("Retry-After", std::to_string(ruling.retry_after.count()));
  return answer;
}

LocalAnswer refusal(Transaction& t, std::string_view why, int status) {
  t.log.refused = why;
  return plain_answer(status);
}

/// Rules, redirects and the like are the business of the edge that the visitor came to; what its
/// rules say of the cache is for both.
std::optional<LocalAnswer> answer_peer(Transaction& t) {
  if (!t.peer) return plain_answer(400);
  auto& request = t.request();
  t.site = t.snapshot->find_site(request.host);
  // Past its rules for those only who are to fetch it here.
  if (!t.site || !t.site->is_shielded_here) return plain_answer(421);
  t.log.site = t.site->name;
  t.ruling.cache = t.peer->cache;
  return std::nullopt;
}

std::optional<LocalAnswer> answer_by_rules(Transaction& t) {
  if (t.site->rules.empty()) return std::nullopt;
  auto& request = t.request();
  const auto& visitor = t.exchange.visitor();
  t.ruling = apply_rules(t.site->rules, request,
                         subject_of(request, visitor.client, visitor.tls, *t.site, t.worker),
                         {.limits = &t.worker.rate_limits,
                          .now = Clock::now(),
                          .steps = t.decision ? &t.decision->rules : nullptr});
  if (t.ruling.status == 0) return std::nullopt;
  t.log.rule = t.ruling.by->name;
  t.worker.counters.answered_by_rules.add();
  if (t.ruling.retry_after.count() > 0) t.worker.counters.rate_limited.add();
  return answer_of(t.ruling);
}

}  // namespace

std::optional<LocalAnswer> answer_locally(Transaction& t) {
  auto& request = t.request();
  const auto& visitor = t.exchange.visitor();
  if (!visitor.peer && t.snapshot->limits->denied.contains(visitor.client)) {
    t.worker.counters.denied.add();
    t.exchange.end_connection();
    return refusal(t, "denied_client", 403);
  }
  if (asks_for_health(request)) {
    note_probe(t);
    return health(t.worker.draining.load() && !t.worker.handed_over.load());
  }
  if (visitor.peer) return answer_peer(t);
  if (request.method == "TRACE") {
    auto answer = plain_answer(405);
    answer.fields.add("Allow", kMethods);
    return answer;
  }
  if (!t.site) t.site = site_of(*t.snapshot, request.host, visitor);
  if (!t.site) return refusal(t, "host", 421);
  t.log.site = t.site->name;
  if (!has_proven(*t.site, visitor)) {
    // A session that is made for this site is of no use any more.
    if (t.snapshot->find_session_site(visitor.server_name) == t.site) t.exchange.end_connection();
    return refusal(t, "client_certificate", visitor.tls ? 421 : 403);
  }
  if (t.site->client_certificate) tell_of_certificate(request.fields, *t.site, visitor);
  if (auto answer = beyond_limits(t)) return answer;
  const bool ends_here = is_last_recipient(request);
  if (!visitor.tls && t.site->delivery.redirect_to_https && !ends_here) {
    auto answer = plain_answer(308);
    answer.fields.add("Location", https_url(*t.snapshot, request));
    return answer;
  }
  if (auto answer = answer_by_rules(t)) return answer;
  if (!ends_here) return std::nullopt;
  LocalAnswer answer{.status = 204, .fields = {}, .body = {}};
  answer.fields.add("Allow", kMethods);
  return answer;
}

}  // namespace meridian::edge

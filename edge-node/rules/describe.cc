#include "edge-node/rules/describe.h"

#include "edge-node/http/normal_path.h"

namespace meridian::edge {
namespace {

std::string in_quotes(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string field_text(const FieldTest& test, std::string_view what) {
  const std::string name = std::string(what) + " " + in_quotes(test.name);
  if (test.absent) return name + " is there";
  if (test.regex) return name + " is not there, or its regex finds nothing";
  if (test.values.empty()) return name + " is not there";
  return name + " is not there with any of the values";
}

std::string place_text(const ClientPlace& place) {
  if (place.country == 0) return "is in no known country";
  return "is in " + country_text(place.country);
}

std::string change_text(const HeaderChange& change) {
  using Kind = HeaderChange::Kind;
  const std::string side =
      change.side == HeaderChange::Side::request ? " of the request" : " of the answer";
  const auto* verb = change.kind == Kind::remove ? "remove "
                     : change.kind == Kind::add  ? "add "
                                                 : "set ";
  return verb + change.name + side;
}

std::string cache_text(const CacheOverride& change) {
  if (change.bypass) return "keep it away from the cache";
  std::string text;
  const auto add = [&](const char* name, const auto& value) {
    if (value) text += (text.empty() ? "" : ", ") + (name + std::to_string(value->count())) + "s";
  };
  add("keep answers for ", change.ttl);
  add("stale_while_revalidate ", change.stale_while_revalidate);
  add("stale_if_error ", change.stale_if_error);
  return text;
}

/// The spelling of the request's path that a condition does not hold for.
std::string path_text(const Subject& subject, const Unmet& unmet) {
  http::SpellingMemory memory;
  const auto path = http::spellings_of(subject.request.path(), memory);
  return in_quotes(unmet.index == 0 ? path.normal : path.others[unmet.index - 1].text);
}

std::string reader_text(const Unmet& unmet) {
  return unmet.index == 0 ? "" : " (as some origins read the path)";
}

struct EffectText {
  const Subject& subject;
  const Ruling& ruling;

  std::string status() const { return std::to_string(ruling.status); }

  std::string operator()(const DenyAction&) const { return "deny with " + status(); }
  std::string operator()(const AllowAction&) const {
    return "allow: the rules that follow are not looked at";
  }
  std::string operator()(const RedirectAction&) const {
    return "redirect with " + status() + " to " + ruling.location;
  }
  std::string operator()(const RespondAction& action) const {
    return "respond with " + status() + " and " + std::to_string(action.body.size()) + " bytes";
  }
  std::string operator()(const RewriteAction&) const {
    return "rewrite to " + subject.request.target;
  }
  std::string operator()(const HeaderAction& action) const {
    std::string text;
    for (const auto& change : action.changes)
      text += (text.empty() ? "" : ", ") + change_text(change);
    return text;
  }
  std::string operator()(const CacheOverride& change) const { return cache_text(change); }
  std::string operator()(const ChoosePoolAction& action) const {
    return "fetch from pool " + in_quotes(action.name);
  }
  std::string operator()(const RatePace& pace) const {
    if (ruling.retry_after.count() > 0) return "deny with 429: asked too often";
    const std::chrono::duration<double> each = pace.each;
    const auto number = std::to_string(each.count() > 0 ? 1 / each.count() : 0);
    return "count: " + number.substr(0, number.find('.') + 4) + " requests a second, " +
           std::to_string(pace.burst) + " at once";
  }
  std::string operator()(const RequireAction& action) const {
    return ruling.status != 0 ? "deny with " + status() + ": " + action.header + " has no secret"
                              : "go on: " + action.header + " has the secret";
  }
};

}  // namespace

std::string reason_text(const Match& match, const Unmet& unmet, const Subject& subject) {
  const auto& request = subject.request;
  switch (unmet.condition) {
    case Condition::none:
      return "all conditions are met";
    case Condition::methods:
      return "methods: " + in_quotes(request.method) + " is none of them";
    case Condition::scheme:
      return subject.tls ? "scheme: it came by https" : "scheme: it came by http";
    case Condition::hosts:
      return "hosts: " + in_quotes(request.host) + " is none of them";
    case Condition::paths:
      return "paths: " + path_text(subject, unmet) + " is none of them" + reader_text(unmet);
    case Condition::path_regex:
      return "path_regex: finds nothing in " + path_text(subject, unmet) + reader_text(unmet);
    case Condition::client_prefixes:
      return "client_prefixes: " + subject.client.text() + " is in none of them";
    case Condition::percent:
      return "percent: " + subject.client.text() + " is outside";
    case Condition::headers:
      return "headers: " + field_text(match.headers[unmet.index], "field");
    case Condition::cookies:
      return "cookies: " + field_text(match.cookies[unmet.index], "cookie");
    case Condition::query_parameters:
      return "query_parameters: " + field_text(match.query_parameters[unmet.index], "parameter");
    case Condition::asns:
      return "asns: the client is in " + (subject.place.asn == 0
                                              ? std::string("no known one")
                                              : std::to_string(subject.place.asn));
    case Condition::countries:
      return "countries: the client " + place_text(subject.place);
    case Condition::except:
      return "except[" + std::to_string(unmet.index) + "] takes it out";
  }
  return {};
}

std::string effect_text(const Rule& rule, const Subject& subject, const Ruling& ruling) {
  return std::visit(EffectText{subject, ruling}, rule.action);
}

}  // namespace meridian::edge

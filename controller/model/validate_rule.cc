#include <algorithm>
#include <array>

#include "common/rule/regex.h"
#include "common/rule/template.h"
#include "controller/model/check.h"
#include "controller/model/header.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr std::uint32_t kMostRequests = 1'000'000;
constexpr std::size_t kMostBody = 65'536;
constexpr int kMostChanges = 64;
constexpr int kMostSecrets = 4;
constexpr std::size_t kShortestSecret = 8;

/// The checks of one rule's action; places in templates may name the groups of its match.
class ActionCheck {
 public:
  ActionCheck(Check& check, const v1::Rule& rule) : check_(check), rule_(rule) {
    if (rule.match().path_regex().empty()) return;
    const auto regex = rule::Regex::compile(rule.match().path_regex());
    groups_ = regex ? regex->groups() : kAnyGroups;  // what is wrong with it is said elsewhere
  }

  void check() {
    switch (rule_.action_case()) {
      case v1::Rule::kDeny:
        if (rule_.deny().has_status()) error_status("spec.deny.status", rule_.deny().status());
        return;
      case v1::Rule::kRedirect:
        return redirect(rule_.redirect());
      case v1::Rule::kSetRequestHeader:
        return header("spec.set_request_header", rule_.set_request_header(), Empty::removes);
      case v1::Rule::kSetResponseHeader:
        return header("spec.set_response_header", rule_.set_response_header(), Empty::removes);
      case v1::Rule::kOverrideCache:
        return cache_override(rule_.override_cache());
      case v1::Rule::kAllow:
        return;
      case v1::Rule::kRewrite:
        return rewrite(rule_.rewrite());
      case v1::Rule::kChangeHeaders:
        return header_changes(rule_.change_headers());
      case v1::Rule::kChoosePool:
        return check_.reference("spec.choose_pool.origin_pool", v1::KIND_ORIGIN_POOL,
                                rule_.choose_pool().origin_pool());
      case v1::Rule::kLimitRate:
        return check_rate_limit(check_, "spec.limit_rate", rule_.limit_rate());
      case v1::Rule::kRequireSecret:
        return require_secret(rule_.require_secret());
      case v1::Rule::kRespond:
        return respond(rule_.respond());
      case v1::Rule::ACTION_NOT_SET:
        return check_.wrong("spec",
                            "has no action: give one of deny, redirect, set_request_header, "
                            "set_response_header, override_cache, allow, rewrite, change_headers, "
                            "choose_pool, limit_rate, require_secret, respond");
    }
  }

 private:
  static constexpr int kAnyGroups = 9;
  enum class Empty : std::uint8_t { removes, wrong };

  void error_status(const std::string& field, std::uint32_t status) {
    check_.number(field, status, 400, 599);
  }

  void text(const std::string& field, const std::string& value) {
    if (breaks_a_line(value))
      check_.wrong(field, "has a line break or another control character in it");
    if (value.size() > kMostFieldValue) check_.wrong(field, "is longer than 8192 bytes");
    if (const auto parsed = rule::Template::parse(value, groups_); !parsed)
      check_.wrong(field, parsed.error().what);
  }

  void field_name(const std::string& field, const std::string& name) {
    if (name.empty())
      check_.wrong(field, "is missing");
    else if (!is_token(name) || name.size() > kMostFieldName)
      check_.wrong(field, in_quotes(name) + " is not a header field name");
    else if (is_of_connection(name))
      check_.wrong(field, in_quotes(name) + " belongs to the connection; no rule may set it");
    else if (same_name(name, "host"))
      check_.wrong(field, "set host_header in the site's OriginPool instead");
  }

  void header(const std::string& field, const v1::SetHeader& header, Empty empty) {
    field_name(field + ".name", header.name());
    text(field + ".value", header.value());
    if (empty == Empty::wrong && header.value().empty())
      check_.wrong(field + ".value", "is missing");
  }

  void header_changes(const v1::HeaderChanges& changes) {
    const std::string field = "spec.change_headers";
    const int count = changes.remove_request_size() + changes.set_request_size() +
                      changes.add_request_size() + changes.remove_response_size() +
                      changes.set_response_size() + changes.add_response_size();
    if (count == 0) check_.wrong(field, "changes nothing");
    check_.most(field, count, kMostChanges);
    const auto names = [&](const char* list, const auto& removed) {
      for (int i = 0; i < removed.size(); ++i) field_name(Check::item(field + list, i), removed[i]);
    };
    const auto headers = [&](const char* list, const auto& given, Empty empty) {
      for (int i = 0; i < given.size(); ++i) header(Check::item(field + list, i), given[i], empty);
    };
    names(".remove_request", changes.remove_request());
    headers(".set_request", changes.set_request(), Empty::removes);
    headers(".add_request", changes.add_request(), Empty::wrong);
    names(".remove_response", changes.remove_response());
    headers(".set_response", changes.set_response(), Empty::removes);
    headers(".add_response", changes.add_response(), Empty::wrong);
  }

  void redirect(const v1::Redirect& redirect) {
    const std::string field = "spec.redirect.location";
    const auto& location = redirect.location();
    const bool path = location.starts_with('/') && !location.starts_with("//");
    const auto scheme = location.starts_with("https://")  ? std::size_t{8}
                        : location.starts_with("http://") ? std::size_t{7}
                                                          : std::size_t{0};
    const bool absolute = scheme != 0 && location.size() > scheme && location[scheme] != '/';
    if (location.empty())
      check_.wrong(field, "is missing");
    else if (!path && !absolute)
      check_.wrong(
          field, in_quotes(location) + " is neither an absolute http(s) URL nor a path like /new");
    else if (has_blank(location) || location.size() > kMostFieldValue)
      check_.wrong(field, "has a blank or control character in it, or is longer than 8192 bytes");
    else if (absolute)
      authority(field, location.substr(scheme, location.find('/', scheme) - scheme));
    if (!location.empty()) text(field, location);
    constexpr std::array<std::uint32_t, 5> kStatuses{301, 302, 303, 307, 308};
    if (redirect.has_status() &&
        std::find(kStatuses.begin(), kStatuses.end(), redirect.status()) == kStatuses.end())
      check_.wrong("spec.redirect.status",
                   std::to_string(redirect.status()) + " is not 301, 302, 303, 307 or 308");
  }

  /// Nobody chooses by a request where visitors are sent: of the host, only what was asked for.
  void authority(const std::string& field, std::string text) {
    for (const auto* ending : {"${uri}", "${path}"})  // these begin what follows a host
      text = text.substr(0, text.find(ending));
    constexpr std::string_view kQuery = "${query}";
    if (const auto query = text.find(kQuery); query != std::string::npos) {
      const auto after = text.substr(query + kQuery.size());
      if (!after.empty() && after[0] != '?' && after[0] != '#')
        check_.wrong(field,
                     "what follows ${query} becomes part of the host where a request has no query: "
                     "write a '/' before ${query}");
      text = text.substr(0, query);
    }
    constexpr std::string_view kHost = "${host}";
    if (const auto host = text.find(kHost); host != std::string::npos) {
      const auto after = text.substr(host + kHost.size());
      if (host != 0 || (!after.empty() && after[0] != ':'))
        check_.wrong(field, "${host} is the whole host, or none of it");
      text = after;
    }
    if (text.find("${") != std::string::npos)
      check_.wrong(field, "its host may not be made of anything but ${host}");
  }

  void rewrite(const v1::Rewrite& rewrite) {
    const std::string field = "spec.rewrite";
    const bool prefixes = !rewrite.strip_prefix().empty() || !rewrite.add_prefix().empty();
    if (rewrite.path().empty() && !prefixes && !rewrite.has_query())
      check_.wrong(field, "changes nothing: give path, strip_prefix, add_prefix or query");
    if (!rewrite.path().empty() && prefixes)
      check_.wrong(field + ".path", "excludes strip_prefix and add_prefix");
    if (!rewrite.path().empty()) {
      text(field + ".path", rewrite.path());
      path(field + ".path", rewrite.path());
    }
    if (!rewrite.strip_prefix().empty()) path(field + ".strip_prefix", rewrite.strip_prefix());
    if (!rewrite.add_prefix().empty()) path(field + ".add_prefix", rewrite.add_prefix());
    if (rewrite.has_query()) {
      text(field + ".query", rewrite.query());
      if (has_blank(rewrite.query()) || rewrite.query().find('#') != std::string::npos)
        check_.wrong(field + ".query", "has a blank or a '#' in it");
    }
  }

  void path(const std::string& field, const std::string& value) {
    if (!value.starts_with('/') && !value.starts_with("${path}"))
      check_.wrong(field, in_quotes(value) + " does not begin with '/'");
    if (has_blank(value) || value.find_first_of("?#") != std::string::npos)
      check_.wrong(field, "has a blank, a '?' or a '#' in it");
  }

  void respond(const v1::Respond& respond) {
    const auto status = respond.has_status() ? respond.status() : 200u;
    if (status < 200 || status > 599 || status == 204 || status == 205 || status == 304)
      check_.wrong("spec.respond.status",
                   std::to_string(status) + " is not from 200 to 599, but 204, 205, 304");
    const auto& type = respond.content_type();
    if (breaks_a_line(type) || type.size() > kMostFieldName ||
        (!type.empty() && type.find('/') == std::string::npos))
      check_.wrong("spec.respond.content_type",
                   in_quotes(type) + " is not a media type such as text/html; charset=utf-8");
    if (respond.body().size() > kMostBody)
      check_.wrong("spec.respond.body", "is longer than 65536 bytes");
  }

  void require_secret(const v1::RequireSecret& secret) {
    const std::string field = "spec.require_secret";
    field_name(field + ".header", secret.header());
    if (secret.values().empty()) check_.wrong(field + ".values", "is missing");
    check_.most(field + ".values", secret.values_size(), kMostSecrets);
    // They are secrets: no message quotes them.
    for (int i = 0; i < secret.values_size(); ++i) {
      const auto& value = secret.values(i);
      const auto item = Check::item(field + ".values", i);
      if (value.size() < kShortestSecret)
        check_.wrong(item, "is shorter than 8 characters: too easy to guess");
      else if (has_blank(value) || value.size() > kMostFieldValue)
        check_.wrong(item, "has a blank or control character in it, or is longer than 8192 bytes");
    }
    if (secret.has_status()) error_status(field + ".status", secret.status());
  }

  void cache_override(const v1::CacheOverride& change) {
    const std::string field = "spec.override_cache";
    const bool times =
        change.has_ttl() || change.has_stale_while_revalidate() || change.has_stale_if_error();
    if (change.bypass() && times)
      check_.wrong(field + ".bypass", "leaves nothing to keep: drop the other fields");
    if (!change.bypass() && !times)
      check_.wrong(field,
                   "changes nothing: give bypass, ttl, stale_while_revalidate or stale_if_error");
    if (change.has_ttl()) check_.freshness(field + ".ttl", change.ttl());
    if (change.has_stale_while_revalidate())
      check_.freshness(field + ".stale_while_revalidate", change.stale_while_revalidate());
    if (change.has_stale_if_error())
      check_.freshness(field + ".stale_if_error", change.stale_if_error());
  }

  Check& check_;
  const v1::Rule& rule_;
  int groups_ = 0;
};

}  // namespace

void check_rate_limit(Check& check, const std::string& field, const v1::RateLimit& limit) {
  check.number(field + ".requests", limit.requests(), 1, kMostRequests);
  if (limit.has_per())
    check.duration(field + ".per", limit.per(),
                   {.least = std::chrono::seconds(1), .most = std::chrono::hours(24)});
  if (limit.has_burst()) check.number(field + ".burst", limit.burst(), 1, kMostRequests);
  if (limit.has_ipv4_prefix_length())
    check.number(field + ".ipv4_prefix_length", limit.ipv4_prefix_length(), 8, 32);
  if (limit.has_ipv6_prefix_length())
    check.number(field + ".ipv6_prefix_length", limit.ipv6_prefix_length(), 16, 128);
}

void check_rule(Check& check, const v1::Rule& rule) {
  check_match(check, "spec.match", rule.match(), MatchDepth::whole);
  ActionCheck(check, rule).check();
}

}  // namespace meridian::control

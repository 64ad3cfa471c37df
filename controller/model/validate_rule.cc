#include <algorithm>
#include <array>

#include "controller/model/check.h"
#include "controller/model/header.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

void check_no_template(Check& check, const std::string& field, std::string_view text) {
  if (text.find("${") != text.npos)
    check.wrong(field, "has '${' in it; templates are not served by this version");
}

void check_header(Check& check, const std::string& field, const v1::SetHeader& header) {
  const auto& name = header.name();
  if (name.empty()) {
    check.wrong(field + ".name", "is missing");
  } else if (!is_token(name) || name.size() > kMostFieldName) {
    check.wrong(field + ".name", in_quotes(name) + " is not a header field name");
  } else if (is_of_connection(name)) {
    check.wrong(field + ".name",
                in_quotes(name) + " belongs to the connection; no rule may set it");
  } else if (same_name(name, "host")) {
    check.wrong(field + ".name", "set host_header in the site's OriginPool instead");
  }
  if (breaks_a_line(header.value()))
    check.wrong(field + ".value", "has a line break or another control character in it");
  if (header.value().size() > kMostFieldValue)
    check.wrong(field + ".value", "is longer than 8192 bytes");
  check_no_template(check, field + ".value", header.value());
}

void check_redirect(Check& check, const v1::Redirect& redirect) {
  const auto& location = redirect.location();
  const bool path = location.starts_with('/') && !location.starts_with("//");
  const auto scheme = location.starts_with("https://")  ? std::size_t{8}
                      : location.starts_with("http://") ? std::size_t{7}
                                                        : std::size_t{0};
  const bool absolute = scheme != 0 && location.size() > scheme && location[scheme] != '/';
  if (location.empty())
    check.wrong("spec.redirect.location", "is missing");
  else if (!path && !absolute)
    check.wrong("spec.redirect.location",
                in_quotes(location) + " is neither an absolute http(s) URL nor a path like /new");
  else if (has_blank(location) || location.size() > kMostFieldValue)
    check.wrong("spec.redirect.location",
                "has a blank or control character in it, or is longer than 8192 bytes");
  check_no_template(check, "spec.redirect.location", location);
  constexpr std::array<std::uint32_t, 5> kStatuses{301, 302, 303, 307, 308};
  if (redirect.has_status() &&
      std::find(kStatuses.begin(), kStatuses.end(), redirect.status()) == kStatuses.end())
    check.wrong("spec.redirect.status",
                std::to_string(redirect.status()) + " is not 301, 302, 303, 307 or 308");
}

void check_cache_override(Check& check, const v1::CacheOverride& change) {
  const std::string field = "spec.override_cache";
  const bool times =
      change.has_ttl() || change.has_stale_while_revalidate() || change.has_stale_if_error();
  if (change.bypass() && times)
    check.wrong(field + ".bypass", "leaves nothing to keep: drop the other fields");
  if (!change.bypass() && !times)
    check.wrong(field,
                "changes nothing: give bypass, ttl, stale_while_revalidate or stale_if_error");
  if (change.has_ttl()) check.freshness(field + ".ttl", change.ttl());
  if (change.has_stale_while_revalidate())
    check.freshness(field + ".stale_while_revalidate", change.stale_while_revalidate());
  if (change.has_stale_if_error())
    check.freshness(field + ".stale_if_error", change.stale_if_error());
}

void check_match(Check& check, const v1::RuleMatch& match) {
  for (int i = 0; i < match.paths_size(); ++i)
    check.path_pattern(Check::item("spec.match.paths", i), match.paths(i));
  for (int i = 0; i < match.methods_size(); ++i) {
    const auto field = Check::item("spec.match.methods", i);
    std::string upper = match.methods(i);
    for (char& c : upper)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (!is_token(upper))
      check.wrong(field, in_quotes(match.methods(i)) + " is not a method such as POST");
    else if (upper != match.methods(i))
      check.wrong(field, "methods are case-sensitive; did you mean " + in_quotes(upper) + "?");
  }
  check.prefixes("spec.match.client_prefixes", match.client_prefixes());
}

}  // namespace

void check_rule(Check& check, const v1::Rule& rule) {
  check_match(check, rule.match());
  switch (rule.action_case()) {
    case v1::Rule::kDeny:
      if (rule.deny().has_status() && (rule.deny().status() < 400 || rule.deny().status() > 599))
        check.wrong("spec.deny.status",
                    std::to_string(rule.deny().status()) + " is not from 400 to 599");
      return;
    case v1::Rule::kRedirect:
      return check_redirect(check, rule.redirect());
    case v1::Rule::kSetRequestHeader:
      return check_header(check, "spec.set_request_header", rule.set_request_header());
    case v1::Rule::kSetResponseHeader:
      return check_header(check, "spec.set_response_header", rule.set_response_header());
    case v1::Rule::kOverrideCache:
      return check_cache_override(check, rule.override_cache());
    case v1::Rule::kAllow:
    case v1::Rule::kRewrite:
    case v1::Rule::kChangeHeaders:
    case v1::Rule::kChoosePool:
    case v1::Rule::kLimitRate:
    case v1::Rule::kRequireSecret:
    case v1::Rule::kRespond:
      return;
    case v1::Rule::ACTION_NOT_SET:
      return check.wrong("spec",
                         "has no action: give one of deny, redirect, set_request_header, "
                         "set_response_header, override_cache");
  }
}

}  // namespace meridian::control

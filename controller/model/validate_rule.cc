#include <algorithm>
#include <array>

#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr std::size_t kMostName = 256;
constexpr std::size_t kMostValue = 8192;

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// Fields that frame a message or steer a connection (RFC 9110 section 7.6.1, RFC 9112 section
/// 6): set by hand they are how requests are smuggled.
constexpr std::array<std::string_view, 8> kFraming{
    "connection", "content-length", "keep-alive",        "proxy-connection",
    "te",         "trailer",        "transfer-encoding", "upgrade"};

void check_header(Check& check, const std::string& field, const v1::SetHeader& header) {
  const auto& name = header.name();
  if (name.empty()) {
    check.wrong(field + ".name", "is missing");
  } else if (!is_token(name) || name.size() > kMostName) {
    check.wrong(field + ".name", in_quotes(name) + " is not a header field name");
  } else if (std::any_of(kFraming.begin(), kFraming.end(),
                         [&](std::string_view framing) { return same_name(framing, name); })) {
    check.wrong(field + ".name",
                in_quotes(name) + " belongs to the connection; no rule may set it");
  } else if (same_name(name, "host")) {
    check.wrong(field + ".name", "set host_header in the site's OriginPool instead");
  }
  const auto bad = [](char c) { return is_control(c) && c != '\t'; };
  if (std::any_of(header.value().begin(), header.value().end(), bad))
    check.wrong(field + ".value", "has a line break or another control character in it");
  if (header.value().size() > kMostValue)
    check.wrong(field + ".value", "is longer than 8192 bytes");
}

void check_redirect(Check& check, const v1::Redirect& redirect) {
  const auto& location = redirect.location();
  const bool path = location.starts_with('/') && !location.starts_with("//");
  const auto scheme = location.starts_with("https://")  ? std::size_t{8}
                      : location.starts_with("http://") ? std::size_t{7}
                                                        : std::size_t{0};
  const bool absolute = scheme != 0 && location.size() > scheme && location[scheme] != '/';
  const auto bad = [](char c) { return is_control(c) || c == ' '; };
  if (location.empty())
    check.wrong("spec.redirect.location", "is missing");
  else if (!path && !absolute)
    check.wrong("spec.redirect.location",
                in_quotes(location) + " is neither an absolute http(s) URL nor a path like /new");
  else if (std::any_of(location.begin(), location.end(), bad) || location.size() > kMostValue)
    check.wrong("spec.redirect.location",
                "has a blank or control character in it, or is longer than 8192 bytes");
  constexpr std::array<std::uint32_t, 5> kStatuses{301, 302, 303, 307, 308};
  if (redirect.has_status() &&
      std::find(kStatuses.begin(), kStatuses.end(), redirect.status()) == kStatuses.end())
    check.wrong("spec.redirect.status",
                std::to_string(redirect.status()) + " is not 301, 302, 303, 307 or 308");
}

void check_match(Check& check, const v1::RuleMatch& match) {
  for (int i = 0; i < match.paths_size(); ++i) {
    const auto field = Check::item("spec.match.paths", i);
    const auto& path = match.paths(i);
    if (!path.starts_with('/') && !path.starts_with('*'))
      check.wrong(field, in_quotes(path) + " does not begin with '/' or '*'");
    else if (path.find('?') != std::string::npos)
      check.wrong(field, in_quotes(path) + ": only the path is compared, never the query");
  }
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
    case v1::Rule::ACTION_NOT_SET:
      return check.wrong("spec",
                         "has no action: give one of deny, redirect, set_request_header, "
                         "set_response_header");
  }
}

}  // namespace meridian::control

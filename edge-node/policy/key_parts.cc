#include "edge-node/policy/key_parts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "edge-node/http/cookies.h"
#include "edge-node/http/hex.h"
#include "edge-node/http/token.h"
#include "edge-node/policy/vary.h"

namespace meridian::edge {
namespace {

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view name) {
  for (const auto& pattern : patterns)
    if (matches(pattern, name)) return true;
  return false;
}

constexpr char as_in_names(char c) {
  return c == '.' || c == ' ' || c == '[' ? '_' : http::lower(c);
}

/// Some origin takes the one name for the other: ASP.NET compares without letter case, PHP knows
/// neither dots, blanks, nor brackets that stay open.
bool are_alike(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char c, char d) { return as_in_names(c) == as_in_names(d); });
}

bool is_kept(const std::vector<std::string>& patterns, std::string_view name) {
  for (std::string_view pattern : patterns) {
    const bool open = pattern.ends_with('*');
    pattern.remove_suffix(open ? 1 : 0);
    if (are_alike(pattern, open ? name.substr(0, pattern.size()) : name)) return true;
  }
  return false;
}

std::string decoded(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool may_be_octet = name[i] == '%' && i + 2 < name.size();
    const int high = may_be_octet ? http::hex_value(name[i + 1]) : -1;
    const int low = may_be_octet ? http::hex_value(name[i + 2]) : -1;
    const bool is_octet = high >= 0 && low >= 0;
    text += is_octet ? static_cast<char>(high * 16 + low) : name[i] == '+' ? ' ' : name[i];
    if (is_octet) i += 2;
  }
  return text;
}

/// Some origin may read `name` as one for which `is_named` holds: decoded, or `a[b]` as a part of
/// `a`, or to a NUL at which it ends.
template <class Predicate>
bool may_be_read_as(std::string_view name, Predicate is_named) {
  using namespace std::string_view_literals;
  std::string memory;
  if (name.find_first_of("%+") != std::string_view::npos) name = memory = decoded(name);
  name = http::trim(name);
  return is_named(name) || is_named(http::trim(name.substr(0, name.find_first_of("[\0"sv))));
}

/// What most origins split at `&` some split at `;` too. Only who names one that some may read as
/// another whole in the policy can know that it is none.
bool counts(std::string_view parameter, const CachePolicy& policy) {
  if (parameter.find(';') != std::string_view::npos) return true;
  const auto name = parameter.substr(0, parameter.find('='));
  if (!policy.keep_query_parameters.empty())
    return may_be_read_as(
        name, [&](std::string_view text) { return is_kept(policy.keep_query_parameters, text); });
  const bool ambiguous = name.find_first_of("%+[") != std::string_view::npos;
  for (const auto& pattern : policy.ignore_query_parameters)
    if (ambiguous ? pattern == name : matches(pattern, name)) return false;
  return true;
}

/// What `text` has before the next semicolon, which it goes beyond. As it stands there, but for the
/// blanks that separate it from what was before.
std::string_view take_cookie(std::string_view& text) {
  const auto end = std::min(text.find(';'), text.size());
  auto cookie = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (cookie.starts_with(' ') || cookie.starts_with('\t')) cookie.remove_prefix(1);
  return cookie;
}

bool may_be_named(std::string_view cookie, std::string_view name) {
  return may_be_read_as(cookie.substr(0, cookie.find('=')),
                        [&](std::string_view text) { return are_alike(text, name); });
}

/// It begins a quoted string, in which semicolons separate nothing for some.
bool leaves_quotes_open(std::string_view cookie) {
  const auto quotes = std::count(cookie.begin(), cookie.end(), '"');
  return quotes % 2 != 0 || (quotes > 0 && cookie.find('\\') != std::string_view::npos);
}

/// All agree on where its cookies begin and end. Lines of their own are for some a list with
/// commas.
bool has_clear_cookies(const http::Fields& request) {
  auto [lines, text] = request.look("cookie");
  if (lines > 1) return false;
  if (text.find('"') == std::string_view::npos) return true;
  while (!text.empty())
    if (leaves_quotes_open(take_cookie(text))) return false;
  return true;
}

void append_key_cookies(std::string& to, const http::Fields& request,
                        const std::vector<std::string>& names) {
  if (names.empty()) return;
  if (!has_clear_cookies(request)) {
    to += "\ncookies";
    return append_selecting_value(to, "cookie", request);
  }
  const auto all = request.find("cookie").value_or("");
  for (const auto& name : names) {
    to += "\ncookie " + name;
    bool there = false;
    for (auto rest = all; !rest.empty();) {
      const auto cookie = take_cookie(rest);
      if (!may_be_named(cookie, name)) continue;
      there = true;
      to += ';';
      to += cookie;
    }
    if (!there) to += '!';
  }
}

/// Hands the name and value of each cookie to `visit`.
template <class Visit>
void for_each_cookie(const http::Fields& request, Visit visit) {
  for (std::size_t i = 0; i < request.size(); ++i) {
    if (!http::same_word(request[i].name, "cookie")) continue;
    http::for_each_cookie(request[i].value, [&](std::string_view name, std::string_view value,
                                                std::string_view) { visit(name, value); });
  }
}

}  // namespace

std::string key_target(std::string_view target, const CachePolicy& policy) {
  const auto question = target.find('?');
  if (question == std::string_view::npos ||
      (policy.ignore_query_parameters.empty() && policy.keep_query_parameters.empty() &&
       !policy.ignore_query))
    return std::string(target);
  std::string result(target.substr(0, question));
  if (policy.ignore_query) return result;
  char before = '?';
  for (auto rest = target.substr(question + 1); !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto parameter = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!counts(parameter, policy)) continue;
    result += std::exchange(before, '&');
    result += parameter;
  }
  return result;
}

std::string key_fields(const http::Fields& request, const CachePolicy& policy) {
  std::string result;
  for (const auto& name : policy.key_headers) {
    result += '\n' + name;
    append_selecting_value(result, name, request);
  }
  append_key_cookies(result, request, policy.key_cookies);
  return result;
}

bool bypasses_cache(const http::Fields& request, const CachePolicy& policy) {
  if (policy.bypass_cookies.empty()) return false;
  bool found = false;
  for_each_cookie(request, [&](std::string_view cookie, std::string_view) {
    found = found || matches_any(policy.bypass_cookies, cookie);
  });
  return found;
}

}  // namespace meridian::edge

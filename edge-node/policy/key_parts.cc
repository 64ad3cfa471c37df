#include "edge-node/policy/key_parts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "edge-node/http/token.h"

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

/// Hands the name and value of each cookie to `take` until that says true (RFC 6265 section 4.2).
template <class Take>
bool any_cookie(const http::Fields& request, Take take) {
  for (std::size_t i = 0; i < request.size(); ++i) {
    const auto field = request[i];
    if (!http::same_word(field.name, "cookie")) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const auto end = std::min(rest.find(';'), rest.size());
      const auto pair = http::trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const auto equals = std::min(pair.find('='), pair.size());
      const auto value = pair.substr(std::min(equals + 1, pair.size()));
      if (take(http::trim(pair.substr(0, equals)), http::trim(value))) return true;
    }
  }
  return false;
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
    const auto name = parameter.substr(0, parameter.find('='));
    const bool counts = policy.keep_query_parameters.empty()
                            ? !matches_any(policy.ignore_query_parameters, name)
                            : matches_any(policy.keep_query_parameters, name);
    if (!counts) continue;
    result += std::exchange(before, '&');
    result += parameter;
  }
  return result;
}

std::string key_fields(const http::Fields& request, const CachePolicy& policy) {
  std::string result;
  for (const auto& name : policy.key_headers) {
    result += '\n' + name;
    result += request.has(name) ? ':' : '!';  // absent and empty differ
    const std::string list = request.combined(name);
    http::ListWords words(list);
    while (const auto word = words.next()) {
      result += *word;
      result += ',';
    }
  }
  for (const auto& name : policy.key_cookies) {
    result += "\ncookie " + name;
    const bool there = any_cookie(request, [&](std::string_view cookie, std::string_view value) {
      if (cookie != name) return false;
      result += '=';
      result += value;
      return true;
    });
    if (!there) result += '!';
  }
  return result;
}

bool bypasses_cache(const http::Fields& request, const CachePolicy& policy) {
  if (policy.bypass_cookies.empty()) return false;
  return any_cookie(request, [&](std::string_view cookie, std::string_view) {
    return matches_any(policy.bypass_cookies, cookie);
  });
}

}  // namespace meridian::edge

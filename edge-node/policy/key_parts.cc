#include "edge-node/policy/key_parts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "edge-node/http/cookies.h"
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
    bool there = false;  // the first of that name counts
    for_each_cookie(request, [&](std::string_view cookie, std::string_view value) {
      if (there || cookie != name) return;
      there = true;
      result += '=';
      result += value;
    });
    if (!there) result += '!';
  }
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

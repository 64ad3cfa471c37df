#include "edge-node/request/rules.h"

#include <algorithm>

namespace meridian::edge {
namespace {

bool matches(const Rule& rule, const http::RequestHead& request, const IpAddress& client) {
  const auto any = [](const auto& list, auto&& fits) {
    return list.empty() || std::any_of(list.begin(), list.end(), fits);
  };
  return any(rule.paths, [&](const auto& glob) { return glob_matches(glob, request.path()); }) &&
         any(rule.methods, [&](const auto& method) { return method == request.method; }) &&
         any(rule.client_prefixes, [&](const auto& prefix) { return prefix.contains(client); });
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;  // the last star takes one character more
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool any_rule_matches(const std::vector<Rule>& rules, const http::RequestHead& request,
                      const IpAddress& client) {
  return std::any_of(rules.begin(), rules.end(),
                     [&](const Rule& rule) { return matches(rule, request, client); });
}

Ruling apply_rules(const std::vector<Rule>& rules, http::RequestHead& request,
                   const IpAddress& client) {
  Ruling ruling;
  for (const Rule& rule : rules) {
    if (!matches(rule, request, client)) continue;
    if (const auto* deny = std::get_if<DenyAction>(&rule.action)) {
      ruling.status = deny->status;
      return ruling;
    }
    if (const auto* redirect = std::get_if<RedirectAction>(&rule.action)) {
      ruling.status = redirect->status;
      ruling.location = redirect->location;
      return ruling;
    }
    if (const auto* cache = std::get_if<CacheOverride>(&rule.action)) {
      ruling.cache.add(*cache);
      continue;
    }
    const auto& header = std::get<HeaderAction>(rule.action);
    if (header.side == HeaderAction::Side::request)
      set_header(request.fields, header);
    else
      ruling.response_headers.push_back(&header);
  }
  return ruling;
}

void set_header(http::Fields& fields, const HeaderAction& action) {
  if (action.value.empty())
    fields.erase(action.name);
  else
    fields.set(action.name, action.value);
}

}  // namespace meridian::edge

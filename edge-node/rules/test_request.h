#pragma once

#include <string>
#include <utility>
#include <vector>

#include "edge-node/http/message.h"
#include "edge-node/rules/apply.h"

namespace meridian::edge {

inline http::RequestHead request_of(
    std::string method, std::string target,
    const std::vector<std::pair<std::string, std::string>>& fields = {},
    std::string host = "www.shop.example") {
  http::RequestHead request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.host = std::move(host);
  for (const auto& [name, value] : fields) request.fields.add(name, value);
  return request;
}

inline std::shared_ptr<const rule::Regex> regex_of(const std::string& pattern) {
  return std::make_shared<const rule::Regex>(std::move(*rule::Regex::compile(pattern)));
}

inline rule::Template text_of(const std::string& text, int groups = 0) {
  return std::move(*rule::Template::parse(text, groups));
}

/// To `path`, a template; empty: as it is. The same for the query.
inline RewriteAction rewrite_to(const std::string& path, std::optional<std::string> query = {}) {
  RewriteAction action;
  action.path = text_of(path, 1);
  if (query) action.query = text_of(*query, 1);
  return action;
}
inline RewriteAction rewrite_prefix(std::string strip, std::string add = "") {
  RewriteAction action;
  action.strip_prefix = std::move(strip);
  action.add_prefix = std::move(add);
  return action;
}

template <class Action>
RulePtr rule_of(Match match, Action action, std::string name = "rule") {
  Rule rule;
  rule.name = std::move(name);
  rule.match = std::move(match);
  rule.action = std::move(action);
  return std::make_shared<const Rule>(std::move(rule));
}

}  // namespace meridian::edge

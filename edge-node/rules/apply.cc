#include "edge-node/rules/apply.h"

#include <algorithm>

#include "edge-node/http/normal_path.h"
#include "edge-node/http/token.h"
#include "edge-node/rules/describe.h"

namespace meridian::edge {
namespace {

std::string value_of(const Subject& subject, std::string_view path, const rule::Groups& groups,
                     rule::Variable variable, int group) {
  const auto& request = subject.request;
  const auto query = std::string_view(request.target).substr(request.path().size());
  switch (variable) {
    case rule::Variable::host:
      return request.host;
    case rule::Variable::path:
      return std::string(path);
    case rule::Variable::query:
      return std::string(query);
    case rule::Variable::uri:
      return std::string(path).append(query);
    case rule::Variable::scheme:
      return subject.tls ? "https" : "http";
    case rule::Variable::method:
      return request.method;
    case rule::Variable::client:
      return subject.client.text();
    case rule::Variable::country:
      return country_text(subject.place.country);
    case rule::Variable::asn:
      return subject.place.asn == 0 ? std::string() : std::to_string(subject.place.asn);
    case rule::Variable::group:
      return std::string(groups[static_cast<std::size_t>(group)]);
  }
  return {};
}

/// What visitors send cannot break a message apart; should it ever, nothing of it is used.
std::string checked(std::string text) { return http::is_value(text) ? text : std::string(); }

/// `path`: what the request's path is told as.
std::string filled(const rule::Template& text, const Subject& subject, std::string_view path,
                   const rule::Groups& groups) {
  return checked(text.fill([&](rule::Variable variable, int group) {
    return value_of(subject, path, groups, variable, group);
  }));
}
std::string filled(const rule::Template& text, const Subject& subject, const rule::Groups& groups) {
  return filled(text, subject, subject.request.path(), groups);
}

/// As part of a query: what would begin another parameter there, or be a blank, is encoded.
std::string in_parameter(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "%26";
    else if (c == ';')
      result += "%3B";
    else if (c == '+')
      result += "%2B";
    else
      result += c;
  }
  return result;
}

/// Parameters come of the request's own query only.
std::string filled_query(const rule::Template& text, const Subject& subject, std::string_view path,
                         const rule::Groups& groups) {
  using rule::Variable;
  const auto value = [&](Variable variable, int group = 0) {
    return value_of(subject, path, groups, variable, group);
  };
  return checked(text.fill([&](Variable variable, int group) {
    if (variable == Variable::query) return value(variable);
    if (variable != Variable::uri) return in_parameter(value(variable, group));
    return in_parameter(value(Variable::path)) + value(Variable::query);
  }));
}

/// A path on this host begins with one slash: browsers take two, or a backslash, for a host.
void tie_to_host(std::string& location) {
  std::size_t end = 1;
  while (end < location.size() && (location[end] == '/' || location[end] == '\\')) ++end;
  location.erase(1, end - 1);
}

std::string location_of(const RedirectAction& action, const Subject& subject,
                        const rule::Groups& groups) {
  auto location = filled(action.location, subject, groups);
  if (location.starts_with('/')) tie_to_host(location);
  return location;
}

/// `prefix` with a slash after it, or all there is.
bool begins_with_segment(std::string_view path, std::string_view prefix) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

/// `prefix` taken away, if `path` or else its normal form begins with it.
std::string_view without_prefix(std::string_view path, std::string_view normal,
                                std::string_view prefix) {
  if (prefix.empty()) return path;
  if (!begins_with_segment(path, prefix)) {
    if (!begins_with_segment(normal, prefix)) return path;
    path = normal;
  }
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return path.substr(prefix.size());
}

void drop(std::string& text, std::string_view characters) {
  std::erase_if(text, [&](char c) { return characters.find(c) != std::string_view::npos; });
}

/// Of a path whose visitor may want it elsewhere: no `..` of theirs leads out of what an operator
/// has put in front.
void rewrite(const RewriteAction& action, http::RequestHead& request, const Subject& subject,
             const rule::Groups& groups) {
  std::string asked_memory;
  const auto asked = http::path_without_detours(request.path(), asked_memory);
  std::string path;
  if (!action.path.empty()) {
    path = filled(action.path, subject, asked, groups);
  } else {
    std::string memory;
    const auto normal = http::normal_path(asked, memory);
    path = action.add_prefix;
    path += without_prefix(asked, normal, action.strip_prefix);
  }
  std::string query = request.target.substr(request.path().size());
  if (action.query) {
    query = filled_query(*action.query, subject, asked, groups);
    if (query.starts_with('?')) query.erase(0, 1);
    if (!query.empty()) query.insert(0, 1, '?');
  }
  drop(path, " \t#?");
  drop(query, " \t#");
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  // Groups may come of any place in a path: of `/files../x`, all that follows `/files`.
  if (!action.path.is_literal()) path = http::tied_path(std::move(path));
  request.target = path + query;
}

/// In constant time for each length, so that nobody finds a secret out piece by piece.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

bool knows_secret(const RequireAction& action, const http::Fields& fields) {
  bool known = false;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (http::same_word(fields[i].name, action.header))
      for (const auto& value : action.values) known |= same_secret(fields[i].value, value);
  return known;
}

/// One rule that matches. True: it ends the rules.
class Applier {
 public:
  Applier(http::RequestHead& request, const Subject& subject, const RuleTools& tools,
          Ruling& ruling)
      : request_(request), subject_(subject), tools_(tools), ruling_(ruling) {}

  Taken taken{};

  bool operator()(const DenyAction& action) { return end(action.status); }
  bool operator()(const AllowAction&) { return true; }
  bool operator()(const RedirectAction& action) {
    ruling_.location = location_of(action, subject_, taken.groups);
    return end(action.status);
  }
  bool operator()(const RespondAction& action) {
    ruling_.respond = &action;
    return end(action.status);
  }
  bool operator()(const RewriteAction& action) {
    rewrite(action, request_, subject_, taken.groups);
    return false;
  }
  bool operator()(const HeaderAction& action) {
    for (const auto& change : action.changes) {
      auto value = filled(change.value, subject_, taken.groups);
      const bool of_request = change.side == HeaderChange::Side::request;
      if (of_request) change_field(request_.fields, change, value);
      (of_request ? ruling_.asked : ruling_.fields).push_back({&change, std::move(value)});
    }
    return false;
  }
  bool operator()(const CacheOverride& action) {
    ruling_.cache.add(action);
    return false;
  }
  bool operator()(const ChoosePoolAction& action) {
    ruling_.pool = &action;
    return false;
  }
  bool operator()(const RatePace& pace) {
    if (!tools_.limits) return false;
    const auto wait = tools_.limits->ask(pace, subject_.client, tools_.now);
    if (wait.count() == 0) return false;
    ruling_.retry_after = std::chrono::ceil<std::chrono::seconds>(wait);
    return end(429);
  }
  bool operator()(const RequireAction& action) {
    return !knows_secret(action, request_.fields) && end(action.status);
  }

 private:
  bool end(int status) {
    ruling_.status = status;
    return true;
  }

  http::RequestHead& request_;
  const Subject& subject_;
  const RuleTools& tools_;
  Ruling& ruling_;
};

}  // namespace

bool any_rule_matches(std::span<const RulePtr> rules, const Subject& subject) {
  http::SpellingMemory memory;
  return std::any_of(rules.begin(), rules.end(),
                     [&](const RulePtr& rule) { return matches(*rule, subject, memory); });
}

Ruling apply_rules(std::span<const RulePtr> rules, http::RequestHead& request,
                   const Subject& subject, const RuleTools& tools) {
  Ruling ruling;
  Applier apply(request, subject, tools, ruling);
  for (const RulePtr& rule : rules) {
    const auto unmet =
        first_unmet(rule->match, subject, rule->name, spellings_for(*rule), &apply.taken);
    const bool matched = unmet.condition == Condition::none;
    std::string reason = tools.steps ? reason_text(rule->match, unmet, subject) : std::string();
    const bool ends = matched && std::visit(apply, rule->action);
    if (tools.steps)
      tools.steps->push_back({rule.get(), matched, std::move(reason),
                              matched ? effect_text(*rule, subject, ruling) : std::string()});
    if (!ends) continue;
    if (ruling.status != 0) ruling.by = rule.get();
    break;
  }
  return ruling;
}

void change_field(http::Fields& fields, const HeaderChange& change, std::string_view value) {
  using Kind = HeaderChange::Kind;
  if (change.kind == Kind::add) {
    if (!value.empty()) fields.add(change.name, value);
  } else if (change.kind == Kind::remove || value.empty()) {
    fields.erase(change.name);
  } else {
    fields.set(change.name, value);
  }
}

}  // namespace meridian::edge

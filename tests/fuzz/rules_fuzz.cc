// Patterns and templates of operators against requests of strangers, a line each: regex, template,
// glob, target, value of a field. What comes of a request is one that could have come by itself.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "check.h"
#include "edge-node/http/normal_path.h"
#include "edge-node/http/token.h"
#include "edge-node/rules/apply.h"

namespace {

using namespace meridian;
using meridian::fuzz::require;

std::array<std::string, 5> lines_of(std::string_view bytes) {
  std::array<std::string, 5> lines;
  for (auto& line : lines) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return lines;
}

/// What no parser of requests lets through is none of a rule's business.
bool could_come(const http::RequestHead& request) {
  return request.target.starts_with('/') &&
         std::all_of(request.target.begin(), request.target.end(), [](char c) {
           return http::is_value_char(c) && c != ' ' && c != '\t' && c != '#';
         });
}

edge::FieldTest question(const std::string& name, const std::string& glob) {
  return {.name = name, .values = {glob}, .regex = nullptr};
}

edge::RulePtr rule_of(edge::Match match, decltype(edge::Rule::action) action) {
  edge::Rule rule;
  rule.name = "rule";
  rule.match = std::move(match);
  rule.action = std::move(action);
  return std::make_shared<const edge::Rule>(std::move(rule));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto [pattern, text, glob, target, value] =
      lines_of({reinterpret_cast<const char*>(data), size});
  http::RequestHead request;
  request.method = "GET";
  request.host = "www.shop.example";
  request.target = target;
  if (!could_come(request) || !http::is_value(value)) return 0;
  request.fields.add("Cookie", value);
  request.fields.add("X-A", value);

  edge::Match match;
  auto regex = rule::Regex::compile(pattern);
  if (regex) match.path_regex = std::make_shared<const rule::Regex>(std::move(*regex));
  const int groups = match.path_regex ? match.path_regex->groups() : 0;
  const auto parsed = rule::Template::parse(text, groups);
  if (!glob.empty()) match.query_parameters.push_back(question(glob, glob));
  edge::Match none = match;
  none.cookies.push_back(question("a", glob));
  none.except = {none};  // what meets it by all spellings is taken out by any
  const IpAddress client;
  const edge::Subject subject{.request = request, .client = client};
  require(edge::first_unmet(none, subject, "rule", edge::Spellings::all).condition !=
          edge::Condition::none);
  if (!parsed || !http::is_value(text)) return 0;

  match.query_parameters.clear();
  edge::RewriteAction whole, prefix;
  whole.path = *parsed;
  whole.query = *parsed;
  prefix.strip_prefix = "/a";
  prefix.add_prefix = "/b";
  std::vector<edge::RulePtr> rules{
      rule_of(match, whole), rule_of(match, prefix),
      rule_of({}, edge::RedirectAction{.location = *rule::Template::parse("/${query}", 0)})};
  const bool matched = edge::any_rule_matches({rules.data(), 2}, subject);
  const auto before = request.target;
  std::vector<edge::RuleStep> steps;
  const auto ruling = edge::apply_rules(rules, request, subject, {.steps = &steps});
  require(could_come(request) && steps.size() == 3);
  require(matched || request.target == before);
  http::SpellingMemory memory;
  const auto spellings = http::spellings_of(request.path(), memory);
  require(!steps[1].matched ||
          (spellings.normal.starts_with("/b") &&
           std::all_of(spellings.others.begin(), spellings.others.end(),
                       [](const auto& other) { return other.text.starts_with("/b"); })));
  require(ruling.status == 302 && ruling.location.starts_with('/') &&
          !ruling.location.starts_with("//") && !ruling.location.starts_with("/\\"));
  return 0;
}

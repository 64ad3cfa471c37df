#include "edge-node/compile/compile_match.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "edge-node/compile/compile_prefixes.h"
#include "edge-node/http/normal_path.h"
#include "edge-node/http/token.h"
#include "edge-node/rules/match.h"

namespace meridian::edge {
namespace {

std::string item(const std::string& field, int i) { return field + "[" + std::to_string(i) + "]"; }

using RegexPtr = std::shared_ptr<const rule::Regex>;

Result<RegexPtr> compile_regex(const std::string& text, const std::string& field, unsigned copies) {
  auto regex = rule::Regex::compile(text, copies);
  if (!regex) return Error(field, regex.error().what);
  return RegexPtr(std::make_shared<const rule::Regex>(std::move(*regex)));
}

template <class Tests>
Result<std::vector<FieldTest>> compile_tests(const Tests& from, const std::string& field,
                                             unsigned copies) {
  std::vector<FieldTest> tests;
  for (int i = 0; i < from.size(); ++i) {
    if (from[i].name().empty()) return Error(item(field, i) + ".name", "is missing");
    FieldTest test{.name = from[i].name(),
                   .values = {from[i].values().begin(), from[i].values().end()},
                   .regex = nullptr,
                   .absent = from[i].absent()};
    if (!from[i].regex().empty()) {
      auto regex = compile_regex(from[i].regex(), item(field, i) + ".regex", copies);
      if (!regex) return regex.error();
      test.regex = std::move(*regex);
    }
    tests.push_back(std::move(test));
  }
  return tests;
}

/// Of all 2^64 hashes, those below the result are `percent` of them; nothing: all are.
std::optional<std::uint64_t> share_of(double percent) {
  if (percent >= 100) return std::nullopt;
  return static_cast<std::uint64_t>(std::ldexp(std::max(percent, 0.0) / 100, 64));
}

}  // namespace

Result<Match> compile_match(const v1::RuleMatch& from, const std::string& field, unsigned copies) {
  Match match;
  match.methods = {from.methods().begin(), from.methods().end()};
  if (!from.scheme().empty()) match.tls = from.scheme() == "https";
  for (const auto& host : from.hosts()) {
    auto name = http::lower_text(host);
    const bool is_wildcard = name.starts_with("*.");
    if (is_wildcard) name.erase(0, 2);
    match.hosts.push_back({.name = std::move(name), .is_wildcard = is_wildcard});
  }
  for (const auto& path : from.paths()) match.paths.push_back(http::normal_escapes(path));
  if (!from.path_regex().empty()) {
    auto regex = compile_regex(from.path_regex(), field + ".path_regex", copies);
    if (!regex) return regex.error();
    match.path_regex = std::move(*regex);
  }
  auto clients = compile_prefixes(from.client_prefixes());
  if (!clients) return at(field + ".client_prefixes", clients.error());
  match.clients = std::move(*clients);
  if (from.has_percent()) match.share = share_of(from.percent());
  for (const auto& [tests, list, name] :
       {std::tuple(&match.headers, &from.headers(), ".headers"),
        std::tuple(&match.cookies, &from.cookies(), ".cookies"),
        std::tuple(&match.query_parameters, &from.query_parameters(), ".query_parameters")}) {
    auto compiled = compile_tests(*list, field + name, copies);
    if (!compiled) return compiled.error();
    *tests = std::move(*compiled);
  }
  match.asns = {from.asns().begin(), from.asns().end()};
  std::sort(match.asns.begin(), match.asns.end());
  for (const auto& country : from.countries()) match.countries.push_back(country_code(country));
  std::sort(match.countries.begin(), match.countries.end());
  for (int i = 0; i < from.except_size(); ++i) {
    auto except = compile_match(from.except(i), item(field + ".except", i), copies);
    if (!except) return except.error();
    match.except.push_back(std::move(*except));
  }
  return match;
}

bool needs_place(const Match& match) {
  return !match.asns.empty() || !match.countries.empty() ||
         std::any_of(match.except.begin(), match.except.end(), needs_place);
}

}  // namespace meridian::edge

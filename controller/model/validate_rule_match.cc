#include <cmath>

#include "common/rule/regex.h"
#include "controller/model/check.h"
#include "controller/model/header.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr int kMostTests = 16;
constexpr int kMostValues = 64;
constexpr int kMostExceptions = 8;

/// Names of what a FieldMatch is asked of.
enum class Named : std::uint8_t { header, cookie, parameter };

void check_method(Check& check, const std::string& field, const std::string& method) {
  std::string upper = method;
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  if (!is_token(upper))
    check.wrong(field, in_quotes(method) + " is not a method such as POST");
  else if (upper != method)
    check.wrong(field, "methods are case-sensitive; did you mean " + in_quotes(upper) + "?");
}

void check_regex(Check& check, const std::string& field, const std::string& text) {
  if (const auto regex = rule::Regex::compile(text); !regex) check.wrong(field, regex.error().what);
}

void check_test(Check& check, const std::string& field, const v1::FieldMatch& test, Named named) {
  if (test.name().empty())
    check.wrong(field + ".name", "is missing");
  else if (named != Named::parameter && !is_token(test.name()))
    check.wrong(field + ".name",
                in_quotes(test.name()) + (named == Named::header ? " is not a header field name"
                                                                 : " is not a cookie name"));
  const int given =
      (test.values().empty() ? 0 : 1) + (test.regex().empty() ? 0 : 1) + (test.absent() ? 1 : 0);
  if (given > 1) check.wrong(field, "gives more than one of values, regex and absent");
  check.most(field + ".values", test.values_size(), kMostValues);
  for (int i = 0; i < test.values_size(); ++i) check.repeated(field + ".values", test.values(), i);
  if (!test.regex().empty()) check_regex(check, field + ".regex", test.regex());
}

template <class Tests>
void check_tests(Check& check, const std::string& field, const Tests& tests, Named named) {
  check.most(field, tests.size(), kMostTests);
  for (int i = 0; i < tests.size(); ++i) check_test(check, Check::item(field, i), tests[i], named);
}

}  // namespace

void check_match(Check& check, const std::string& field, const v1::RuleMatch& match,
                 MatchDepth depth) {
  for (int i = 0; i < match.paths_size(); ++i)
    check.path_pattern(Check::item(field + ".paths", i), match.paths(i));
  for (int i = 0; i < match.methods_size(); ++i)
    check_method(check, Check::item(field + ".methods", i), match.methods(i));
  check.prefixes(field + ".client_prefixes", match.client_prefixes());
  for (int i = 0; i < match.hosts_size(); ++i)
    if (const auto problem = hostname_problem(match.hosts(i), Wildcard::allowed))
      check.wrong(Check::item(field + ".hosts", i), *problem);
  if (!match.path_regex().empty()) check_regex(check, field + ".path_regex", match.path_regex());
  check_tests(check, field + ".headers", match.headers(), Named::header);
  check_tests(check, field + ".query_parameters", match.query_parameters(), Named::parameter);
  check_tests(check, field + ".cookies", match.cookies(), Named::cookie);
  for (int i = 0; i < match.countries_size(); ++i) {
    check_country(check, Check::item(field + ".countries", i), match.countries(i));
    check.repeated(field + ".countries", match.countries(), i);
  }
  for (int i = 0; i < match.asns_size(); ++i) {
    if (match.asns(i) == 0) check.wrong(Check::item(field + ".asns", i), "0 is no AS number");
    check.repeated(field + ".asns", match.asns(), i);
  }
  if (!match.scheme().empty() && match.scheme() != "https" && match.scheme() != "http")
    check.wrong(field + ".scheme", in_quotes(match.scheme()) + " is neither https nor http");
  if (match.has_percent() && !(match.percent() > 0 && match.percent() <= 100))
    check.wrong(field + ".percent", "is not above 0 and up to 100");
  check.most(field + ".except", match.except_size(), kMostExceptions);
  for (int i = 0; i < match.except_size(); ++i) {
    const auto item = Check::item(field + ".except", i);
    if (depth == MatchDepth::exception)
      return check.wrong(item, "an exception has no exceptions: write another rule");
    if (match.except(i).ByteSizeLong() == 0) check.wrong(item, "takes every request out");
    check_match(check, item, match.except(i), MatchDepth::exception);
  }
}

}  // namespace meridian::control

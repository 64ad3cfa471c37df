#include <algorithm>

#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr std::uint32_t kMostAnswers = 16;

void check_country(Check& check, const std::string& field, const std::string& code) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  if (code.size() != 2 || !std::all_of(code.begin(), code.end(), is_letter))
    return check.wrong(field, in_quotes(code) + " is not a country code of two letters such as FR");
  std::string upper = code;
  for (char& c : upper) c = static_cast<char>(c & ~0x20);
  if (upper != code)
    check.wrong(field,
                in_quotes(code) + " is not in upper case; did you mean " + in_quotes(upper) + "?");
}

void check_override(Check& check, const std::string& field, const v1::SteeringOverride& rule) {
  if (rule.client_prefixes().empty() && rule.countries().empty())
    check.wrong(field, "matches nobody: give client_prefixes or countries");
  check.prefixes(field + ".client_prefixes", rule.client_prefixes());
  for (int i = 0; i < rule.countries_size(); ++i)
    check_country(check, Check::item(field + ".countries", i), rule.countries(i));
  if (rule.locations().empty())
    check.wrong(field + ".locations", "is missing: at least one location to prefer");
  check.references(field + ".locations", v1::KIND_LOCATION, rule.locations());
}

}  // namespace

void check_steering_policy(Check& check, const v1::SteeringPolicy& policy) {
  using namespace std::chrono_literals;
  if (policy.has_ttl())
    check.duration("spec.ttl", policy.ttl(), {.least = 1s, .most = 1h, .whole_seconds = true});
  if (policy.has_answers() && (policy.answers() < 1 || policy.answers() > kMostAnswers))
    check.wrong("spec.answers", std::to_string(policy.answers()) + " is not from 1 to 16");
  if (policy.has_panic_below() && !(policy.panic_below() >= 0 && policy.panic_below() <= 1))
    check.wrong("spec.panic_below", "is not a share from 0 to 1 (0.3 is 30 %)");
  if (!v1::PanicMode_IsValid(policy.panic_mode()))
    check.wrong("spec.panic_mode", "must be all or none");
  for (int i = 0; i < policy.overrides_size(); ++i)
    check_override(check, Check::item("spec.overrides", i), policy.overrides(i));
}

}  // namespace meridian::control

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "common/net/address.h"
#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr std::uint32_t kMostAnswers = 16;

bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string upper_case(std::string text) {
  for (char& c : text) c = is_letter(c) ? static_cast<char>(c & ~0x20) : c;
  return text;
}

/// True: `code` is in upper case as it should be; else it is noted.
bool check_case(Check& check, const std::string& field, const std::string& code) {
  const auto upper = upper_case(code);
  if (upper == code) return true;
  check.wrong(field,
              in_quotes(code) + " is not in upper case; did you mean " + in_quotes(upper) + "?");
  return false;
}

void check_continent(Check& check, const std::string& field, const std::string& code) {
  static constexpr std::array<std::string_view, 7> kCodes{"AF", "AN", "AS", "EU", "NA", "OC", "SA"};
  if (std::find(kCodes.begin(), kCodes.end(), upper_case(code)) == kCodes.end())
    return check.wrong(field,
                       in_quotes(code) + " is no continent: one of AF, AN, AS, EU, NA, OC, SA");
  check_case(check, field, code);
}

/// ISO 3166-2: a country, and up to three letters or digits.
void check_subdivision(Check& check, const std::string& field, const std::string& code) {
  const auto is_part = [](char c) { return is_letter(c) || is_digit(c); };
  if (code.size() < 4 || code.size() > 6 || !is_letter(code[0]) || !is_letter(code[1]) ||
      code[2] != '-' || !std::all_of(code.begin() + 3, code.end(), is_part))
    return check.wrong(field, in_quotes(code) + " is not an ISO 3166-2 code such as US-CA");
  check_case(check, field, code);
}

void check_override(Check& check, const std::string& field, const v1::SteeringOverride& rule) {
  if (rule.client_prefixes().empty() && rule.countries().empty() && rule.asns().empty() &&
      rule.continents().empty() && rule.subdivisions().empty())
    check.wrong(field,
                "matches nobody: give client_prefixes, asns, countries, subdivisions or "
                "continents");
  check.prefixes(field + ".client_prefixes", rule.client_prefixes());
  const auto each = [&](const std::string& list, const auto& codes, auto check_one) {
    for (int i = 0; i < codes.size(); ++i) {
      check_one(check, Check::item(field + list, i), codes[i]);
      check.repeated(field + list, codes, i);
    }
  };
  each(".countries", rule.countries(), check_country);
  each(".continents", rule.continents(), check_continent);
  each(".subdivisions", rule.subdivisions(), check_subdivision);
  for (int i = 0; i < rule.asns_size(); ++i) {
    if (rule.asns(i) == 0) check.wrong(Check::item(field + ".asns", i), "0 is no AS number");
    check.repeated(field + ".asns", rule.asns(), i);
  }
  if (!v1::OverrideAction_IsValid(rule.action()))
    check.wrong(field + ".action", "must be prefer, allow_only or deny");
  if (rule.locations().empty())
    check.wrong(field + ".locations", "is missing: at least one location");
  check.references(field + ".locations", v1::KIND_LOCATION, rule.locations());
}

void check_panic_addresses(Check& check, const v1::SteeringPolicy& policy) {
  const auto& addresses = policy.panic_addresses();
  const bool fixed = policy.panic_mode() == v1::PANIC_MODE_FIXED;
  if (fixed && addresses.empty())
    check.wrong("spec.panic_addresses", "is missing: panic_mode fixed answers with them");
  if (!fixed && !addresses.empty())
    check.wrong("spec.panic_addresses", "matters to panic_mode fixed only");
  if (static_cast<std::uint32_t>(addresses.size()) > kMostAnswers)
    check.wrong("spec.panic_addresses", std::to_string(addresses.size()) + " are more than 16");
  for (int i = 0; i < addresses.size(); ++i) {
    const auto field = Check::item("spec.panic_addresses", i);
    const auto address = parse_address(addresses[i]);
    if (!address)
      check.wrong(field, address.error().what);
    else if (address->is_unspecified())
      check.wrong(field, in_quotes(addresses[i]) + " is nobody's address");
    check.repeated("spec.panic_addresses", addresses, i);
  }
}

}  // namespace

void check_country(Check& check, const std::string& field, const std::string& code) {
  if (code.size() != 2 || !std::all_of(code.begin(), code.end(), is_letter))
    return check.wrong(field, in_quotes(code) + " is not a country code of two letters such as FR");
  check_case(check, field, code);
}

void check_steering_policy(Check& check, const v1::SteeringPolicy& policy) {
  using namespace std::chrono_literals;
  if (policy.has_ttl())
    check.duration("spec.ttl", policy.ttl(), {.least = 1s, .most = 1h, .whole_seconds = true});
  if (policy.has_answers() && (policy.answers() < 1 || policy.answers() > kMostAnswers))
    check.wrong("spec.answers", std::to_string(policy.answers()) + " is not from 1 to 16");
  if (policy.has_panic_below() && !(policy.panic_below() >= 0 && policy.panic_below() <= 1))
    check.wrong("spec.panic_below", "is not a share from 0 to 1 (0.3 is 30 %)");
  if (policy.has_spill_at() && !(policy.spill_at() >= 0.1 && policy.spill_at() <= 1))
    check.wrong("spec.spill_at", "is not a share from 0.1 to 1 (0.8 is 80 %)");
  if (!policy.prefix_map().empty())
    check.reference("spec.prefix_map", v1::KIND_PREFIX_MAP, policy.prefix_map());
  if (!v1::PanicMode_IsValid(policy.panic_mode()))
    check.wrong("spec.panic_mode", "must be all, last_good, fixed or none");
  check_panic_addresses(check, policy);
  check_steering_members(check, policy);
  for (int i = 0; i < policy.overrides_size(); ++i)
    check_override(check, Check::item("spec.overrides", i), policy.overrides(i));
}

}  // namespace meridian::control

#include "dns-steer/compile/policy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "dns-steer/steer/policy_tree.h"
#include "dns-steer/steer/spread.h"

namespace meridian::dns {
namespace {

constexpr std::uint32_t kMostWeight = 1'000'000;

std::string item(std::string_view list, int index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

Result<LocationId> find_location(const PolicyNames& names, const std::string& name) {
  const auto known = names.locations.find(name);
  if (known == names.locations.end()) return Error("there is no location '" + name + "'");
  return known->second;
}

std::optional<std::array<char, 2>> parse_code(const std::string& text) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (text.size() != 2 || !capital(text[0]) || !capital(text[1])) return {};
  return std::array<char, 2>{text[0], text[1]};
}

Result<Override> compile_override(const v1::SteeringOverride& from, const PolicyNames& names) {
  Override result;
  for (const auto& text : from.client_prefixes()) {
    const auto prefix = parse_prefix(text);
    if (!prefix) return at("client_prefixes", prefix.error());
    result.prefixes.push_back(*prefix);
  }
  for (const auto& text : from.countries()) {
    const auto country = parse_code(text);
    if (!country) return Error("countries", "'" + text + "' is not an ISO 3166-1 code such as FR");
    result.countries.push_back(*country);
  }
  result.asns.assign(from.asns().begin(), from.asns().end());
  for (const auto& text : from.continents()) {
    const auto continent = parse_code(text);
    if (!continent) return Error("continents", "'" + text + "' is not a code such as EU");
    result.continents.push_back(*continent);
  }
  result.subdivisions.assign(from.subdivisions().begin(), from.subdivisions().end());
  for (const auto& name : from.locations()) {
    const auto one = find_location(names, name);
    if (!one) return at("locations", one.error());
    result.locations.push_back(*one);
  }
  if (from.action() == v1::OVERRIDE_ACTION_ALLOW_ONLY) result.action = OverrideAction::allow_only;
  if (from.action() == v1::OVERRIDE_ACTION_DENY) result.action = OverrideAction::deny;
  return result;
}

Result<Method> compile_method(v1::SteeringMethod method) {
  switch (method) {
    case v1::STEERING_METHOD_UNSPECIFIED:
    case v1::STEERING_METHOD_PROXIMITY:
      return Method::proximity;
    case v1::STEERING_METHOD_FAILOVER:
      return Method::failover;
    case v1::STEERING_METHOD_WEIGHTED:
      return Method::weighted;
    case v1::STEERING_METHOD_ROUND_ROBIN:
      return Method::round_robin;
    case v1::STEERING_METHOD_CONSISTENT_HASH:
      return Method::consistent_hash;
    default:
      return Error("spec.method", "is not one that this node knows");
  }
}

Result<PanicMode> compile_panic_mode(v1::PanicMode mode) {
  switch (mode) {
    case v1::PANIC_MODE_UNSPECIFIED:
    case v1::PANIC_MODE_ALL:
      return PanicMode::all;
    case v1::PANIC_MODE_NONE:
      return PanicMode::none;
    case v1::PANIC_MODE_LAST_GOOD:
      return PanicMode::last_good;
    case v1::PANIC_MODE_FIXED:
      return PanicMode::fixed;
    default:
      return Error("spec.panic_mode", "is not one that this node knows");
  }
}

Result<Member> compile_member(const v1::SteeringMember& from, Method method,
                              const PolicyNames& names) {
  Member member;
  if (from.has_weight()) member.weight = from.weight();
  if (member.weight > kMostWeight)
    return Error("weight", "is more than " + std::to_string(kMostWeight));
  if (from.has_location()) {
    const auto location = find_location(names, from.location());
    if (!location) return at("location", location.error());
    member.location = *location;
    member.hash = name_hash(from.location());
    return member;
  }
  if (!from.has_policy()) return Error("names neither a location nor a policy");
  if (method == Method::proximity)
    return Error("policy", "proximity ranks locations only, not policies");
  const auto policy = names.policies.find(from.policy());
  if (policy == names.policies.end())
    return Error("policy", "there is no steering policy '" + from.policy() + "'");
  member.policy = policy->second;
  member.hash = name_hash("policy " + from.policy());
  return member;
}

Result<void> compile_members(const v1::SteeringPolicy& from, const PolicyNames& names,
                             Policy& policy) {
  const auto size = static_cast<std::size_t>(from.members_size());
  if (size > kMostMembers)
    return Error("spec.members", "are more than " + std::to_string(kMostMembers));
  if (size == 0 && policy.method == Method::failover)
    return Error("spec.members", "is missing: failover goes through them in order");
  std::size_t nested = 0;
  for (int i = 0; i < from.members_size(); ++i) {
    const auto field = item("spec.members", i);
    const auto member = compile_member(from.members(i), policy.method, names);
    if (!member) return at(field, member.error());
    const auto repeats = [&](const Member& one) {
      return one.policy == member->policy && one.location == member->location;
    };
    if (std::any_of(policy.members.begin(), policy.members.end(), repeats))
      return Error(field, "stands there twice");
    if (!member->is_location() && ++nested > kMostNestedPolicies)
      return Error(field, "is one policy too many: at most " + std::to_string(kMostNestedPolicies));
    policy.members.push_back(*member);
  }
  return {};
}

Result<void> compile_overrides(const v1::SteeringPolicy& from, const PolicyNames& names,
                               Policy& policy) {
  for (int i = 0; i < from.overrides_size(); ++i) {
    const auto field = item("spec.overrides", i);
    auto compiled = compile_override(from.overrides(i), names);
    if (!compiled) return at(field, compiled.error());
    for (const auto location : compiled->locations) {
      const auto is_it = [location](const Member& one) {
        return one.is_location() && one.location == location;
      };
      if (!compiled->restricts() && !policy.members.empty() &&
          std::none_of(policy.members.begin(), policy.members.end(), is_it))
        return Error(field + ".locations", "prefers a location that is no member of the policy");
    }
    policy.allowed.push_back(allowed_by(*compiled, names.locations.size()));
    policy.overrides.push_back(std::move(*compiled));
  }
  return {};
}

Result<void> compile_panic(const v1::SteeringPolicy& from, Policy& policy) {
  policy.panic_below = policy.method == Method::failover ? 0 : 0.3;
  if (from.has_panic_below()) policy.panic_below = from.panic_below();
  if (!(policy.panic_below >= 0 && policy.panic_below <= 1))
    return Error("spec.panic_below", "is not from 0 to 1");
  const auto mode = compile_panic_mode(from.panic_mode());
  if (!mode) return mode.error();
  policy.panic_mode = *mode;
  if (static_cast<std::size_t>(from.panic_addresses_size()) > kMostAnswers)
    return Error("spec.panic_addresses", "are more than " + std::to_string(kMostAnswers));
  for (int i = 0; i < from.panic_addresses_size(); ++i) {
    const auto address = parse_address(from.panic_addresses(i));
    if (!address) return at(item("spec.panic_addresses", i), address.error());
    policy.panic_addresses[address->is_v4() ? 0 : 1].push_back(
        {*address, false, 0, kNoEdge, address_hash(*address)});
  }
  return {};
}

}  // namespace

Result<Policy> compile_policy(const std::string& name, const v1::SteeringPolicy& from,
                              const PolicyNames& names) {
  Policy policy;
  policy.name = name;
  if (from.has_ttl()) {
    if (from.ttl().seconds() < 1 || from.ttl().seconds() > 3600)
      return Error("spec.ttl", "is not from 1s to 1h");
    policy.ttl = static_cast<std::uint32_t>(from.ttl().seconds());
  }
  if (from.has_answers()) policy.answers = from.answers();
  if (policy.answers < 1 || policy.answers > kMostAnswers)
    return Error("spec.answers", "is not from 1 to " + std::to_string(kMostAnswers));
  if (from.has_spill_at()) policy.spill_at = from.spill_at();
  if (!(policy.spill_at >= 0.1 && policy.spill_at <= 1))
    return Error("spec.spill_at", "is not from 0.1 to 1");
  const auto method = compile_method(from.method());
  if (!method) return method.error();
  policy.method = *method;
  if (from.answer_order() == v1::ANSWER_ORDER_SHUFFLED) policy.answer_order = AnswerOrder::shuffled;
  policy.distinct_locations = from.distinct_locations();
  if (auto done = compile_panic(from, policy); !done) return done.error();
  if (auto done = compile_members(from, names, policy); !done) return done.error();
  if (auto done = compile_overrides(from, names, policy); !done) return done.error();
  return policy;
}

}  // namespace meridian::dns

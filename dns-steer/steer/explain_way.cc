#include "dns-steer/steer/explain_way.h"

#include <algorithm>

namespace meridian::dns {
namespace {

constexpr std::size_t kMostNamed = 8;

v1::SteeringMethod as_message(Method method) {
  switch (method) {
    case Method::proximity:
      return v1::STEERING_METHOD_PROXIMITY;
    case Method::failover:
      return v1::STEERING_METHOD_FAILOVER;
    case Method::weighted:
      return v1::STEERING_METHOD_WEIGHTED;
    case Method::round_robin:
      return v1::STEERING_METHOD_ROUND_ROBIN;
    case Method::consistent_hash:
      return v1::STEERING_METHOD_CONSISTENT_HASH;
  }
  return v1::STEERING_METHOD_UNSPECIFIED;
}

/// "a, b and 3 more".
std::string listed(const std::vector<std::string>& all) {
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), kMostNamed); ++i)
    text += (i == 0 ? "" : ", ") + all[i];
  if (all.size() > kMostNamed) text += " and " + std::to_string(all.size() - kMostNamed) + " more";
  return text;
}

class Explainer {
 public:
  Explainer(const Fleet& fleet, const Policy& top, const FamilyHealth& health, const Way& way)
      : fleet_(fleet), top_(top), health_(health), way_(way) {}

  v1::AskedPolicy explain(const Way::Policy& asked) const {
    const auto& policy = fleet_.policies[asked.path.back()];
    v1::AskedPolicy result;
    std::string path;
    for (const auto number : asked.path)
      path += (path.empty() ? "" : " > ") + fleet_.policies[number].name;
    result.set_path(path);
    result.set_method(as_message(policy.method));
    std::vector<std::string> gave;
    for (const auto& led : asked.led) {
      if (led.addresses > 0) gave.push_back(name(led));
    }
    auto text = gave.empty() ? "nobody answers" : "answered by " + listed(gave);
    if (const auto others = passed_over(policy, asked); !others.empty())
      text += "; passed over: " + listed(others);
    result.set_text(text);
    return result;
  }

 private:
  std::string name(const Way::Led& led) const {
    return led.to_location ? fleet_.locations[led.location].name
                           : "policy " + fleet_.policies[led.policy].name;
  }

  bool is_live(const Member& member) const {
    if (member.is_location()) return health_.candidates.contains(member.location);
    const auto place = std::find_if(top_.tree.begin(), top_.tree.end(), [&](const Branch& branch) {
      return branch.policy == member.policy;
    });
    return place != top_.tree.end() &&
           health_.branches[static_cast<std::size_t>(place - top_.tree.begin())].live;
  }

  /// The first policy around it that keeps the client from the location; empty: none does.
  std::string forbidden_by(const Way::Policy& asked, LocationId location) const {
    for (const auto& outer : way_.policies) {
      if (outer.restriction == kNoOverride || outer.path.size() > asked.path.size() ||
          !std::equal(outer.path.begin(), outer.path.end(), asked.path.begin()))
        continue;
      const auto& policy = fleet_.policies[outer.path.back()];
      if (!policy.allowed[outer.restriction].contains(location))
        return "overrides[" + std::to_string(outer.restriction) + "] of '" + policy.name +
               "' keeps the client away";
    }
    return {};
  }

  /// Members that cannot answer, and why.
  std::vector<std::string> passed_over(const Policy& policy, const Way::Policy& asked) const {
    std::vector<std::string> all;
    for (const auto& member : policy.members) {
      const auto who = name({member.is_location(), member.location, member.policy, 0});
      if (!is_live(member)) {
        all.push_back(who + " (no edge that may answer)");
      } else if (member.is_location()) {
        if (const auto why = forbidden_by(asked, member.location); !why.empty())
          all.push_back(who + " (" + why + ")");
      }
    }
    for (const auto& led : asked.led) {
      if (led.addresses == 0 && !led.to_location)
        all.push_back(name(led) + " (nothing for this client)");
    }
    return all;
  }

  const Fleet& fleet_;
  const Policy& top_;
  const FamilyHealth& health_;
  const Way& way_;
};

}  // namespace

std::vector<v1::AskedPolicy> explain_way(const Fleet& fleet, const HealthTable& health,
                                         std::uint32_t site, Family family, const Way& way) {
  const auto& top = fleet.policies[fleet.sites[site].policy];
  const auto* everybody = health.everybody(site, family);
  const bool panic = way.restricted_panic && everybody != nullptr;
  const Explainer explainer(fleet, top, panic ? *everybody : health.of(site, family), way);
  std::vector<v1::AskedPolicy> result;
  for (const auto& asked : way.policies) result.push_back(explainer.explain(asked));
  return result;
}

std::string explain_method(Method method) {
  switch (method) {
    case Method::proximity:
      return "locations are ranked by distance from the client's place";
    case Method::failover:
      return "members stand in the order of the policy";
    case Method::weighted:
      return "each answer draws a member by weight (this is one draw)";
    case Method::round_robin:
      return "members take turns, answer by answer (this is one turn)";
    case Method::consistent_hash:
      return "the client's network is hashed to a member";
  }
  return {};
}

}  // namespace meridian::dns

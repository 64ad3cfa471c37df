#include "dns-steer/steer/policy_tree.h"

#include <algorithm>
#include <map>
#include <string>

namespace meridian::dns {
namespace {

class Linker {
 public:
  explicit Linker(Fleet& fleet) : fleet_(fleet), known_(fleet.policies.size()) {}

  Result<void> link(std::uint32_t number) {
    if (auto measured = measure(number); !measured) return measured.error();
    auto& policy = fleet_.policies[number];
    policy.tree.clear();
    std::map<std::uint32_t, std::uint32_t> places;
    grow(policy, number, places);
    policy.reach = LocationSet(fleet_.locations.size());
    policy.restricts = false;
    policy.by_chance = policy.answer_order == AnswerOrder::shuffled && policy.answers > 1;
    for (const auto& branch : policy.tree) take(policy, fleet_.policies[branch.policy]);
    return {};
  }

 private:
  struct Measure {
    std::size_t depth = 0;  // 0: not known yet
    std::size_t members = 0;
  };

  /// Fails on a ring, before anything follows it.
  Result<void> measure(std::uint32_t number) {
    if (known_[number].depth > 0) return {};
    const auto& policy = fleet_.policies[number];
    path_.push_back(number);
    Measure result{1, std::max<std::size_t>(policy.members.size(), 1)};
    for (std::size_t i = 0; i < policy.members.size(); ++i) {
      const auto& member = policy.members[i];
      if (member.is_location()) continue;
      const auto where = [&](std::string what) {
        return Error(
            "steering policy " + policy.name + ": spec.members[" + std::to_string(i) + "].policy",
            std::move(what));
      };
      if (std::find(path_.begin(), path_.end(), member.policy) != path_.end())
        return where("leads back to itself: " + path_text(member.policy));
      if (auto measured = measure(member.policy); !measured) return measured.error();
      const auto& below = known_[member.policy];
      result.depth = std::max(result.depth, below.depth + 1);
      result.members += below.members;
      if (result.depth > kMostPolicyDepth)
        return where("makes policies nest more than " + std::to_string(kMostPolicyDepth) + " deep");
      if (result.members > kMostMembersTogether)
        return where("makes more than " + std::to_string(kMostMembersTogether) +
                     " members together");
    }
    path_.pop_back();
    known_[number] = result;
    return {};
  }

  /// "a > b > a".
  std::string path_text(std::uint32_t again) const {
    std::string text;
    for (auto i = std::find(path_.begin(), path_.end(), again); i != path_.end(); ++i)
      text += fleet_.policies[*i].name + " > ";
    return text + fleet_.policies[again].name;
  }

  std::uint32_t grow(Policy& top, std::uint32_t number,
                     std::map<std::uint32_t, std::uint32_t>& places) {
    const auto [known, added] =
        places.try_emplace(number, static_cast<std::uint32_t>(top.tree.size()));
    const auto place = known->second;
    if (!added) return place;
    top.tree.push_back({number, {}});
    std::vector<std::uint32_t> below;
    for (const auto& member : fleet_.policies[number].members)
      below.push_back(member.is_location() ? 0 : grow(top, member.policy, places));
    top.tree[place].below = std::move(below);
    return place;
  }

  void take(Policy& top, const Policy& part) {
    if (part.members.empty()) {
      for (std::size_t i = 0; i < fleet_.locations.size(); ++i)
        top.reach.add(static_cast<LocationId>(i));
    }
    for (const auto& member : part.members) {
      if (member.is_location()) top.reach.add(member.location);
    }
    top.restricts |= std::any_of(part.overrides.begin(), part.overrides.end(),
                                 [](const Override& one) { return one.restricts(); });
    top.by_chance |= part.method == Method::weighted || part.method == Method::round_robin;
  }

  Fleet& fleet_;
  std::vector<Measure> known_;
  std::vector<std::uint32_t> path_;
};

}  // namespace

Result<void> link_policies(Fleet& fleet) {
  Linker linker(fleet);
  for (std::uint32_t i = 0; i < fleet.policies.size(); ++i) {
    if (auto linked = linker.link(i); !linked) return linked.error();
  }
  const auto hashes_all = [](const Policy& one) {
    return one.method == Method::consistent_hash && one.members.empty();
  };
  if (fleet.locations.size() > kMostMembers &&
      std::any_of(fleet.policies.begin(), fleet.policies.end(), hashes_all)) {
    std::vector<std::uint64_t> hashes;
    for (const auto& location : fleet.locations) hashes.push_back(location.hash);
    fleet.ring = LocationRing(hashes);
  }
  return {};
}

}  // namespace meridian::dns

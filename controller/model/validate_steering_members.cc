#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr int kMostMembers = 256;
constexpr int kMostNestedPolicies = 16;
constexpr std::size_t kMostDepth = 4;
constexpr std::size_t kMostMembersTogether = 1000;
constexpr std::uint32_t kMostWeight = 1'000'000;

v1::SteeringMethod method_of(const v1::SteeringPolicy& policy) {
  return policy.method() == v1::STEERING_METHOD_UNSPECIFIED ? v1::STEERING_METHOD_PROXIMITY
                                                            : policy.method();
}

bool draws_by_weight(v1::SteeringMethod method) {
  return method == v1::STEERING_METHOD_WEIGHTED || method == v1::STEERING_METHOD_CONSISTENT_HASH;
}

/// Walks what is nested in the policy `top`, as far as it exists.
class Nesting {
 public:
  Nesting(const Configuration& configuration, const std::string& top)
      : configuration_(configuration), path_{top} {}

  struct Size {
    std::size_t depth = 1;
    std::size_t members = 1;
  };
  /// Nothing: the policies lead back to themselves; path() tells how.
  std::optional<Size> measure(const std::string& name) {
    if (const auto known = known_.find(name); known != known_.end()) return known->second;
    if (std::find(path_.begin(), path_.end(), name) != path_.end()) {
      path_.erase(path_.begin(), std::find(path_.begin(), path_.end(), name));
      path_.push_back(name);
      return {};
    }
    path_.push_back(name);
    Size size;
    if (const auto* found = configuration_.find(v1::KIND_STEERING_POLICY, name)) {
      const auto& members = found->steering_policy().members();
      size.members = static_cast<std::size_t>(std::max(members.size(), 1));
      for (const auto& member : members) {
        if (!member.has_policy()) continue;
        const auto below = measure(member.policy());
        if (!below) return {};
        size.depth = std::max(size.depth, below->depth + 1);
        size.members += below->members;
      }
    }
    path_.pop_back();
    known_[name] = size;
    return size;
  }

  bool starts_with(const std::string& name) const { return path_.front() == name; }
  /// "a > b > a".
  std::string path() const {
    std::string text;
    for (const auto& name : path_) text += (text.empty() ? "" : " > ") + name;
    return text;
  }

 private:
  const Configuration& configuration_;
  std::vector<std::string> path_;
  std::map<std::string, Size> known_;
};

void check_nesting(Check& check, const v1::SteeringPolicy& policy) {
  const auto& own_name = check.resource().name();
  Nesting::Size together{1, static_cast<std::size_t>(policy.members_size())};
  for (int i = 0; i < policy.members_size(); ++i) {
    if (!policy.members(i).has_policy()) continue;
    const auto field = Check::item("spec.members", i) + ".policy";
    Nesting nesting(check.overview().configuration, own_name);
    const auto size = nesting.measure(policy.members(i).policy());
    if (!size) {
      // A ring is told at each of its policies, and at those only.
      if (nesting.starts_with(own_name))
        check.wrong(field, "leads back to itself: " + nesting.path());
      continue;
    }
    together.depth = std::max(together.depth, size->depth + 1);
    together.members += size->members;
    if (size->depth + 1 > kMostDepth)
      check.wrong(field, "makes policies nest more than " + std::to_string(kMostDepth) + " deep");
  }
  if (together.members > kMostMembersTogether)
    check.wrong("spec.members", "are " + std::to_string(together.members) +
                                    " together with those of nested policies, more than " +
                                    std::to_string(kMostMembersTogether));
}

std::string member_text(const v1::SteeringMember& member) {
  return member.has_policy() ? "policy " + member.policy() : "location " + member.location();
}

void check_member(Check& check, const std::string& field, const v1::SteeringMember& member,
                  v1::SteeringMethod method) {
  if (member.has_location()) {
    check.reference(field + ".location", v1::KIND_LOCATION, member.location());
  } else if (member.has_policy()) {
    if (method == v1::STEERING_METHOD_PROXIMITY)
      check.wrong(field + ".policy",
                  "proximity ranks locations only; nest policies in one whose method is failover, "
                  "weighted, round_robin or consistent_hash");
    check.reference(field + ".policy", v1::KIND_STEERING_POLICY, member.policy());
  } else {
    check.wrong(field, "is empty: give location or policy");
  }
  if (!member.has_weight()) return;
  if (!draws_by_weight(method))
    check.wrong(field + ".weight", "matters to weighted and consistent_hash only");
  if (member.weight() > kMostWeight)
    check.wrong(field + ".weight",
                std::to_string(member.weight()) + " is more than " + std::to_string(kMostWeight));
}

void check_preferred(Check& check, const v1::SteeringPolicy& policy) {
  for (int i = 0; i < policy.overrides_size(); ++i) {
    const auto& rule = policy.overrides(i);
    if (rule.action() == v1::OVERRIDE_ACTION_ALLOW_ONLY ||
        rule.action() == v1::OVERRIDE_ACTION_DENY)
      continue;
    for (int j = 0; j < rule.locations_size(); ++j) {
      const bool known = std::any_of(
          policy.members().begin(), policy.members().end(), [&](const v1::SteeringMember& one) {
            return one.has_location() && one.location() == rule.locations(j);
          });
      if (!known)
        check.wrong(Check::item(Check::item("spec.overrides", i) + ".locations", j),
                    in_quotes(rule.locations(j)) +
                        " is no member of this policy: make it one, or prefer "
                        "it in the nested policy that leads there");
    }
  }
}

}  // namespace

void check_steering_members(Check& check, const v1::SteeringPolicy& policy) {
  if (!v1::SteeringMethod_IsValid(policy.method()))
    check.wrong("spec.method",
                "must be proximity, failover, weighted, round_robin or consistent_hash");
  if (!v1::AnswerOrder_IsValid(policy.answer_order()))
    check.wrong("spec.answer_order", "must be best_first or shuffled");
  const auto method = method_of(policy);
  if (method != v1::STEERING_METHOD_PROXIMITY && !policy.prefix_map().empty())
    check.wrong("spec.prefix_map", "matters to proximity only");
  const auto& members = policy.members();
  if (members.empty()) {
    if (method == v1::STEERING_METHOD_FAILOVER)
      check.wrong("spec.members", "is missing: failover goes through its members in order");
    return;
  }
  if (members.size() > kMostMembers)
    return check.wrong("spec.members", std::to_string(members.size()) + " are more than " +
                                           std::to_string(kMostMembers));
  std::map<std::string, int> seen;
  int nested = 0;
  for (int i = 0; i < members.size(); ++i) {
    const auto field = Check::item("spec.members", i);
    check_member(check, field, members[i], method);
    const auto [first, added] = seen.try_emplace(member_text(members[i]), i);
    if (!added) check.wrong(field, "repeats " + Check::item("spec.members", first->second));
    nested += members[i].has_policy() ? 1 : 0;
  }
  if (nested > kMostNestedPolicies)
    check.wrong("spec.members", "name " + std::to_string(nested) + " policies, more than " +
                                    std::to_string(kMostNestedPolicies));
  check_nesting(check, policy);
  check_preferred(check, policy);
}

}  // namespace meridian::control

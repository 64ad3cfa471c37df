#include <algorithm>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "dns-steer/steer/policy.h"
#include "dns-steer/steer/spread.h"
#include "dns-steer/steer/test_fleet.h"

// The chain on random policies, fleets, health and clients, against a model too simple to be wrong.
namespace meridian::dns {
namespace {

using testing::FleetFixture;
using Random = std::mt19937_64;

constexpr std::uint32_t kLocations = 6;

std::uint32_t below(Random& random, std::uint32_t end) {
  return static_cast<std::uint32_t>(random() % end);
}

/// A client in 10.N/16 at location N, or somewhere unknown.
IpAddress random_client(Random& random) {
  return IpAddress::v4(0x0a000000 + (below(random, kLocations + 1) << 16) + below(random, 65536));
}

std::vector<Override> random_overrides(Random& random, const std::vector<Member>& members) {
  std::vector<Override> overrides;
  for (auto count = below(random, 3); count > 0; --count) {
    Override one;
    const auto length = 14 + static_cast<int>(below(random, 14));
    one.prefixes = {prefix_of(random_client(random), length)};
    one.action = static_cast<OverrideAction>(below(random, 3));
    for (auto locations = 1 + below(random, 3); locations > 0; --locations) {
      const auto location = static_cast<LocationId>(below(random, kLocations));
      const bool is_member = std::any_of(members.begin(), members.end(), [&](const Member& m) {
        return m.is_location() && m.location == location;
      });
      if (one.restricts() || is_member) one.locations.push_back(location);
    }
    overrides.push_back(one);
  }
  return overrides;
}

/// Policies after `number` may be its members.
Policy random_policy(Random& random, std::uint32_t number, std::uint32_t count,
                     std::span<const Method> methods) {
  Policy policy;
  policy.name = "policy-" + std::to_string(number);
  policy.method = methods[below(random, static_cast<std::uint32_t>(methods.size()))];
  std::set<std::pair<std::uint32_t, LocationId>> used;
  for (auto members = 1 + below(random, 4); members > 0; --members) {
    Member member{.location = static_cast<LocationId>(below(random, kLocations))};
    if (policy.method != Method::proximity && number + 1 < count && below(random, 2) == 0)
      member = {.policy = number + 1 + below(random, count - number - 1)};
    if (used.emplace(member.policy, member.location).second) policy.members.push_back(member);
  }
  if (below(random, 3) == 0) policy.overrides = random_overrides(random, policy.members);
  return policy;
}

struct Case {
  FleetFixture fixture;
  HealthView view;
};

Case random_case(Random& random, std::span<const Method> methods) {
  Case result;
  auto& fleet = result.fixture.fleet;
  fleet.locations = {{"ams", {52.4, 4.9}},    {"fra", {50.1, 8.7}},  {"nyc", {40.7, -74.0}},
                     {"sao", {-23.5, -46.6}}, {"sin", {1.4, 103.8}}, {"syd", {-33.9, 151.2}}};
  for (std::uint32_t i = 0; i < 9; ++i) {
    const auto name = "edge-" + std::to_string(i);
    result.fixture.edge(name, static_cast<LocationId>(below(random, kLocations)),
                        {"192.0.2." + std::to_string(i)});
    if (below(random, 3) == 0) result.view.edges[name].up = false;
  }
  constexpr std::uint32_t kPolicies = 4;  // no deeper than they may be
  for (std::uint32_t i = 0; i < kPolicies; ++i)
    fleet.policies.push_back(random_policy(random, i, kPolicies, methods));
  auto& top = fleet.policies.front();
  top.answers = 1 + below(random, 4);
  top.panic_mode = PanicMode::none;
  top.distinct_locations = below(random, 2) == 0;
  (void)result.fixture.finish_policies();
  return result;
}

/// The naive model: whole lists, no scopes, no tables of health.
class Model {
 public:
  Model(const Fleet& fleet, const HealthView& view, const IpAddress& client, std::uint32_t turn)
      : fleet_(fleet), view_(view), client_(client), turn_(turn) {}

  std::vector<std::string> answer() const {
    std::vector<std::string> answer;
    std::set<LocationId> locations;
    const auto& top = fleet_.policies.front();
    for (const auto& edge : edges_of(0, {}, turn_)) {
      const auto text = edge->addresses.front().text();
      if (answer.size() == top.answers) break;
      if (std::find(answer.begin(), answer.end(), text) != answer.end()) continue;
      if (top.distinct_locations && !locations.insert(edge->location).second) continue;
      answer.push_back(text);
    }
    return answer;
  }

 private:
  using Edges = std::vector<const Edge*>;
  using Denied = std::set<LocationId>;

  bool is_up(const Edge& edge) const {
    const auto known = view_.edges.find(edge.name);
    return known == view_.edges.end() || known->second.up;
  }

  Edges at(LocationId location, Method method, std::uint32_t turn) const {
    Edges edges;
    for (const auto& edge : fleet_.edges) {
      if (edge.location == location && is_up(edge)) edges.push_back(&edge);
    }
    if (edges.empty()) return edges;
    if (method == Method::round_robin) {
      std::rotate(edges.begin(), edges.begin() + turn % static_cast<std::uint32_t>(edges.size()),
                  edges.end());
      return edges;
    }
    const auto network = network_hash(client_, 24);
    std::stable_sort(edges.begin(), edges.end(), [&](const Edge* a, const Edge* b) {
      return spread_score(network, address_hash(a->addresses.front())) >
             spread_score(network, address_hash(b->addresses.front()));
    });
    return edges;
  }

  bool is_alive(const Member& member) const {
    if (member.is_location()) return !at(member.location, Method::failover, 0).empty();
    const auto& members = fleet_.policies[member.policy].members;
    return std::any_of(members.begin(), members.end(),
                       [this](const Member& one) { return is_alive(one); });
  }

  /// Farther members later; the client stands at the location of its network.
  void by_distance(std::vector<Member>& members) const {
    const auto place = client_.v4_value() >> 16 & 0xff;
    std::sort(members.begin(), members.end(),
              [](const Member& a, const Member& b) { return a.location < b.location; });
    if (place >= kLocations) return;  // unknown
    const auto here = fleet_.locations[place].coordinates;
    const auto distance = [&](const Member& one) {
      return distance_km(here, fleet_.locations[one.location].coordinates);
    };
    std::stable_sort(members.begin(), members.end(),
                     [&](const Member& a, const Member& b) { return distance(a) < distance(b); });
  }

  /// All edges in the order in which the policy leads to them; some come again.
  Edges edges_of(std::uint32_t number, Denied denied, std::uint32_t turn) const {
    const auto& policy = fleet_.policies[number];
    std::vector<Member> order;
    for (const auto& rule : policy.overrides) {
      if (!rule.prefixes.front().contains(client_)) continue;
      for (LocationId location = 0; location < kLocations; ++location) {
        const bool named = std::count(rule.locations.begin(), rule.locations.end(), location) > 0;
        if (rule.restricts() && named != (rule.action == OverrideAction::allow_only))
          denied.insert(location);
      }
      if (!rule.restricts()) {
        for (const auto location : rule.locations) order.push_back({.location = location});
      }
      break;
    }
    auto members = policy.members;
    const auto may = [&](const Member& one) {
      return !one.is_location() || !denied.contains(one.location);
    };
    std::erase_if(members, [&](const Member& one) { return !is_alive(one); });
    auto inner = turn;
    if (policy.method == Method::round_robin && !members.empty())
      inner = turn / static_cast<std::uint32_t>(members.size());
    std::erase_if(members, [&](const Member& one) { return !may(one); });
    std::erase_if(order, [&](const Member& one) { return !may(one); });
    if (policy.method == Method::proximity) by_distance(members);
    if (policy.method == Method::round_robin && !members.empty())
      std::rotate(members.begin(),
                  members.begin() + turn % static_cast<std::uint32_t>(members.size()),
                  members.end());
    order.insert(order.end(), members.begin(), members.end());
    Edges edges;
    for (const auto& one : order) {
      const auto more = one.is_location() ? at(one.location, policy.method, inner)
                                          : edges_of(one.policy, denied, inner);
      edges.insert(edges.end(), more.begin(), more.end());
    }
    return edges;
  }

  const Fleet& fleet_;
  const HealthView& view_;
  IpAddress client_;
  std::uint32_t turn_;
};

std::vector<std::string> texts(const Choice& choice) {
  std::vector<std::string> result;
  for (const auto* one : choice.all()) result.push_back(one->address.text());
  return result;
}

TEST(Chain, AnswersLikeANaiveRecursion) {
  constexpr std::array kMethods{Method::proximity, Method::failover, Method::round_robin};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    const auto one = random_case(random, kMethods);
    const auto& fleet = one.fixture.fleet;
    const HealthTable health(fleet, one.view);
    if (health.eligible(0, Family::v4) == Eligible::nobody) continue;
    for (int i = 0; i < 200; ++i) {
      const auto client = random_client(random);
      const auto turn = below(random, 1000);
      const auto choice = choose(fleet, health, 0, Family::v4, client, {.turn = turn});
      ASSERT_EQ(texts(choice), Model(fleet, one.view, client, turn).answer()) << client.text();
    }
  }
}

TEST(Chain, AnswersAllClientsOfAScopeAlike) {
  constexpr std::array kMethods{Method::proximity, Method::failover, Method::consistent_hash};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    const auto one = random_case(random, kMethods);
    const auto& fleet = one.fixture.fleet;
    const HealthTable health(fleet, one.view);
    for (int i = 0; i < 50; ++i) {
      const auto client = random_client(random);
      const auto choice = choose(fleet, health, 0, Family::v4, client);
      const auto network = prefix_of(client, choice.scope).address.v4_value();
      const auto size = std::uint64_t{1} << (32 - choice.scope);
      for (int j = 0; j < 20; ++j) {
        const auto other = IpAddress::v4(network + static_cast<std::uint32_t>(random() % size));
        const auto same = choose(fleet, health, 0, Family::v4, other);
        ASSERT_EQ(texts(same), texts(choice)) << client.text() << " " << other.text();
        ASSERT_EQ(same.scope, choice.scope);
      }
    }
  }
}

TEST(Chain, NeverAnswersWithWhatIsDownOrForbidden) {
  constexpr std::array kMethods{Method::proximity, Method::failover, Method::weighted,
                                Method::round_robin, Method::consistent_hash};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Random random(seed);
    const auto one = random_case(random, kMethods);
    const auto& fleet = one.fixture.fleet;
    const auto& top = fleet.policies.front();
    const HealthTable health(fleet, one.view);
    for (int i = 0; i < 200; ++i) {
      const auto client = random_client(random);
      const Chance chance{random(), below(random, 1000)};
      const auto choice = choose(fleet, health, 0, Family::v4, client, chance);
      ASSERT_LE(choice.count, top.answers);
      std::set<IpAddress> seen;
      for (const auto* candidate : choice.all()) {
        ASSERT_TRUE(seen.insert(candidate->address).second);
        ASSERT_TRUE(health.is_up(candidate->edge));
        ASSERT_TRUE(top.reach.contains(candidate->location));
        const auto hit = top.place_of(client);
        ASSERT_TRUE(hit.restriction == kNoOverride ||
                    top.allowed[hit.restriction].contains(candidate->location));
      }
    }
  }
}

}  // namespace
}  // namespace meridian::dns

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "dns-steer/steer/load_state.h"
#include "dns-steer/steer/test_load.h"

// A fleet under load, in virtual time: client networks ask one of two DNS nodes when their
// resolver's answer has expired, and stay a while longer with the connections that they have.

namespace meridian::dns {
namespace {

using namespace std::chrono_literals;
using testing::fleet_of;
using testing::led;
using testing::lost;

struct Client {
  IpAddress network;
  std::string ranking;
  double demand = 0;       // in the unit of capacities
  std::uint32_t asks = 0;  // when its answer has expired
  char told = 'a';         // where it opens connections
  char at = 'a';           // where it has them
};

class World {
 public:
  /// `crowd`: clients of each location, of equal demand.
  explicit World(std::uint64_t seed, std::size_t crowd = 200)
      : crowd_(crowd), random_(seed), nodes_(2) {
    constexpr std::array<std::uint32_t, 4> kTtls{5, 20, 20, 60};
    rule_.ttl = kTtls[draw(4)];
    linger_ = between(1, 20);
    const auto locations = 2 + draw(4);
    for (std::size_t i = 0; i < locations; ++i)
      capacities_.push_back(100 * std::exp(between(0, 1.5)));
    fleet_ = fleet_of(capacities_, rule_);
    names_ = std::string("abcdef").substr(0, locations);
    for (const char home : names_) add_clients(home);
    measured_.resize(locations);
    // Each location three tenths full.
    for (auto& one : clients_) one.demand = demand_at(one.ranking[0]);
    run(5 * rule_.ttl);
  }

  std::size_t draw(std::size_t end) { return random_() % end; }
  double between(double low, double high) {
    return std::uniform_real_distribution<>(low, high)(random_);
  }
  char any_location() { return names_[draw(names_.size())]; }
  const std::string& names() const { return names_; }
  std::uint32_t ttl() const { return rule_.ttl; }

  /// The clients whose best location this is want so many times as much, as far as the fleet as a
  /// whole can bear.
  void multiply(char home, double times) {
    double all = 0;
    double own = 0;
    for (const auto& one : clients_) (one.ranking[0] == home ? own : all) += one.demand;
    double room = 0;
    for (const double one : capacities_) room += 0.7 * one;
    times = std::min(times, (room - all) / own);
    for (auto& one : clients_)
      if (one.ranking[0] == home) one.demand *= times;
  }
  void divide(char home) {
    for (auto& one : clients_)
      if (one.ranking[0] == home) one.demand = demand_at(home);
  }
  /// A location is gone, and with it all connections there.
  void lose(char location) {
    health_ = lost(std::string(1, location));
    for (auto& node : nodes_) node.review(fleet_, health_, time());
  }
  void restart_a_node() { nodes_[1] = LoadState(); }

  /// Seconds of virtual time; `each` is called after each.
  template <class Each>
  void run(std::uint32_t seconds, Each each) {
    for (std::uint32_t i = 0; i < seconds; ++i) {
      ++second_;
      clients_ask();
      for (auto& node : nodes_) node.measure(fleet_, health_, news(), time());
      tables_ = {nodes_[0].table(fleet_), nodes_[1].table(fleet_)};
      each();
    }
  }
  void run(std::uint32_t seconds) {
    run(seconds, [] {});
  }

  double utilisation(char location) const {
    double load = 0;
    for (const auto& one : clients_) load += one.at == location ? one.demand : 0;
    return load / capacity(location);
  }
  /// What everybody's utilisation would be if all clients were spread over the other locations by
  /// capacity.
  double evenly_spread(char without) const {
    double demand = 0;
    double capacity = -capacities_[without - 'a'];
    for (const auto& one : clients_) demand += one.demand;
    for (const double one : capacities_) capacity += one;
    return demand / capacity;
  }
  double kept(std::size_t node, char location) const {
    const auto* plan = tables_[node].plan(0);
    return plan == nullptr ? 1 : plan->kept[location - 'a'] / double{kWholeShare};
  }
  bool everybody_at_home() const {
    return std::all_of(clients_.begin(), clients_.end(),
                       [](const auto& one) { return one.at == one.ranking[0]; });
  }

 private:
  double capacity(char location) const { return capacities_[location - 'a']; }
  double demand_at(char home) const { return 0.3 * capacity(home) / static_cast<double>(crowd_); }
  Instant time() const { return Instant() + std::chrono::seconds(second_); }

  void add_clients(char home) {
    for (std::size_t i = 0; i < crowd_; ++i) {
      Client one;
      one.network = IpAddress::v4(static_cast<std::uint32_t>(random_()) & 0xffffff00);
      one.ranking = names_;
      std::shuffle(one.ranking.begin(), one.ranking.end(), random_);
      std::swap(one.ranking[0], one.ranking[one.ranking.find(home)]);
      one.asks = static_cast<std::uint32_t>(draw(rule_.ttl));
      one.told = one.at = home;
      clients_.push_back(one);
    }
  }

  void clients_ask() {
    for (auto& one : clients_) {
      if (one.asks <= second_) {
        one.asks = second_ + rule_.ttl;
        one.told = led(tables_[draw(2)], one.ranking, health_, one.network);
      }
      const auto known = health_.edges.find("edge-" + std::string(1, one.at));
      const bool gone = known != health_.edges.end() && !known->second.up;
      if (gone || between(0, linger_) < 1) one.at = one.told;
    }
  }

  /// What edges say of the second before, and never exactly.
  Utilisations news() {
    Utilisations told;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      told["edge-" + names_.substr(i, 1)] = measured_[i];
      measured_[i] = utilisation(names_[i]) * between(0.95, 1.05);
    }
    return told;
  }

  const std::size_t crowd_;
  std::mt19937_64 random_;
  SpillRule rule_;
  double linger_ = 1;
  std::vector<double> capacities_;
  std::string names_;
  Fleet fleet_;
  HealthView health_;
  std::vector<LoadState> nodes_;
  std::array<LoadTable, 2> tables_;
  std::vector<Client> clients_;
  std::vector<double> measured_;
  std::uint32_t second_ = 0;
};

/// How the shares move in a time in which they should stand.
class Stillness {
 public:
  explicit Stillness(const World& world) : world_(world) { look(); }
  void look() {
    for (const char name : world_.names()) {
      const double kept = world_.kept(0, name);
      const auto [known, first] = ways_.try_emplace(name, Way{kept, kept, 0});
      auto& way = known->second;
      way.length += std::abs(kept - way.last);
      way.last = kept;
    }
  }
  /// How far shares went only to come back.
  double to_and_fro() const {
    double sum = 0;
    for (const auto& [name, way] : ways_) sum += way.length - std::abs(way.last - way.first);
    return sum;
  }

 private:
  struct Way {
    double first;
    double last;
    double length;
  };

  const World& world_;
  std::map<char, Way> ways_;
};

/// How far shares went to and fro long after a crowd came to one location.
double unrest(World& world, bool restart) {
  world.multiply(world.any_location(), world.between(2, 6));
  world.run(world.ttl() * 5);
  if (restart) world.restart_a_node();
  world.run(world.ttl() * 25);
  Stillness stillness(world);
  world.run(world.ttl() * 10, [&] { stillness.look(); });
  return stillness.to_and_fro();
}

constexpr std::uint64_t kSeeds = 8;

TEST(LoadSimulation, OfACrowdFindsItsPlaceStaysThereAndGoesHome) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    World world(seed);
    ASSERT_TRUE(world.everybody_at_home());
    const auto crowd = world.any_location();
    world.multiply(crowd, world.between(2, 6));
    world.run(world.ttl() * 5);
    world.restart_a_node();
    world.run(world.ttl() * 25);
    Stillness stillness(world);
    world.run(world.ttl() * 10, [&] {
      stillness.look();
      for (const char name : world.names()) ASSERT_LT(world.utilisation(name), 1) << name;
    });
    EXPECT_LT(stillness.to_and_fro(), 0.02);
    world.divide(crowd);
    world.run(world.ttl() * 80);
    EXPECT_TRUE(world.everybody_at_home());
  }
}

// A node that has restarted keeps other shares than its neighbour, and nothing brings them together
// where both fit. Which of the two a client's resolver asks is chance, at each TTL anew. In these
// worlds one client in forty is as much as a fiftieth of what a small location can bear, so the
// dice alone lead it out of the band in which shares stand. It is no swing of the rule: with more
// and smaller clients, or with nodes that agree, shares stand still.
TEST(LoadSimulation, OfNodesThatDisagreeIsRestlessByTheDiceOfFewClientsAlone) {
  for (const std::uint64_t seed : {31, 121, 175, 333}) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    World few(seed);
    EXPECT_LT(unrest(few, true), 0.1);
    World many(seed, 1000);
    EXPECT_LT(unrest(many, true), 0.02);
    World agreed(seed);
    EXPECT_LT(unrest(agreed, false), 0.02);
  }
}

TEST(LoadSimulation, OfALostLocationFillsNobodyUp) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    World world(seed);
    const auto busy = world.any_location();
    world.multiply(busy, world.between(1, 2.5));
    world.run(world.ttl() * 20);
    world.lose(busy);
    const double most = std::max(0.95, 1.15 * world.evenly_spread(busy));
    world.run(world.ttl() * 5, [&] {
      for (const char name : world.names())
        ASSERT_TRUE(name == busy || world.utilisation(name) < most) << name;
    });
    world.run(world.ttl() * 25);
    Stillness stillness(world);
    world.run(world.ttl() * 10, [&] { stillness.look(); });
    EXPECT_LT(stillness.to_and_fro(), 0.02);
  }
}

}  // namespace
}  // namespace meridian::dns

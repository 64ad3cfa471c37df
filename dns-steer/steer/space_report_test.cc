#include "dns-steer/steer/space_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "dns-steer/steer/policy.h"
#include "dns-steer/steer/policy_tree.h"

namespace meridian::dns {
namespace {

constexpr std::uint32_t kBlocks = 224;  // of 8 bits, below 224.0.0.0

/// A world of blocks, and a fleet; small enough to ask for each block what its clients get.
struct SmallWorld {
  explicit SmallWorld(std::uint64_t seed) : random(seed) {
    fleet.locations = {{"ams", at()}, {"bom", at()}, {"cpt", at()}, {"den", at()}, {"eze", at()}};
    for (LocationId i = 0; i + 1u < fleet.locations.size(); ++i)  // none stands at the last one
      fleet.edges.push_back({"edge-" + fleet.locations[i].name,
                             i,
                             below(6) == 0,
                             {IpAddress::v4(0xc0000200u + i)},
                             443});
    std::vector<std::uint32_t> places{PlaceList::kUnknown};
    for (char letter = 'A'; letter <= 'H'; ++letter)
      places.push_back(world.places.add({at(), {'X', letter}}));
    for (std::uint32_t block = 0; block < 256; ++block)
      world.v4.append(block << 24, places[below(places.size())]);
    finish();
  }

  void finish() {
    Policy policy;
    policy.panic_mode = PanicMode::none;
    for (auto left = below(4); left > 0; --left) policy.overrides.push_back(random_override());
    for (const auto& one : policy.overrides)
      policy.allowed.push_back(allowed_by(one, fleet.locations.size()));
    std::vector<geo::Coordinates> coordinates;
    for (const auto& location : fleet.locations) coordinates.push_back(location.coordinates);
    policy.places = std::make_shared<PlaceTable>(
        compile_places(world, coordinates, {.overrides = policy.overrides}));
    fleet.policies = {policy};
    EXPECT_TRUE(link_policies(fleet));
    fleet.candidates = {
        {find_candidates(fleet, {}, Family::v4), find_candidates(fleet, {}, Family::v6)}};
    fleet.sites = {{"shop", 0, 0, {"www.shop.test"}}};
  }

  Override random_override() {
    Override rule;
    rule.action = std::array{OverrideAction::prefer, OverrideAction::allow_only,
                             OverrideAction::deny}[below(3)];
    rule.locations = {static_cast<LocationId>(below(fleet.locations.size()))};
    if (below(2) == 0)
      rule.countries = {{'X', static_cast<char>('A' + below(8))}};
    else
      rule.prefixes = {prefix_of(IpAddress::v4(static_cast<std::uint32_t>(below(256) << 24)), 8)};
    return rule;
  }

  std::size_t below(std::size_t end) { return random() % end; }
  geo::Coordinates at() {
    return {std::uniform_real_distribution<>(-60, 60)(random),
            std::uniform_real_distribution<>(-180, 180)(random)};
  }

  std::mt19937_64 random;
  Fleet fleet;
  World world;
};

/// What clients of each block get, asked for one by one.
struct Model {
  std::map<std::string, double> shares;
  std::map<std::string, std::vector<double>> distances;
  std::vector<double> all_distances;
  double known = 0, unknown = 0, nowhere = 0;

  Model(const SmallWorld& small, const HealthView& view) {
    const HealthTable health(small.fleet, view);
    for (std::uint32_t block = 0; block < kBlocks; ++block) {
      const auto first = block << 24;
      const auto client = IpAddress::v4(first + 77);
      const auto range =
          std::upper_bound(small.world.v4.starts.begin(), small.world.v4.starts.end(), first) -
          small.world.v4.starts.begin() - 1;
      const auto& place =
          small.world.places.places()[small.world.v4.values[static_cast<std::size_t>(range)]];
      const auto hit = small.fleet.policies[0].places->find(client);
      if (!place.is_known() && std::ranges::is_sorted(hit.ranking) &&
          hit.restriction == kNoOverride) {
        ++unknown;
        continue;
      }
      ++known;
      const auto choice = choose(small.fleet, health, 0, Family::v4, client);
      if (choice.count == 0) {
        ++nowhere;
        continue;
      }
      const auto& location =
          small.fleet.locations[small.fleet.edges[choice.addresses[0]->edge].location];
      ++shares[location.name];
      if (!place.coordinates) continue;
      const auto km = distance_km(*place.coordinates, location.coordinates);
      distances[location.name].push_back(km);
      all_distances.push_back(km);
    }
  }

  static double mean(const std::vector<double>& all) {
    double sum = 0;
    for (const auto one : all) sum += one;
    return all.empty() ? 0 : sum / static_cast<double>(all.size());
  }
  static double p95(std::vector<double> all) {
    if (all.empty()) return 0;
    std::sort(all.begin(), all.end());
    return all[static_cast<std::size_t>(std::ceil(0.95 * static_cast<double>(all.size()) - 1e-9) -
                                        1)];
  }
};

TEST(SpaceReport, CountsLikeAskingForEveryBlock) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const SmallWorld small(seed);
    const auto report = report_space(small.fleet, small.fleet.policies[0],
                                     small.fleet.candidates[0][0], Family::v4, small.world, {});
    const Model model(small, {});
    EXPECT_NEAR(report.unknown_share(), model.unknown / kBlocks, 1e-9);
    EXPECT_NEAR(report.nowhere_share(), model.nowhere / model.known, 1e-9);
    EXPECT_NEAR(report.mean_km(), Model::mean(model.all_distances), 0.1);
    EXPECT_NEAR(report.p95_km(), Model::p95(model.all_distances), 1);
    for (const auto& one : report.locations()) {
      const auto found = model.shares.find(one.location());
      EXPECT_NEAR(one.share(), found == model.shares.end() ? 0 : found->second / model.known, 1e-9);
      if (found == model.shares.end()) continue;
      const auto& distances = model.distances.find(one.location());
      if (distances == model.distances.end()) continue;
      EXPECT_NEAR(one.mean_km(), Model::mean(distances->second), 0.1);
      EXPECT_NEAR(one.p95_km(), Model::p95(distances->second), 1);
    }
  }
}

TEST(SpaceReport, LosesALocationLikeItsEdgesDo) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const SmallWorld small(seed);
    const auto report = report_space(small.fleet, small.fleet.policies[0],
                                     small.fleet.candidates[0][0], Family::v4, small.world, {});
    const Model before(small, {});
    for (const auto& loss : report.losses()) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << loss.location());
      HealthView view;
      view.edges["edge-" + loss.location()].up = false;
      const Model after(small, view);
      EXPECT_NEAR(loss.nowhere_share(), after.nowhere / after.known, 1e-9);
      EXPECT_NEAR(loss.mean_km(), Model::mean(after.all_distances), 0.1);
      EXPECT_NEAR(loss.p95_km(), Model::p95(after.all_distances), 1);
      EXPECT_NEAR(loss.moved_share(), before.shares.at(loss.location()) / before.known, 1e-9);
      for (const auto& gain : loss.gains()) {
        const auto had = before.shares.find(gain.location());
        const auto more =
            after.shares.at(gain.location()) - (had == before.shares.end() ? 0 : had->second);
        EXPECT_NEAR(gain.share(), more / after.known, 1e-9) << gain.location();
      }
    }
  }
}

TEST(SpaceReport, WeighsNetworksOf48BitsInIpv6) {
  SmallWorld small(1);
  small.fleet.edges = {{"edge-ams", 0, false, {parse_address("2001:db8::1").value()}, 443}};
  const auto place = small.world.places.add({geo::Coordinates{1, 2}, {'X', 'Z'}});
  small.world.v6 = {};
  small.world.v6.append(0, PlaceList::kUnknown);
  small.world.v6.append(U128{0x3000} << 112, place);  // half of 2000::/3
  small.finish();
  const auto report = report_space(small.fleet, small.fleet.policies[0],
                                   small.fleet.candidates[0][1], Family::v6, small.world, {});
  EXPECT_EQ(report.ip_version(), 6u);
  EXPECT_DOUBLE_EQ(report.unknown_share(), 0.5);
  EXPECT_DOUBLE_EQ(report.locations(0).share(), 1);
}

}  // namespace
}  // namespace meridian::dns

#include "dns-steer/steer/answer_sets.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "dns-steer/steer/policy.h"
#include "dns-steer/steer/test_fleet.h"

namespace meridian::dns {
namespace {

testing::FleetFixture three_places(std::uint32_t answers) {
  testing::FleetFixture fixture;
  fixture.edge("edge-fra", 0, {"192.0.2.1", "2001:db8::1"})
      .edge("edge-nyc", 1, {"192.0.2.2"})
      .edge("edge-sin", 2, {"192.0.2.3"});
  fixture.policy.answers = answers;
  return fixture;
}

TEST(AnswerSets, AreTheAddressesWhereAnAnswerHasOne) {
  auto fixture = three_places(1);
  const auto& fleet = fixture.finish();
  EXPECT_EQ(answer_sets(fleet, 0, Family::v4, 100), (std::vector<AnswerSet>{{0}, {1}, {2}}));
  EXPECT_EQ(answer_sets(fleet, 0, Family::v6, 100), (std::vector<AnswerSet>{{0}}));
}

TEST(AnswerSets, ContainWhatPanicAnswers) {
  auto fixture = three_places(2);
  fixture.policy.panic_mode = PanicMode::fixed;
  fixture.policy.panic_addresses[0] = {
      {parse_address("198.51.100.1").value(), false, 0, kNoEdge, 0},
      {parse_address("198.51.100.2").value(), false, 0, kNoEdge, 0}};
  const auto& fleet = fixture.finish();
  const auto sets = answer_sets(fleet, 0, Family::v4, 100);
  ASSERT_TRUE(sets);
  EXPECT_EQ(sets->back(), (AnswerSet{kFixed, kFixed + 1}));
  EXPECT_EQ(candidates_of(fleet, 0, Family::v4, sets->back())[1]->address.text(), "198.51.100.2");
}

TEST(AnswerSets, AreNotGivenWhereTheyAreTooMany) {
  auto fixture = three_places(3);
  const auto& fleet = fixture.finish();
  EXPECT_EQ(answer_sets(fleet, 0, Family::v4, 7)->size(), 7u);
  EXPECT_FALSE(answer_sets(fleet, 0, Family::v4, 6));
}

TEST(AnswerSets, HoldEveryAnswerThatIsGiven) {
  auto fixture = three_places(2);
  const auto& fleet = fixture.finish();
  std::set<std::uint64_t> keys;
  const auto sets = answer_sets(fleet, 0, Family::v4, 100);
  ASSERT_TRUE(sets);
  for (const auto& set : *sets)
    keys.insert(answer_set_key(candidates_of(fleet, 0, Family::v4, set)));
  for (unsigned health = 0; health < 8; ++health) {
    HealthView view;
    for (unsigned edge = 0; edge < 3; ++edge)
      view.edges[fleet.edges[edge].name].up = (health >> edge & 1) != 0;
    for (const auto* client : {"10.0.0.1", "10.1.0.1", "10.2.0.1"}) {
      const auto choice =
          choose(fleet, HealthTable(fleet, view), 0, Family::v4, parse_address(client).value());
      EXPECT_TRUE(keys.contains(answer_set_key(choice.all()))) << health << " " << client;
    }
  }
}

TEST(AnswerSetKey, DoesNotDependOnTheOrder) {
  auto fixture = three_places(2);
  const auto& all = fixture.finish().candidates_of(fixture.fleet.sites[0], Family::v4).all;
  const auto key = [](std::vector<const Candidate*> set) { return answer_set_key(set); };
  EXPECT_EQ(key({&all[0], &all[1]}), key({&all[1], &all[0]}));
  EXPECT_NE(key({&all[0], &all[1]}), key({&all[1]}));
}

}  // namespace
}  // namespace meridian::dns

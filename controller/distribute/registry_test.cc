#include "controller/distribute/registry.h"

#include <limits>

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

const WallTime kNow = WallClock::from_time_t(1'800'000'000);

NodeRecord edge(std::uint64_t purged) {
  NodeRecord record;
  record.role = v1::ROLE_EDGE;
  record.purged = {purged};
  return record;
}

TEST(NodeRegistry, KnowsWhatANodeSaidAfterItHasGone) {
  NodeRegistry registry;
  registry.enter("e1", {}, edge(4));
  registry.acknowledge("e1", {7});
  EXPECT_TRUE(registry.record("e1").connected);
  EXPECT_TRUE(registry.leave("e1", nullptr, kNow));
  EXPECT_FALSE(registry.record("e1").connected);
  EXPECT_EQ(registry.record("e1").acknowledged, Revision{7});
  EXPECT_EQ(registry.record("e1").since, kNow);
}

TEST(NodeRegistry, RemembersARefusalUntilThatRevisionOrALaterOneIsTaken) {
  NodeRegistry registry;
  registry.enter("e1", {}, edge(0));
  registry.refuse("e1", {5}, "no such key");
  registry.acknowledge("e1", {4});
  EXPECT_EQ(registry.record("e1").refused, Revision{5});
  EXPECT_EQ(registry.record("e1").refusal, "no such key");
  registry.enter("e1", {}, edge(0));
  EXPECT_EQ(registry.record("e1").refused, Revision{5});
  registry.acknowledge("e1", {6});
  EXPECT_EQ(registry.record("e1").refused, Revision{0});
  EXPECT_EQ(registry.record("e1").refusal, "");
}

TEST(NodeRegistry, ForgetsARefusalOfWhatTheNodeHasAfterAll) {
  NodeRegistry registry;
  registry.enter("e1", {}, edge(0));
  registry.refuse("e1", {5}, "no such key");
  registry.enter("e1", {}, edge(0));
  registry.hold("e1", {5});
  EXPECT_EQ(registry.record("e1").acknowledged, Revision{5});
  EXPECT_EQ(registry.record("e1").refusal, "");
  EXPECT_EQ(registry.acknowledgements(), 0u);
}

TEST(NodeRegistry, CountsConnectedEdgesOnlyForPurges) {
  NodeRegistry registry;
  EXPECT_EQ(registry.purged_by_all().value, std::numeric_limits<std::uint64_t>::max());
  registry.enter("e1", {}, edge(4));
  registry.enter("e2", {}, edge(2));
  EXPECT_EQ(registry.purged_by_all(), PurgeSequence{2});
  registry.acknowledge_purges("e2", {3});
  registry.acknowledge_purges("e2", {1});
  EXPECT_EQ(registry.purged_by_all(), PurgeSequence{3});
  registry.leave("e2", nullptr, kNow);
  EXPECT_EQ(registry.purged_by_all(), PurgeSequence{4});
  EXPECT_EQ(registry.connected(v1::ROLE_EDGE), 1u);
  EXPECT_EQ(registry.connected(v1::ROLE_DNS), 0u);
}

TEST(NodeRegistry, ForgetsNodesThatAreNoLongerDeclared) {
  NodeRegistry registry;
  registry.enter("e1", {}, edge(4));
  registry.leave("e1", nullptr, kNow);
  registry.keep_only({"e2"});
  EXPECT_EQ(registry.record("e1").purged, PurgeSequence{0});
}

}  // namespace
}  // namespace meridian::control

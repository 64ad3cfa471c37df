#include "edge-node/compile/compile_shield.h"

#include <set>

#include <gtest/gtest.h>

#include "edge-node/origin/balance.h"

namespace meridian::edge {
namespace {

v1::Resource edge(const std::string& name, const std::string& location) {
  v1::Resource resource;
  resource.set_name(name);
  resource.mutable_node()->set_role(v1::ROLE_EDGE);
  resource.mutable_node()->set_location(location);
  resource.mutable_node()->add_addresses("192.0.2.1");
  return resource;
}

/// The shield in par of a pool, as an edge in `location` sees it.
struct Compiled {
  std::vector<v1::Resource> nodes{edge("par-1", "par"), edge("par-2", "par"), edge("sin-1", "sin")};
  OriginPool pool;
  KnownOrigins known;
  std::shared_ptr<const OriginPool> in(const std::string& location) {
    v1::Shield shield;
    shield.set_location("par");
    PoolNeeds needs;
    needs.location = location;
    needs.peers = std::make_shared<PeerIdentity>();
    for (const auto& node : nodes) needs.edges.push_back(&node);
    return compile_shield(pool, shield, needs, known).value();
  }
  std::string names_in(const std::string& location) {
    std::string names;
    if (const auto shield = in(location))
      for (const auto& origin : shield->origins) names += origin->label() + " ";
    return names;
  }
};

/// The edges of `shield` in the order in which a request tries them.
std::vector<std::size_t> order_for(const OriginPool& shield, const std::string& key) {
  Candidates candidates(shield, hash_of(key), std::nullopt);
  std::vector<std::size_t> order;
  while (const auto choice = candidates.next(Instant{}, 0)) order.push_back(choice->index);
  return order;
}

TEST(CompileShield, HasTheEdgesOfItsLocation) {
  Compiled compiled;
  EXPECT_EQ(compiled.names_in("sin"), "par-1:443 par-2:443 ");
  compiled.nodes[0].mutable_node()->set_https_port(8443);
  compiled.nodes[1].mutable_node()->set_drained(true);
  EXPECT_EQ(compiled.names_in("sin"), "par-1:8443 ");
}

TEST(CompileShield, IsNoneWhereItStandsAndWhereNobodyIs) {
  Compiled compiled;
  EXPECT_EQ(compiled.in("par"), nullptr);
  compiled.nodes = {edge("sin-1", "sin")};
  EXPECT_EQ(compiled.in("sin"), nullptr);
}

TEST(CompileShield, KeepsWhatIsKnownOfItsEdges) {
  Compiled compiled;
  const auto before = compiled.in("sin");
  const auto after = compiled.in("sin");
  EXPECT_EQ(before->origins, after->origins);
  EXPECT_EQ(before->state, after->state);
}

TEST(CompileShield, GivesEachObjectOneEdgeOnAllOthersAlikeAndAnotherWhenThatOneFails) {
  Compiled here, there;
  const auto shield = here.in("sin");
  const auto same = there.in("nyc");
  std::set<std::size_t> first;
  for (int i = 0; i < 64; ++i) {
    const std::string key = "www.shop.example /" + std::to_string(i);
    const auto order = order_for(*shield, key);
    EXPECT_EQ(order, order_for(*same, key));
    ASSERT_EQ(order.size(), 2u);
    EXPECT_NE(order[0], order[1]);
    first.insert(order[0]);
  }
  EXPECT_EQ(first.size(), 2u) << "both have something to do";
}

TEST(CompileShield, DoesNotMoveAnObjectForThatItsEdgeIsBusy) {
  Compiled compiled;
  const auto shield = compiled.in("sin");
  const auto order = order_for(*shield, "key");
  for (int i = 0; i < 100; ++i) (void)shield->origins[order[0]]->requests.try_enter(0);
  EXPECT_EQ(order_for(*shield, "key"), order);
}

TEST(CompileShield, MayLoseAllItsEdgesForATime) {
  Compiled compiled;
  const auto shield = compiled.in("sin");
  const Instant now = Clock::now();
  for (std::size_t i = 0; i < 2; ++i)
    for (std::uint32_t n = 0; n < shield->ejection.failures; ++n) note_failure(*shield, i, now);
  Candidates candidates(*shield, 0, std::nullopt);
  const auto choice = candidates.next(now, 0);
  EXPECT_TRUE(!choice || choice->panic);
}

}  // namespace
}  // namespace meridian::edge

#include "controller/control_plane.h"

#include <gtest/gtest.h>

#include "common/observe/metrics.h"
#include "controller/test_world.h"

namespace meridian::control {
namespace {

TEST(ControlPlane, NamesTheCommandForAnUninitialisedDirectory) {
  const TestDirectory directory;
  const auto plane = ControlPlane::start(
      {.directory = directory.path(), .listen = parse_endpoint("127.0.0.1:0").value()});
  ASSERT_FALSE(plane);
  EXPECT_NE(plane.error().what.find("gslbctl init --dir"), std::string::npos);
}

TEST(ControlPlane, KeepsTheConfigurationOverARestart) {
  TestWorld world;
  const auto revision = world.declare_fleet();
  world.start();
  EXPECT_EQ(world.node_status("e1").node().location(), "par");
  EXPECT_EQ(world.change_description("Paris"), revision + 1);
}

TEST(ControlPlane, EndsStreamsWhenItStops) {
  TestWorld world;
  world.declare_fleet();
  TestNode edge(world.channel(v1::ROLE_EDGE, "e1"), TestNode::hello(v1::ROLE_EDGE));
  edge.next_snapshot();
  world.plane().stop();
  const auto status = edge.end();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "the controller stops");
}

TEST(ControlPlane, SaysWhenItsAddressIsTaken) {
  TestWorld world;
  const TestDirectory directory;
  ASSERT_TRUE(initialise(directory.path(), "test.example", WallClock::now()));
  const auto second = ControlPlane::start(
      {.directory = directory.path(), .listen = parse_endpoint(world.address()).value()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().where, world.address());
}

TEST(ControlPlane, PresentsItsChainWithTheAuthority) {
  TestWorld world;
  const auto identity = load_controller(world.directory(), WallClock::now()).value().identity;
  EXPECT_EQ(tls::parse_chain(identity.chain_pem).value().size(), 2u);
}

}  // namespace
}  // namespace meridian::control

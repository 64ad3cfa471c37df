#include "controller/control_plane.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "common/observe/metrics.h"
#include "controller/model/test_configuration.h"
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

std::string scrape(const ControlPlane& plane) {
  namespace asio = boost::asio;
  const auto metrics =
      std::move(MetricsServer::listen(parse_endpoint("127.0.0.1:0").value()).value());
  plane.add_metrics(*metrics);
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect({asio::ip::make_address("127.0.0.1"), metrics->port()});
  asio::write(socket, asio::buffer(std::string("GET /metrics HTTP/1.0\r\n\r\n")));
  std::string answer;
  boost::system::error_code end;
  asio::read(socket, asio::dynamic_buffer(answer), end);
  return answer;
}

TEST(ControlPlane, TellsWhenCertificatesExpire) {
  const std::string name =
      "\nmeridian_controller_certificate_not_after_seconds{certificate=\"shop\"}";
  TestWorld world;
  EXPECT_EQ(scrape(world.plane()).find(name), std::string::npos);
  v1::ApplyRequest request;
  *request.add_upserts() = certificate_of("shop", "DNS:www.shop.example");
  world.apply(request);
  const auto text = scrape(world.plane());
  const auto at = text.find(name);
  ASSERT_NE(at, std::string::npos) << text;
  const auto in_an_hour = WallClock::to_time_t(WallClock::now()) + 3600;
  EXPECT_NEAR(std::stod(text.substr(at + name.size())), static_cast<double>(in_an_hour), 60);
}

TEST(ControlPlane, PresentsItsChainWithTheAuthority) {
  TestWorld world;
  const auto identity = load_controller(world.directory(), WallClock::now()).value().identity;
  EXPECT_EQ(tls::parse_chain(identity.chain_pem).value().size(), 2u);
}

}  // namespace
}  // namespace meridian::control

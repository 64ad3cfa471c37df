// PROXY headers in front of real connections.
#include <gtest/gtest.h>

#include "edge-node/testing/world.h"

namespace meridian::edge::testing {
namespace {

using namespace std::string_literals;

constexpr const char* kHost = World::kHost;
const std::string kGet = "GET / HTTP/1.1\r\nHost: www.shop.example\r\n\r\n";
const std::string kVersion1 = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";
const std::string kVersion2 =
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc6\x33\x64\x07\xc0\x00\x02\x01\x30\x39\x01\xbb"s;

/// Answers with the client that it was told of.
Origin::Reply client_of(const Origin::Request& request) {
  const auto client = request.head.fields.find("x-forwarded-for").value_or("");
  Origin::Reply answer;
  answer.bytes = reply(200, "Cache-Control: no-store\r\n", std::string(client));
  return answer;
}

/// Behind a proxy at `prefix`.
World behind(const Origin& origin, const std::string& prefix) {
  return World({&origin},
               [&](EdgeOptions& options) { options.proxies = {parse_prefix(prefix).value()}; });
}

TEST(ProxyProtocol, SaysWhomAConnectionComesFrom) {
  Origin origin(client_of);
  World world = behind(origin, "127.0.0.0/8");
  for (const auto& [header, client] :
       {std::pair(kVersion1, "192.0.2.7"), std::pair(kVersion2, "198.51.100.7"),
        std::pair("PROXY UNKNOWN\r\n"s, "127.0.0.1")}) {
    Client visitor(world.http_port());
    visitor.send(header + kGet + kGet);
    EXPECT_EQ(visitor.read_response().body, client);
    EXPECT_EQ(visitor.read_response().body, client);
  }
}

TEST(ProxyProtocol, StandsBeforeTlsToo) {
  Origin origin(client_of);
  World world = behind(origin, "127.0.0.1/32");
  for (const auto& header : {kVersion1, kVersion2}) {
    Client visitor(world.https_port(), kHost, nullptr, header);
    ASSERT_TRUE(visitor.connected());
    EXPECT_EQ(visitor.get(kHost, "/").body, header == kVersion1 ? "192.0.2.7" : "198.51.100.7");
  }
}

TEST(ProxyProtocol, MayComeInTwoPiecesCutAnywhere) {
  Origin origin(client_of);
  World world = behind(origin, "127.0.0.0/8");
  for (const auto& header : {kVersion1, kVersion2}) {
    for (std::size_t cut = 1; cut <= header.size(); ++cut) {
      Client visitor(world.http_port());
      visitor.send(header.substr(0, cut));
      visitor.send(header.substr(cut) + kGet);
      ASSERT_EQ(visitor.read_response().body, header == kVersion1 ? "192.0.2.7" : "198.51.100.7")
          << "cut after " << cut;
    }
  }
}

TEST(ProxyProtocol, CountsForRules) {
  Origin origin(client_of);
  World world = behind(origin, "127.0.0.0/8");
  v1::Rule deny;
  deny.mutable_match()->add_client_prefixes("192.0.2.0/24");
  deny.mutable_deny();
  world.rules = {{"deny", deny}};
  world.site.add_rules("deny");
  ASSERT_TRUE(world.apply());
  Client denied(world.http_port());
  denied.send(kVersion1 + kGet);
  EXPECT_EQ(denied.read_response().status, 403);
  Client other(world.http_port());
  other.send(kVersion2 + kGet);
  EXPECT_EQ(other.read_response().status, 200);
}

TEST(ProxyProtocol, IsRequiredOfTrustedProxies) {
  Origin origin(client_of);
  World world = behind(origin, "127.0.0.0/8");
  Client without(world.http_port());
  without.send(kGet);
  EXPECT_TRUE(without.at_end());
  Client wrong(world.http_port());
  wrong.send("PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n" + kGet);
  EXPECT_TRUE(wrong.at_end());
  EXPECT_FALSE(Client(world.https_port(), kHost).connected());
  EXPECT_EQ(origin.requests(), 0);
}

TEST(ProxyProtocol, IsBelievedFromNobodyElse) {
  Origin origin(client_of);
  World world = behind(origin, "192.0.2.0/24");
  Client visitor(world.http_port());
  visitor.send(kVersion1 + kGet);
  EXPECT_EQ(visitor.read_response().status, 400);
  EXPECT_FALSE(Client(world.https_port(), kHost, nullptr, kVersion2).connected());
  EXPECT_EQ(world.visit()->get(kHost, "/").body, "127.0.0.1");
}

TEST(ProxyProtocol, MustComeInTime) {
  Origin origin(client_of);
  World world({&origin}, [](EdgeOptions& options) {
    options.proxies = {parse_prefix("127.0.0.0/8").value()};
    options.limits.handshake = std::chrono::milliseconds(50);
  });
  Client visitor(world.http_port());
  visitor.send(kVersion1.substr(0, 20));
  EXPECT_TRUE(visitor.at_end());
}

}  // namespace
}  // namespace meridian::edge::testing

#include "dns-steer/query/client_subnet.h"

#include <gtest/gtest.h>

#include "dns-steer/query/test_answers.h"

namespace meridian::dns {
namespace {

using namespace meridian::dns::testing;

/// The edge that answers and the scope: "192.0.2.3 /24"; or the RCODE.
std::string steered(const std::string& option, const std::string& name = "www.shop.test",
                    const std::string& client = "203.0.113.1") {
  static const auto serving = serving_from(kShop);
  const auto reply = ask(*serving, packet({.name = name, .edns = true, .options = option}),
                         Transport::udp, client);
  const auto text = describe(reply);
  const auto scope = scope_of(reply);
  const auto address = text.rfind(" A ");
  return (address == std::string::npos ? text.substr(0, text.find('\n'))
                                       : text.substr(address + 3)) +
         (scope < 0 ? "" : " /" + std::to_string(scope));
}

const std::string kDoc{'\xc6', '\x33', '\x64'};  // 198.51.100

TEST(ClientSubnet, DecidesInsteadOfTheResolver) {
  EXPECT_EQ(steered(subnet_option(1, 24, kDoc)), "192.0.2.3 /24");
  EXPECT_EQ(steered(subnet_option(1, 16, kDoc.substr(0, 2))), "192.0.2.2 /18");
  EXPECT_EQ(steered("", "www.shop.test", "198.51.100.7"), "192.0.2.3");
  EXPECT_EQ(steered(subnet_option(1, 24, "\x08\x08\x08"), "www.shop.test", "198.51.100.7"),
            "192.0.2.1 /1");
}

TEST(ClientSubnet, WorksForBothFamilies) {
  const std::string v6{'\x20', '\x01', '\x0d', '\xb8', 0, 5};
  EXPECT_EQ(steered(subnet_option(2, 48, v6)), "192.0.2.3 /48");
  EXPECT_EQ(steered(subnet_option(2, 0, "")), "192.0.2.1 /0");
}

TEST(ClientSubnet, OfLengthZeroAsksToBeLeftAlone) {
  EXPECT_EQ(steered(subnet_option(1, 0, ""), "www.shop.test", "198.51.100.7"), "192.0.2.3 /0");
  EXPECT_EQ(steered(subnet_option(0, 0, "")), "192.0.2.1 /0");
}

TEST(ClientSubnet, HasScopeZeroAtStaticNames) {
  EXPECT_EQ(steered(subnet_option(1, 24, kDoc), "mail.shop.test"), "192.0.2.25 /0");
  EXPECT_EQ(steered(subnet_option(1, 24, kDoc), "nope.shop.test"), "NXDOMAIN aa /0");
}

TEST(ClientSubnet, MalformedIsFormerr) {
  const struct {
    const char* why;
    std::string option;
  } cases[] = {
      {"too few octets", subnet_option(1, 24, kDoc.substr(0, 2))},
      {"too many octets", subnet_option(1, 24, kDoc + "\x01")},
      {"bits past the prefix", subnet_option(1, 23, kDoc.substr(0, 2) + "\x01")},
      {"longer than an address", subnet_option(1, 33, kDoc + "\x01\x01")},
      {"longer than an address", subnet_option(2, 129, std::string(17, '\0'))},
      {"unknown family", subnet_option(3, 24, kDoc)},
      {"no family, but a prefix", subnet_option(0, 8, "\x0a")},
      {"a scope in a query", subnet_option(1, 24, kDoc, 24)},
      {"shorter than its head", std::string{0, 8, 0, 3, 0, 1, 24}},
      {"twice", subnet_option(1, 24, kDoc) + subnet_option(1, 24, kDoc)},
  };
  for (const auto& one : cases) EXPECT_EQ(steered(one.option), "FORMERR") << one.why;
}

}  // namespace
}  // namespace meridian::dns

#include "common/net/address.h"

#include <gtest/gtest.h>

namespace meridian {
namespace {

TEST(Address, ReadsWhatItWrites) {
  for (const auto* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "2001:db8::1"})
    EXPECT_EQ(parse_address(text).value().text(), text);
}

TEST(Address, RefusesWhatIsNotAnAddress) {
  for (const auto* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "g::", "[::1]"})
    EXPECT_FALSE(parse_address(text)) << text;
  EXPECT_FALSE(parse_address(std::string_view("1.2.3.4\0x", 9)));
}

TEST(Address, UnmapsV4InV6) {
  EXPECT_EQ(parse_address("::ffff:192.0.2.1").value().unmapped().text(), "192.0.2.1");
  EXPECT_EQ(parse_address("::fffe:192.0.2.1").value().unmapped().family(), Family::v6);
}

TEST(Prefix, ContainsItsAddressesOnly) {
  const auto v4 = parse_prefix("192.0.2.128/25").value();
  EXPECT_TRUE(v4.contains(parse_address("192.0.2.128").value()));
  EXPECT_TRUE(v4.contains(parse_address("192.0.2.255").value()));
  EXPECT_FALSE(v4.contains(parse_address("192.0.2.127").value()));
  EXPECT_FALSE(v4.contains(parse_address("::").value()));
  EXPECT_TRUE(parse_prefix("0.0.0.0/0").value().contains(parse_address("9.9.9.9").value()));
  const auto v6 = parse_prefix("2001:db8::/33").value();
  EXPECT_TRUE(v6.contains(parse_address("2001:db8:7fff::1").value()));
  EXPECT_FALSE(v6.contains(parse_address("2001:db8:8000::1").value()));
}

TEST(Prefix, SaysWhatIsWrong) {
  EXPECT_EQ(parse_prefix("10.0.0.1/8").error().what,
            "'10.0.0.1/8' has bits set past its length; did you mean 10.0.0.0/8?");
  EXPECT_EQ(parse_prefix("10.0.0.0/33").error().what,
            "'10.0.0.0/33': the prefix length is not a number from 0 to 32");
  EXPECT_EQ(parse_prefix("ten/8").error().what,
            "'ten/8' is not a CIDR prefix such as 192.0.2.0/24");
  EXPECT_FALSE(parse_prefix("10.0.0.0/"));
  EXPECT_FALSE(parse_prefix("10.0.0.0/8x"));
}

TEST(Endpoint, ReadsWhatItWrites) {
  for (const auto* text : {"127.0.0.1:53", "[::1]:65535", "0.0.0.0:0"})
    EXPECT_EQ(parse_endpoint(text).value().text(), text);
  for (const auto* text : {"127.0.0.1", "::1:53", "[127.0.0.1]:53", "127.0.0.1:65536", ":53"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

}  // namespace
}  // namespace meridian

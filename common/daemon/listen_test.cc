#include "common/daemon/listen.h"

#include <gtest/gtest.h>

namespace meridian::daemon {
namespace {

using Texts = std::vector<std::string>;

Texts without_v6(const Texts& texts) {
  std::vector<Endpoint> wanted;
  for (const auto& text : texts) wanted.push_back(parse_endpoint(text).value());
  Texts left;
  for (const auto& endpoint : without_any_v6(wanted)) left.push_back(endpoint.text());
  return left;
}

TEST(Listen, GoesWithoutIpv6WhereTheHostHasNone) {
  EXPECT_EQ(without_v6({"0.0.0.0:443", "[::]:443"}), (Texts{"0.0.0.0:443"}));
  EXPECT_EQ(without_v6({"[::]:53", "192.0.2.1:53", "[::]:5353"}), (Texts{"192.0.2.1:53"}));
}

TEST(Listen, KeepsWhatNamesAnIpv6Address) {
  const Texts named{"0.0.0.0:443", "[2001:db8::1]:443"};
  EXPECT_EQ(without_v6(named), named) << "somebody counts on it";
}

TEST(Listen, KeepsIpv6WhereNothingElseIsThere) {
  EXPECT_EQ(without_v6({"[::]:443"}), (Texts{"[::]:443"}));
  EXPECT_EQ(without_v6({}), (Texts{}));
}

TEST(Listen, SaysWhichOptionIsWrong) {
  EXPECT_EQ(listen_endpoints("--listen", {"127.0.0.1:53", "[::1]:53"})->size(), 2u);
  const auto wrong = listen_endpoints("--listen", {"127.0.0.1:53 [::1]:53"});
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().text().starts_with("--listen")) << wrong.error().text();
}

}  // namespace
}  // namespace meridian::daemon

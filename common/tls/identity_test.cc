#include "common/tls/identity.h"

#include <gtest/gtest.h>

namespace meridian::tls {
namespace {

TEST(PeerName, ReadsWhatItWrites) {
  for (const auto role : {v1::ROLE_DNS, v1::ROLE_EDGE, v1::ROLE_CONTROLLER, v1::ROLE_ADMIN}) {
    const PeerName name{"meridian", role, "edge-par-1"};
    EXPECT_EQ(parse_peer_name(name.uri()).value(), name);
  }
}

TEST(PeerName, RefusesOtherUris) {
  for (const auto* uri :
       {"", "spiffe://", "spiffe://m/edge", "spiffe://m/edge/", "spiffe:///edge/a",
        "spiffe://m/root/a", "spiffe://m/edge/a/b", "https://m/edge/a", "spiffe://m/unspecified/a"})
    EXPECT_FALSE(parse_peer_name(uri)) << uri;
}

TEST(JoinToken, ReadsWhatItWrites) {
  const JoinToken token{std::string(16, 'a'), std::string(32, '0'), std::string(64, 'f')};
  const auto again = parse_join_token(token.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text(), token.text());
}

TEST(JoinToken, RefusesWhatWasCutWithoutRepeatingIt) {
  const auto text =
      JoinToken{std::string(16, 'a'), std::string(32, '0'), std::string(64, 'f')}.text();
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto cut = parse_join_token(text.substr(0, size));
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().text().find("0000"), std::string::npos);
  }
  EXPECT_FALSE(parse_join_token(text + "0"));
}

TEST(Identity, IsAbsentFromAnEmptyDirectory) {
  const auto directory = std::filesystem::path(testing::TempDir()) / "no-identity-here";
  EXPECT_FALSE(load_identity(directory).value().has_value());
}

}  // namespace
}  // namespace meridian::tls

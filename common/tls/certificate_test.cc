#include "common/tls/certificate.h"

#include <gtest/gtest.h>

namespace meridian::tls {
namespace {

TEST(Certificate, KeysSurviveTheirPem) {
  const auto key = make_key();
  ASSERT_TRUE(key);
  const auto again = parse_key(key_to_pem(*key));
  ASSERT_TRUE(again);
  EXPECT_EQ(key_to_pem(**again), key_to_pem(*key));
}

TEST(Certificate, SaysWhatIsWrongWithPem) {
  EXPECT_EQ(parse_key("nonsense").error().what, "is not an unencrypted private key in PEM form");
  EXPECT_EQ(parse_chain("").error().what, "holds no certificate in PEM form");
  EXPECT_EQ(
      parse_chain("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").error().what,
      "holds no certificate in PEM form");
  EXPECT_EQ(last_error(), "") << "errors are cleared where they are reported";
}

TEST(Certificate, MakesARequestWithoutNaming) {
  const auto pem = make_request(*make_key());
  EXPECT_TRUE(pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
}

}  // namespace
}  // namespace meridian::tls

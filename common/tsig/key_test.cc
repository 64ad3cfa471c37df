#include "common/tsig/key.h"

#include <gtest/gtest.h>

namespace meridian::tsig {
namespace {

v1::TsigKey of(const std::string& secret) {
  v1::TsigKey key;
  key.set_secret(secret);
  return key;
}

TEST(TsigKey, IsReadFromBase64) {
  auto from = of("AAECAwQFBgcICQoLDA0ODw==\n");
  from.set_algorithm(v1::TSIG_ALGORITHM_HMAC_SHA512);
  const auto key = parse_key("To-NS1.example", from);
  ASSERT_TRUE(key) << key.error().text();
  EXPECT_EQ(zone::name_text(key->name), "to-ns1.example.");
  EXPECT_EQ(key->algorithm, Algorithm::hmac_sha512);
  EXPECT_EQ(key->secret.size(), 16u);
  EXPECT_EQ(key->secret[15], '\x0f');
}

TEST(TsigKey, SaysWhatIsWrongAndNeverTheSecret) {
  const auto complaint = [](const std::string& secret) {
    return parse_key("k", of(secret)).error().text();
  };
  EXPECT_EQ(complaint(""), "spec.secret: is missing");
  EXPECT_EQ(complaint("not base64!"),
            "spec.secret: is not base64, as `openssl rand -base64 32` makes it");
  EXPECT_EQ(complaint("AAECAwQFBgc="), "spec.secret: holds 8 octets, not 16 to 256");
  EXPECT_EQ(complaint(std::string(2000, 'A')), "spec.secret: is not base64 of 16 to 256 octets");
}

}  // namespace
}  // namespace meridian::tsig

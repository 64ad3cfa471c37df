#include "common/dnssec/key.h"

#include <gtest/gtest.h>

namespace meridian::dnssec {
namespace {

constexpr Algorithm kAlgorithms[]{Algorithm::ecdsa_p256_sha256, Algorithm::ed25519};
constexpr std::array<std::uint8_t, 5> kMessage{'h', 'e', 'l', 'l', 'o'};

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

TEST(DnssecKey, SignsWhatItsPublicHalfVerifies) {
  for (const auto algorithm : kAlgorithms) {
    const auto bytes = make_key(algorithm).value();
    const auto key = SigningKey::load(algorithm, bytes).value();
    Signature signature;
    ASSERT_TRUE(key.sign(kMessage, signature));
    EXPECT_TRUE(verify(algorithm, bytes.public_half, kMessage, signature));
    signature[40] ^= 1;
    EXPECT_FALSE(verify(algorithm, bytes.public_half, kMessage, signature));
  }
}

TEST(DnssecKey, RefusesHalvesOfTwoKeys) {
  for (const auto algorithm : kAlgorithms) {
    auto bytes = make_key(algorithm).value();
    bytes.public_half = make_key(algorithm).value().public_half;
    EXPECT_FALSE(SigningKey::load(algorithm, bytes));
    bytes.public_half.pop_back();
    EXPECT_FALSE(SigningKey::load(algorithm, bytes));
  }
}

// RFC 8080 section 6.1.
TEST(DnssecKey, HasTheTagAndTheDsRecordOfTheRfcsExample) {
  const auto open = from_hex("974d96a22d224bc01adb915091477d44ccd91c9a41a11430010117d52c59240e");
  const auto data = dnskey_data(kSecureEntryPoint, Algorithm::ed25519, open);
  EXPECT_EQ(key_tag(data), 3613);
  EXPECT_EQ(ds_data(std::string("\7example\3com\0", 13), data),
            from_hex("0e1d0f02"
                     "3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b"));
}

}  // namespace
}  // namespace meridian::dnssec

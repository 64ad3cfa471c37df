#include "common/tsig/tsig.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::tsig {
namespace {

constexpr std::uint64_t kNow = 1'800'000'000;

Key key_of(Algorithm algorithm = Algorithm::hmac_sha256) {
  return {zone::parse_name("key.example").value(), algorithm, std::string(32, 's')};
}

/// An SOA query for shop.test.
std::vector<std::uint8_t> query() {
  return {0x12, 0x34, 0,   0, 0,   1,   0,   0,   0, 0, 0, 0, 4, 's',
          'h',  'o',  'p', 4, 't', 'e', 's', 't', 0, 0, 6, 0, 1};
}

struct Signed {
  std::vector<std::uint8_t> message;
  std::size_t at = 0;
  Mac mac;
};

Signed signed_by(const Key& key, const Mac& before = {}, Scope scope = Scope::whole) {
  Signed result;
  result.message = query();
  result.at = result.message.size();
  result.message.resize(512);
  const auto size = sign(key, result.message, result.at,
                         {.before = before, .scope = scope, .now = kNow}, result.mac);
  result.message.resize(size);
  return result;
}

Verdict judge(const Key& key, const Signed& message, std::uint64_t now = kNow,
              const Mac& before = {}, Scope scope = Scope::whole) {
  const auto signature = read_signature(message.message, message.at);
  if (!signature) return Verdict::malformed;
  return verify(key, *signature, message.message, message.at, before, scope, now);
}

TEST(Tsig, RecognisesItsOwnWithEveryAlgorithm) {
  for (const auto algorithm :
       {Algorithm::hmac_sha256, Algorithm::hmac_sha384, Algorithm::hmac_sha512}) {
    const auto key = key_of(algorithm);
    const auto message = signed_by(key);
    EXPECT_EQ(message.message[11], 1) << "it is counted";
    EXPECT_LE(message.message.size() - message.at, signature_octets(key));
    EXPECT_EQ(judge(key, message), Verdict::good);
  }
}

TEST(Tsig, MakesTheOctetsThatOthersMake) {
  // RFC 8945 section 4.3.3, computed by other means.
  const auto message = signed_by(key_of());
  std::string hex;
  for (const auto octet : message.mac.bytes()) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[octet >> 4];
    hex += kDigits[octet & 15];
  }
  EXPECT_EQ(hex, "64ecfe7af381b65d09490537177e34abc24d723c313ef54cb1d4b1644ade6f22");
}

TEST(Tsig, TellsWhatIsWrong) {
  const auto key = key_of();
  auto message = signed_by(key);
  auto other = key;
  other.secret[0] = 'x';
  EXPECT_EQ(judge(other, message), Verdict::bad_signature);
  other = key;
  other.name = zone::parse_name("other.example").value();
  EXPECT_EQ(judge(other, message), Verdict::bad_key);
  EXPECT_EQ(judge(key_of(Algorithm::hmac_sha512), message), Verdict::bad_key);
  EXPECT_EQ(judge(key, message, kNow + 300), Verdict::good);
  EXPECT_EQ(judge(key, message, kNow + 301), Verdict::bad_time);
  EXPECT_EQ(judge(key, message, kNow - 301), Verdict::bad_time);
  message.message[14] ^= 1;
  EXPECT_EQ(judge(key, message), Verdict::bad_signature);
}

TEST(Tsig, BindsAnAnswerToItsQueryAndMessagesToEachOther) {
  const auto key = key_of();
  const auto first = signed_by(key);
  const auto second = signed_by(key, first.mac);
  EXPECT_EQ(judge(key, second, kNow, first.mac), Verdict::good);
  EXPECT_EQ(judge(key, second), Verdict::bad_signature);
  const auto third = signed_by(key, second.mac, Scope::timers);
  EXPECT_EQ(judge(key, third, kNow, second.mac, Scope::timers), Verdict::good);
  EXPECT_EQ(judge(key, third, kNow, second.mac), Verdict::bad_signature);
}

TEST(Tsig, SurvivesDamage) {
  const auto key = key_of();
  const auto whole = signed_by(key);
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000; ++i) {
    auto message = whole;
    message.message[random() % message.message.size()] ^= static_cast<std::uint8_t>(random());
    message.message.resize(message.message.size() - random() % 3);
    const auto verdict = judge(key, message);
    if (message.message != whole.message && verdict == Verdict::good) {
      // The ID and the record's TTL are not signed.
      EXPECT_EQ(message.message.size(), whole.message.size());
    }
  }
}

}  // namespace
}  // namespace meridian::tsig

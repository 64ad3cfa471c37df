#include "dns-steer/query/cookie.h"

#include <gtest/gtest.h>

#include "dns-steer/query/siphash.h"

namespace meridian::dns {
namespace {

std::vector<std::uint8_t> octets(const std::string& hex) {
  std::vector<std::uint8_t> result;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    result.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return result;
}

CookieSecret secret(const std::string& hex) {
  CookieSecret result{};
  const auto from = octets(hex);
  std::copy(from.begin(), from.end(), result.begin());
  return result;
}

TEST(SipHash, GivesTheReferenceVectors) {
  // Of the algorithm's authors: key 00..0f, message 00 01 02 ... of each length.
  CookieSecret key;
  std::vector<std::uint8_t> message;
  for (std::uint8_t i = 0; i < 16; ++i) key[i] = i;
  const std::pair<std::size_t, std::uint64_t> vectors[] = {
      {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
      {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5}, {63, 0x958a324ceb064572}};
  for (const auto& [size, hash] : vectors) {
    message.resize(size);
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::uint8_t>(i);
    EXPECT_EQ(siphash_2_4(key, message), hash) << size;
  }
}

// RFC 9018 appendix A.
struct Vector {
  const char* name;
  const char* secret;
  const char* client;
  std::uint32_t head;
  std::uint32_t time;
  const char* cookie;
};
const Vector kVectors[] = {
    {"A.1", "e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100", 0x01000000, 1559731985,
     "2464c4abcf10c957010000005cf79f111f8130c3eee29480"},
    {"A.2", "e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100", 0x01000000, 1559734385,
     "2464c4abcf10c957010000005cf7a871d4a564a1442aca77"},
    {"A.3, sent", "e5e973e5a6b2a43f48e7dc849e37bfcf", "203.0.113.203", 0x01abcdef, 1559727985,
     "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5"},
    {"A.3, answered", "e5e973e5a6b2a43f48e7dc849e37bfcf", "203.0.113.203", 0x01000000, 1559734700,
     "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e"},
    {"A.4, sent", "dd3bdf9344b678b185a6f5cb60fca715", "2001:db8:220:1:59de:d0f4:8769:82b8",
     0x01000000, 1559741817, "22681ab97d52c298010000005cf7c57926556bd0934c72f8"},
    {"A.4, answered", "445536bcd2513298075a5d379663c962", "2001:db8:220:1:59de:d0f4:8769:82b8",
     0x01000000, 1559741961, "22681ab97d52c298010000005cf7c609a6bb79d16625507a"},
};

TEST(Cookie, IsTheOneOfRfc9018) {
  for (const auto& vector : kVectors) {
    SCOPED_TRACE(vector.name);
    const auto expected = octets(vector.cookie);
    const auto made = make_cookie(secret(vector.secret), std::span(expected).first(8), vector.head,
                                  vector.time, parse_address(vector.client).value());
    EXPECT_EQ(std::vector(made.begin(), made.end()), expected);
  }
}

class CheckCookie : public testing::Test {
 protected:
  static constexpr std::uint32_t kNow = 1'800'000'000;
  /// What we gave this client at `then`.
  FullCookie given(std::uint32_t then) {
    return check_cookie(keys_, masters_, client_cookie_, client_, then).answer;
  }
  CookieCheck check(std::span<const std::uint8_t> cookie, std::uint32_t now = kNow) {
    return check_cookie(keys_, masters_, cookie, client_, now);
  }

  CookieKeys keys_;
  std::vector<CookieMaster> masters_{{secret("000102030405060708090a0b0c0d0e0f"), 1'000'000'000}};
  std::vector<std::uint8_t> client_cookie_ = octets("2464c4abcf10c957");
  IpAddress client_ = IpAddress::v4(0xc0000201);
};

TEST_F(CheckCookie, TakesWhatItGaveForAnHour) {
  for (const std::uint32_t age : {0u, 1u, 1800u, 3600u})
    EXPECT_TRUE(check(given(kNow - age)).valid);
  EXPECT_FALSE(check(given(kNow - 3601)).valid);
  EXPECT_TRUE(check(given(kNow + 300)).valid) << "another node's clock may be ahead";
  EXPECT_FALSE(check(given(kNow + 301)).valid);
}

TEST_F(CheckCookie, GivesTheSameBackUntilItIsHalfAnHourOld) {
  EXPECT_EQ(check(given(kNow - 1800)).answer, given(kNow - 1800));
  EXPECT_EQ(check(given(kNow - 1801)).answer, given(kNow));
  EXPECT_EQ(check(given(kNow - 3601)).answer, given(kNow));
}

TEST_F(CheckCookie, OutlivesTheChangeOfTheDaysSecret) {
  const std::uint32_t midnight = 20'834 * 86'400u;
  const auto before = given(midnight - 1);
  EXPECT_TRUE(check(before, midnight + 3599).valid);
  EXPECT_TRUE(check(given(midnight + 10), midnight - 10).valid);
  EXPECT_NE(keys_.secret(masters_[0].secret, midnight - 1),
            keys_.secret(masters_[0].secret, midnight));
}

TEST_F(CheckCookie, IsSignedWithTheMasterOfItsTime) {
  const CookieMaster old = masters_[0];
  const CookieMaster next{secret("0f0e0d0c0b0a09080706050403020100"), kNow};
  const std::vector<CookieMaster> before{old};
  const std::vector<CookieMaster> staged{old, next};
  const std::vector<CookieMaster> after{next};
  CookieKeys keys;
  const auto given_by = [&](const std::vector<CookieMaster>& masters, std::uint32_t then) {
    return check_cookie(keys, masters, client_cookie_, client_, then).answer;
  };
  const auto takes = [&](const std::vector<CookieMaster>& masters, const FullCookie& cookie,
                         std::uint32_t now) {
    return check_cookie(keys, masters, cookie, client_, now).valid;
  };
  EXPECT_EQ(given_by(staged, kNow - 1), given_by(before, kNow - 1));
  EXPECT_EQ(given_by(staged, kNow), given_by(after, kNow));
  EXPECT_NE(given_by(staged, kNow), given_by(before, kNow));
  EXPECT_TRUE(takes(staged, given_by(before, kNow - 1), kNow + 3599)) << "made before the change";
  EXPECT_TRUE(takes(staged, given_by(staged, kNow + 1), kNow - 1)) << "by a clock that is ahead";
  EXPECT_FALSE(takes(staged, given_by(before, kNow), kNow)) << "the old master made it too late";
}

TEST_F(CheckCookie, OfAnotherNodeWithTheSameMasterIsValid) {
  CookieKeys other;
  const auto cookie = check_cookie(other, masters_, client_cookie_, client_, kNow).answer;
  EXPECT_TRUE(check(cookie).valid);
  const std::vector<CookieMaster> foreigners(1);
  const auto foreign = check_cookie(other, foreigners, client_cookie_, client_, kNow).answer;
  EXPECT_FALSE(check(foreign).valid);
}

TEST_F(CheckCookie, IsNotValidForAnyoneElse) {
  auto cookie = given(kNow);
  EXPECT_FALSE(check_cookie(keys_, masters_, cookie, IpAddress::v4(0xc0000202), kNow).valid);
  for (std::size_t i = 0; i < cookie.size(); ++i) {
    auto changed = cookie;
    changed[i] ^= 1;
    EXPECT_FALSE(check(changed).valid) << i;
  }
  EXPECT_FALSE(check(octets("2464c4abcf10c9570100000000000000")).valid) << "16 octets";
}

}  // namespace
}  // namespace meridian::dns

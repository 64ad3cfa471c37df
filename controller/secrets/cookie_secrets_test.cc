#include "controller/secrets/cookie_secrets.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const WallTime kStart{seconds(1'800'000'000)};

/// Makes `aaaaaaaaaaaaaaaa`, `bbbbbbbbbbbbbbbb` and so on.
struct Maker {
  char next = 'a';
  Result<std::string> operator()() { return std::string(16, next++); }
};

/// "a@0 b@720": the secrets by their letters, and the hours after kStart from which they sign.
std::string text(const CookieSecrets& secrets) {
  std::string text;
  for (const auto& one : secrets) {
    const auto after = WallTime(seconds(one.sign_from())) - kStart;
    text += (text.empty() ? "" : " ") + one.secret().substr(0, 1) + "@" +
            std::to_string(std::chrono::floor<hours>(after).count());
  }
  return text;
}

TEST(CookieSecrets, BeginWithOneInForceAndTheNext) {
  EXPECT_TRUE(is_rotation_due({}, kStart));
  const auto first = rotated({}, kStart, Maker{}).value();
  EXPECT_EQ(text(first), "a@0 b@720");
  EXPECT_FALSE(is_rotation_due(first, kStart + hours(719)));
  EXPECT_TRUE(is_rotation_due(first, kStart + hours(720)));
}

TEST(CookieSecrets, AreThreeWhereOneIsInForceAtAnyTime) {
  Maker maker;
  auto secrets = rotated({}, kStart, maker).value();
  maker.next = 'c';
  for (auto now = kStart; now < kStart + hours(24 * 365); now += hours(1)) {
    if (is_rotation_due(secrets, now)) secrets = rotated(secrets, now, std::ref(maker)).value();
    ASSERT_LE(secrets.size(), 3u);
    ASSERT_LE(WallTime(seconds(secrets.front().sign_from())), now);
    ASSERT_GT(WallTime(seconds(secrets.back().sign_from())), now) << "nodes know the next one";
  }
  EXPECT_EQ(text(secrets), "l@7920 m@8640 n@9360");
}

TEST(CookieSecrets, WaitForTheNodesAfterALongSleep) {
  const auto secrets = rotated({}, kStart, Maker{}).value();
  const auto later = rotated(secrets, kStart + hours(5000), Maker{'c'}).value();
  EXPECT_EQ(text(later), "a@0 b@720 c@5000");
  EXPECT_EQ(WallTime(seconds(later.back().sign_from())), kStart + hours(5000) + kCookieSecretLead);
}

TEST(CookieSecrets, GiveWayEarlyToTwoThatNobodyKnows) {
  const auto secrets = rotated({}, kStart, Maker{}).value();
  const auto early = rotated_early(secrets, kStart + hours(2), Maker{'c'}).value();
  EXPECT_EQ(text(early), "a@0 c@2 d@722");
}

TEST(CookieSecrets, StayInForceWhenTheClockIsSetBack) {
  const auto secrets = rotated({}, kStart, Maker{}).value();
  const auto early = rotated_early(secrets, kStart - hours(50), Maker{'c'}).value();
  EXPECT_EQ(text(early), "a@0 c@0 d@720");
  EXPECT_LT(early[0].sign_from(), early[1].sign_from());
}

TEST(CookieSecrets, SurviveTheStore) {
  const auto secrets = rotated({}, kStart, Maker{}).value();
  EXPECT_EQ(text(unpack(pack(secrets)).value()), "a@0 b@720");
  const auto old = unpack("0123456789abcdef").value();
  ASSERT_EQ(old.size(), 1u);
  EXPECT_EQ(old[0].secret(), "0123456789abcdef");
  EXPECT_TRUE(is_rotation_due(old, kStart));
  EXPECT_EQ(unpack("short").error().what, "is damaged: it has 5 bytes");
}

}  // namespace
}  // namespace meridian::control

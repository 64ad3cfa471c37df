#include "edge-node/origin/sticky.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::seconds;

const std::string kSecret(16, 's');
const std::string kOlder(16, 'o');

StickyCookie cookie() {
  StickyCookie made{.name = "lb", .ttl = seconds(0), .keys = {}};
  const auto add = [&](const std::string& secret, int from) {
    made.keys.push_back(
        {WallTime(seconds(from)),
         {sticky_value(secret, "pool", "a:80"), sticky_value(secret, "pool", "b:80")}});
  };
  add(kOlder, 100);
  add(kSecret, 200);
  return made;
}

TEST(StickyCookie, NamesTheOriginToWhoHasTheSecretOnly) {
  const auto made = cookie();
  const auto value = sticky_value(kSecret, "pool", "b:80");
  EXPECT_EQ(value.size(), 22u);
  EXPECT_EQ(made.find(value), 1u);
  EXPECT_FALSE(made.find(sticky_value(std::string(16, 'x'), "pool", "b:80")));
  EXPECT_FALSE(made.find(sticky_value(kSecret, "other", "b:80")));
  EXPECT_FALSE(made.find(""));
}

TEST(StickyCookie, SecretsOfBeforeAreStillKnownAndTheOneOfNowIsGivenOut) {
  const auto made = cookie();
  EXPECT_EQ(made.find(sticky_value(kOlder, "pool", "a:80")), 0u);
  EXPECT_EQ(made.value_of(0, WallTime(seconds(199))), sticky_value(kOlder, "pool", "a:80"));
  EXPECT_EQ(made.value_of(0, WallTime(seconds(200))), sticky_value(kSecret, "pool", "a:80"));
  EXPECT_EQ(made.value_of(0, WallTime(seconds(1))), sticky_value(kOlder, "pool", "a:80"));
}

TEST(StickyCookie, IsWrittenAsBrowsersTakeIt) {
  auto made = cookie();
  const auto value = sticky_value(kSecret, "pool", "a:80");
  EXPECT_EQ(made.set_cookie(0, true, WallTime(seconds(300))),
            "lb=" + value + "; Path=/; HttpOnly; Secure");
  made.ttl = seconds(60);
  EXPECT_EQ(made.set_cookie(0, false, WallTime(seconds(300))),
            "lb=" + value + "; Path=/; HttpOnly; Max-Age=60");
}

TEST(Cookies, AreFoundAndTakenOut) {
  EXPECT_EQ(cookie_value("a=1; lb=xyz; b=2", "lb"), "xyz");
  EXPECT_EQ(cookie_value("lb=1;lb=2", "lb"), "1");
  EXPECT_EQ(cookie_value("lbx=1; xlb=2", "lb"), std::nullopt);
  EXPECT_EQ(cookie_value(" ; ;lb = q ;", "lb"), "q");
  EXPECT_EQ(cookie_value("lb", "lb"), "");
  EXPECT_EQ(without_cookie("a=1; lb=xyz; b=2=3", "lb"), "a=1; b=2=3");
  EXPECT_EQ(without_cookie("lb=xyz", "lb"), "");
  EXPECT_EQ(without_cookie("lb=1; lb=2;a", "lb"), "a");
}

}  // namespace
}  // namespace meridian::edge

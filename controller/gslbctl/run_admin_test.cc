#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/gslbctl/test_operator.h"

// How operators keep their certificates, and get others.
namespace meridian::gslbctl {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto kDay = std::chrono::hours(24);

class OperatorForLong : public Operator {
 protected:
  /// As if the operator's certificate, which lives for 365 days, had been made so long ago.
  void age(std::chrono::seconds age) const {
    const auto authority = control::Authority::load(data().ca()).value();
    auto identity = held();
    const auto key = tls::parse_key(identity.key_pem).value();
    identity.chain_pem = authority
                             .issue(tls::make_request(*key),
                                    {v1::ROLE_ADMIN, control::kFirstAdmin,
                                     control::kAdminCertificateLife, WallClock::now() - age})
                             .value();
    ASSERT_TRUE(tls::save_identity(data().admin(), identity));
  }
  control::DataDirectory data() const { return {world_.directory()}; }
  tls::Identity held() const { return tls::load_identity(data().admin()).value().value(); }
  std::chrono::hours left() const {
    return std::chrono::floor<std::chrono::hours>(held().expires().value() - WallClock::now());
  }
};

TEST_F(OperatorForLong, HasACertificateThatAnyCommandRenews) {
  age(200 * kDay);
  EXPECT_EQ(gslbctl({"token", "list"}).code, 0);
  EXPECT_LT(left(), 166 * kDay) << "it is not time yet";
  age(350 * kDay);
  const auto key = held().key_pem;
  const auto listed = gslbctl({"token", "list"});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_EQ(listed.err.find("certificate"), std::string::npos) << listed.err;
  EXPECT_GT(left(), 364 * kDay);
  EXPECT_EQ(held().key_pem, key);
  EXPECT_THAT(gslbctl({"status"}).out, Not(HasSubstr("left")));
}

TEST_F(OperatorForLong, IsWarnedWhenItCannotBeRenewedAndServedAllTheSame) {
  age(352 * kDay);
  std::filesystem::create_directory(data().admin() / "chain.pem.new");  // in the way of the new one
  const auto status = gslbctl({"status"});
  EXPECT_EQ(status.code, 0);
  EXPECT_THAT(status.out, HasSubstr("\nyou           admin/root, certificate expires 20"));
  EXPECT_THAT(status.out, HasSubstr(", only 12 days left\n"));
  EXPECT_THAT(status.err, StartsWith("warning: your certificate expires on 20"));
  EXPECT_THAT(status.err, HasSubstr("could not be renewed: " + data().admin().string()));
  EXPECT_EQ(std::count(status.err.begin(), status.err.end(), '\n'), 1) << status.err;
  const auto json = gslbctl({"status", "-o", "json"});
  EXPECT_EQ(json.code, 0);
  EXPECT_EQ(json.err, status.err);
}

TEST_F(OperatorForLong, FindsTheWayBackWhenItHasExpired) {
  age(366 * kDay);
  const auto expired = gslbctl({"status"});
  EXPECT_EQ(expired.code, 2);
  EXPECT_THAT(expired.err, HasSubstr("cannot be used: its certificate expired on 20"));
  EXPECT_THAT(expired.err,
              HasSubstr("  gslbctl admin create root --dir " + world_.directory().string() + "\n"));
  const auto made = gslbctl({"admin", "create", "root", "--dir", world_.directory().string()});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("gslbctl uses it here from now on"));
  EXPECT_EQ(gslbctl({"status"}).code, 0);
  EXPECT_GT(left(), 364 * kDay);
}

TEST_F(OperatorForLong, LetsASecondOneInWithSettingsThatCanBeTakenElsewhere) {
  const auto out = world_.directory() / "for-alice";
  const auto made = gslbctl({"admin", "create", "alice", "--dir", world_.directory().string() + "/",
                             "--out", out.string()});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("gslbctl --config " + (out / "gslbctl.yaml").string()));
  const auto elsewhere = world_.directory() / "home";
  std::filesystem::rename(out, elsewhere);
  const auto settings = (elsewhere / "gslbctl.yaml").string();
  const auto applied = run_with({"--config", settings, "apply", "-f", "-"},
                                "kind: SteeringPolicy\nname: near\nspec: {}\n");
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_THAT(gslbctl({"history"}).out, HasSubstr("admin/alice"));
  EXPECT_THAT(run_with({"--config", settings, "status"}).out,
              HasSubstr("you           admin/alice, "));
}

TEST_F(OperatorForLong, KeepsTheirOwnSettingsWhenTheyLetAnotherIn) {
  const auto own = world_.directory() / "gslbctl.yaml";
  ASSERT_TRUE(save_settings(own, {"ctl.example:7443", data().admin().string()}));
  const auto made = run_with(
      {"--config", own.string(), "admin", "create", "bob", "--dir", world_.directory().string()});
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("which names the controller ctl.example:7443."));
  const SettingsFlags own_flags{.config = own.string()};
  const Environment nothing = [](const char*) { return std::nullopt; };
  EXPECT_EQ(resolve_settings(own_flags, nothing)->identity, data().admin());
  const auto settings = data().admin("bob") / "gslbctl.yaml";
  EXPECT_EQ(std::filesystem::status(settings).permissions(), std::filesystem::perms(0600));
  EXPECT_THAT(
      run_with({"--config", settings.string(), "--controller", world_.address(), "status"}).out,
      HasSubstr("you           admin/bob, "));
}

TEST_F(OperatorForLong, CannotMakeAnotherWithoutTheControllersDirectory) {
  const auto none = gslbctl({"admin", "create", "alice", "--dir", "/nowhere"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("/nowhere: holds no controller yet"));
  const auto taken = gslbctl({"admin", "create", "alice", "--dir", world_.directory().string(),
                              "--out", data().admin().string()});
  EXPECT_EQ(taken.code, 1);
  EXPECT_THAT(taken.err, HasSubstr("key.pem: is not a key of"));
  EXPECT_EQ(gslbctl({"status"}).code, 0);
}

}  // namespace
}  // namespace meridian::gslbctl

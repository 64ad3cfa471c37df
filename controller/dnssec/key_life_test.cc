#include "controller/dnssec/key_life.h"

#include <string>

#include <gtest/gtest.h>

#include "controller/dnssec/key_records.h"

namespace meridian::control {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const WallTime kStart{seconds(1'800'000'000)};

/// One zone's keys, moved through time; every revision reaches all nodes at once unless `held`.
class Life {
 public:
  explicit Life(bool split, v1::DnssecAlgorithm algorithm = v1::DNSSEC_ALGORITHM_ED25519) {
    signing_.set_split_keys(split);
    signing_.set_algorithm(algorithm);
    keys_.set_zone("shop.test");
    EXPECT_TRUE(begin_keys(keys_, signing_, step()).value());
  }

  Life& after(seconds time) {
    now_ += time;
    // As the controller does: again and again until nothing is due.
    while (advance_keys(keys_, signing_, times_, nodes(), step()).value()) {
    }
    return *this;
  }
  Life& confirm() {
    EXPECT_TRUE(confirm_ds(keys_, step()));
    return *this;
  }
  Result<void> roll(v1::KeyRole role = v1::KEY_ROLE_UNSPECIFIED) {
    return roll_keys(keys_, signing_, role, step());
  }

  /// "csk active, csk published"; with the algorithm's number if there are two.
  std::string text() const {
    std::string text;
    for (const auto& key : keys_.keys()) {
      auto state = v1::KeyState_Name(key.state()).substr(10);
      auto role = v1::KeyRole_Name(key.role()).substr(9);
      for (auto* word : {&state, &role})
        for (auto& c : *word) c = static_cast<char>(std::tolower(c));
      text += (text.empty() ? "" : ", ") + role + " " + state;
    }
    return text;
  }

  KeyStep step() {
    return {now_, {++revision_}, [](v1::KeyRole role, v1::DnssecAlgorithm algorithm) {
              return make_zone_key(role, algorithm);
            }};
  }

  v1::ZoneKeysView view() const { return view_of(keys_, signing_, times_, nodes()); }

  KeyTimes times_{.keys_ttl = seconds(300),
                  .longest_ttl = hours(1),
                  .parent_ds_ttl = hours(24),
                  .margin = seconds(60),
                  .zsk_lifetime = {},
                  .ksk_lifetime = {}};
  v1::ZoneSigning signing_;
  v1::ZoneKeys keys_;
  bool held_ = false;  // some node learns nothing
  WallTime told_{};    // since when all nodes have all revisions

 private:
  NodesHave nodes() const {
    return [this](Revision) -> std::optional<WallTime> {
      if (held_) return {};
      return told_;
    };
  }
  WallTime now_ = kStart;
  std::uint64_t revision_ = 0;
};

TEST(KeyLife, BeginsWithAKeyThatIsNotShownToTheParentBeforeCachesHaveForgottenUnsignedAnswers) {
  Life life(false);
  EXPECT_EQ(life.text(), "csk published");
  EXPECT_FALSE(life.view().keys(0).wanted_in_parent());
  EXPECT_EQ(life.after(hours(1) + seconds(59)).text(), "csk published");
  EXPECT_EQ(life.after(seconds(1)).text(), "csk ready");
  EXPECT_TRUE(life.view().keys(0).wanted_in_parent());
  EXPECT_EQ(life.after(hours(1000)).text(), "csk ready");
  EXPECT_EQ(life.confirm().text(), "csk active");
}

TEST(KeyLife, RollsACskByTwoSignaturesUntilTheParentHasTheNewOne) {
  Life life(false);
  life.after(hours(2)).confirm();
  ASSERT_TRUE(life.roll());
  EXPECT_EQ(life.text(), "csk active, csk published");
  EXPECT_TRUE(life.view().keys(0).wanted_in_parent());
  EXPECT_EQ(life.after(hours(2)).text(), "csk active, csk ready");
  EXPECT_FALSE(life.view().keys(0).wanted_in_parent());
  EXPECT_TRUE(life.view().keys(1).wanted_in_parent());
  EXPECT_EQ(life.confirm().text(), "csk retired, csk active");
  EXPECT_EQ(life.after(hours(24)).text(), "csk retired, csk active");
  EXPECT_EQ(life.after(seconds(60)).text(), "csk active");
}

TEST(KeyLife, PublishesAZskBeforeItSigns) {
  Life life(true);
  EXPECT_EQ(life.text(), "ksk published, zsk active");
  life.after(hours(2)).confirm();
  ASSERT_TRUE(life.roll(v1::KEY_ROLE_ZSK));
  EXPECT_EQ(life.after(seconds(359)).text(), "ksk active, zsk active, zsk published");
  EXPECT_EQ(life.after(seconds(1)).text(), "ksk active, zsk retired, zsk active");
  EXPECT_EQ(life.after(hours(1)).text(), "ksk active, zsk retired, zsk active");
  EXPECT_EQ(life.after(seconds(60)).text(), "ksk active, zsk active");
}

TEST(KeyLife, RollsBySchedule) {
  Life life(true);
  life.times_.zsk_lifetime = hours(24 * 30);
  life.after(hours(2)).confirm();
  EXPECT_EQ(life.after(hours(24 * 29)).text(), "ksk active, zsk active");
  EXPECT_EQ(life.after(hours(24)).text(), "ksk active, zsk active, zsk published");
  life.times_.ksk_lifetime = hours(24 * 365);
  life.after(hours(2)).after(hours(2));
  EXPECT_EQ(life.text(), "ksk active, zsk active");
  EXPECT_EQ(life.after(hours(24 * 365)).text(),
            "ksk active, zsk active, ksk published, zsk published");
}

TEST(KeyLife, WaitsForEveryNode) {
  Life life(false);
  life.held_ = true;
  EXPECT_EQ(life.after(hours(100)).text(), "csk published");
  EXPECT_EQ(life.view().keys(0).waits_for(), "all DNS nodes to take revision 1");
  // The last one learnt it late: only now begin caches to know the key from there.
  life.held_ = false;
  life.told_ = kStart + hours(100);
  EXPECT_EQ(life.after(hours(1)).text(), "csk published");
  EXPECT_EQ(life.after(seconds(60)).text(), "csk ready");
}

TEST(KeyLife, GoesFromOneKeyToTwoAndBack) {
  Life life(false);
  life.after(hours(2)).confirm();
  life.signing_.set_split_keys(true);
  EXPECT_FALSE(life.roll(v1::KEY_ROLE_ZSK)) << "all keys must go together";
  ASSERT_TRUE(life.roll());
  EXPECT_EQ(life.text(), "csk active, ksk published, zsk published");
  EXPECT_EQ(life.after(hours(2)).text(), "csk active, ksk ready, zsk active");
  EXPECT_EQ(life.confirm().text(), "csk retired, ksk active, zsk active");
  EXPECT_EQ(life.after(hours(25)).text(), "ksk active, zsk active");
  life.signing_.set_split_keys(false);
  ASSERT_TRUE(life.roll());
  EXPECT_EQ(life.after(hours(2)).confirm().text(), "ksk retired, zsk retired, csk active");
  EXPECT_EQ(life.after(hours(25)).text(), "csk active");
}

TEST(KeyLife, KeepsAnAlgorithmSigningAsLongAsTheParentMayKnowIt) {
  Life life(true);
  life.after(hours(2)).confirm();
  life.signing_.set_algorithm(v1::DNSSEC_ALGORITHM_ECDSAP256SHA256);
  ASSERT_TRUE(life.roll());
  EXPECT_EQ(life.after(hours(2)).text(), "ksk active, zsk retired, ksk ready, zsk active");
  EXPECT_EQ(life.after(hours(100)).text(), "ksk active, zsk retired, ksk ready, zsk active");
  EXPECT_EQ(life.confirm().after(hours(25)).text(), "ksk active, zsk active");
}

TEST(KeyLife, RefusesASecondRolloverOfWhatIsRolling) {
  Life life(true);
  EXPECT_FALSE(life.roll(v1::KEY_ROLE_KSK)) << "the parent has not got the first one yet";
  life.after(hours(2)).confirm();
  ASSERT_TRUE(life.roll(v1::KEY_ROLE_KSK));
  EXPECT_FALSE(life.roll(v1::KEY_ROLE_KSK));
  EXPECT_TRUE(life.roll(v1::KEY_ROLE_ZSK));
  EXPECT_FALSE(life.roll(v1::KEY_ROLE_CSK));
  EXPECT_FALSE(confirm_ds(life.keys_, {kStart, {9}, {}})) << "the new KSK is not ready";
}

TEST(KeyLife, MayEndWhenTheParentKnowsNoKey) {
  Life life(false);
  EXPECT_FALSE(is_known_to_parent(life.keys_));
  life.after(hours(2)).confirm();
  EXPECT_TRUE(is_known_to_parent(life.keys_));
  ASSERT_TRUE(confirm_no_ds(life.keys_, {kStart, {9}, {}}));
  EXPECT_FALSE(is_known_to_parent(life.keys_));
}

TEST(KeyLife, GoesOnWithTheNewestKeyWhenTheParentKnewNoneMeanwhile) {
  Life life(false);
  life.after(hours(2)).confirm();
  ASSERT_TRUE(life.roll());
  EXPECT_EQ(life.after(hours(2)).text(), "csk active, csk ready");
  ASSERT_TRUE(confirm_no_ds(life.keys_, life.step()));
  EXPECT_EQ(life.text(), "csk ready, csk ready");
  EXPECT_EQ(life.confirm().text(), "csk retired, csk active");
  EXPECT_FALSE(waits_for_parent(life.keys_, life.signing_));
  EXPECT_EQ(life.after(hours(100)).text(), "csk active");
}

TEST(KeyLife, AsksTheParentToForgetItsKeys) {
  Life life(true);
  life.after(hours(2)).confirm();
  EXPECT_FALSE(waits_for_parent(life.keys_, life.signing_));
  life.signing_.set_delete_ds(true);
  EXPECT_TRUE(waits_for_parent(life.keys_, life.signing_));
  EXPECT_FALSE(life.view().keys(0).wanted_in_parent());
  EXPECT_NE(life.view().keys(0).waits_for().find("--withdrawn"), std::string::npos);
  EXPECT_EQ(life.view().keys(1).waits_for(), "");
  ASSERT_TRUE(confirm_no_ds(life.keys_, {kStart, {9}, {}}));
  EXPECT_FALSE(waits_for_parent(life.keys_, life.signing_));
  EXPECT_FALSE(is_known_to_parent(life.keys_));
  EXPECT_FALSE(life.view().keys(0).wanted_in_parent());
  life.signing_.set_delete_ds(false);
  EXPECT_TRUE(waits_for_parent(life.keys_, life.signing_)) << "it may come back";
  EXPECT_TRUE(life.view().keys(0).wanted_in_parent());
}

TEST(KeyLife, BringsTheParentNoNewKeyWhileItIsToForgetAll) {
  Life life(true);
  life.after(hours(2)).confirm();
  life.signing_.set_delete_ds(true);
  life.times_.ksk_lifetime = hours(24 * 30);
  EXPECT_EQ(life.after(hours(24 * 31)).text(), "ksk active, zsk active");
  EXPECT_FALSE(life.roll());
  EXPECT_FALSE(life.roll(v1::KEY_ROLE_KSK));
  EXPECT_TRUE(life.roll(v1::KEY_ROLE_ZSK)) << "the parent need not know of it";
}

TEST(KeyTimes, WaitForSecondaries) {
  v1::Zone zone;
  EXPECT_EQ(key_times({}, "shop.test", zone).margin, seconds(300));
  zone.add_allow_transfer()->add_keys("k");
  EXPECT_EQ(key_times({}, "shop.test", zone).margin, seconds(300 + 3'600 + 600));
  zone.mutable_refresh()->set_seconds(60);
  zone.mutable_retry()->set_seconds(5);
  EXPECT_EQ(key_times({}, "shop.test", zone).margin, seconds(300 + 60 + 5));
}

TEST(KeyTimes, AreThoseOfWhatThePrimariesOfAZoneSent) {
  v1::Zone declared;
  declared.add_primaries()->set_address("192.0.2.9");
  v1::Resource content;
  content.set_name("shop.test");
  auto& zone = *content.mutable_zone_content()->mutable_zone();
  zone.mutable_default_ttl()->set_seconds(900);
  zone.add_records()->mutable_ttl()->set_seconds(86'400);
  Configuration configuration;
  EXPECT_EQ(key_times(configuration, "shop.test", declared).keys_ttl, seconds(300));
  configuration.upsert(content);
  const auto times = key_times(configuration, "shop.test", declared);
  EXPECT_EQ(times.keys_ttl, seconds(900));
  EXPECT_EQ(times.longest_ttl, seconds(86'400));
}

}  // namespace
}  // namespace meridian::control

#include "controller/dnssec/shared_serials.h"

#include <functional>
#include <memory>

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include "controller/model/test_configuration.h"

namespace meridian::control {
namespace {

using google::protobuf::util::TimeUtil;
using std::chrono::hours;
using std::chrono::seconds;

const WallTime kStart{seconds(1'800'000'000)};

/// A signed zone that secondaries hold; what is due is done.
class World {
 public:
  explicit World(std::uint32_t serial) {
    auto zone = resource_of(
        R"(name: "shop.test" zone { sign: true nameservers: "ns"
             allow_transfer { client_prefixes: "192.0.2.0/24" } })");
    zone.mutable_zone()->set_serial(serial);
    head_.configuration.upsert(zone);
    change_key();
  }

  void change_key() {
    auto secrets = std::make_shared<NodeSecrets>();
    auto keys = std::make_shared<v1::ZoneKeys>();
    *keys->add_keys()->mutable_since() = TimeUtil::TimeTToTimestamp(WallClock::to_time_t(now_));
    secrets->zone_keys["shop.test"] = keys;
    head_.secrets = secrets;
  }

  /// Whether the serial moves on.
  bool moves_after(seconds time) {
    now_ += time;
    const auto before = serial();
    if (const auto request = serials_.due(head_, now_))
      head_.configuration.upsert(request->upserts(0));
    return serial() != before;
  }

  void edit(const std::function<void(v1::Zone&)>& edit) {
    auto resource = *head_.configuration.find(v1::KIND_ZONE, "shop.test");
    edit(*resource.mutable_zone());
    head_.configuration.upsert(resource);
  }

  std::uint32_t serial() const {
    return head_.configuration.find(v1::KIND_ZONE, "shop.test")->zone().serial();
  }

 private:
  ConfigurationAt head_;
  WallTime now_ = kStart;
  SharedSerials serials_;
};

TEST(SharedSerials, MoveOnBeforeSignaturesRunOut) {
  World world(1'799'999'999);
  world.moves_after(seconds(1));
  EXPECT_FALSE(world.moves_after(hours(80)));
  EXPECT_TRUE(world.moves_after(hours(4))) << "a quarter of 14 days";
  EXPECT_FALSE(world.moves_after(hours(83)));
  EXPECT_TRUE(world.moves_after(hours(1)));
  world.edit([](v1::Zone& zone) {
    zone.mutable_signing()->mutable_signature_lifetime()->set_seconds(86'400);
  });
  EXPECT_TRUE(world.moves_after(hours(6)));
  EXPECT_EQ(world.serial(), 1'800'000'001u + (80 + 4 + 83 + 1 + 6) * 3'600);
}

TEST(SharedSerials, MoveOnWithTheKeys) {
  World world(1'800'000'000);
  EXPECT_TRUE(world.moves_after(seconds(0))) << "which was first in that second?";
  EXPECT_FALSE(world.moves_after(seconds(1)));
  EXPECT_FALSE(world.moves_after(hours(1)));
  world.change_key();
  EXPECT_TRUE(world.moves_after(seconds(1)));
  EXPECT_FALSE(world.moves_after(seconds(1)));
}

TEST(SharedSerials, MayBeDates) {
  World world(2026'11'26'01u);
  EXPECT_TRUE(world.moves_after(seconds(1))) << "nobody knows how long it has stood";
  EXPECT_EQ(world.serial(), 2026'11'26'02u);
  EXPECT_FALSE(world.moves_after(hours(83)));
  EXPECT_TRUE(world.moves_after(hours(1)));
  EXPECT_EQ(world.serial(), 2026'11'26'03u);
  world.change_key();
  EXPECT_TRUE(world.moves_after(seconds(1)));
  EXPECT_FALSE(world.moves_after(seconds(1)));
  world.edit([](v1::Zone& zone) { zone.set_serial(2027'01'01'01u); });
  EXPECT_FALSE(world.moves_after(hours(83)));
}

TEST(SharedSerials, AreLeftAloneWhereNobodyHoldsASignedCopy) {
  World world(1'700'000'000);
  world.edit([](v1::Zone& zone) { zone.clear_allow_transfer(); });
  EXPECT_FALSE(world.moves_after(hours(1000)));
  world.edit([](v1::Zone& zone) {
    zone.add_allow_transfer()->add_keys("k");
    zone.set_sign(false);
  });
  EXPECT_FALSE(world.moves_after(hours(1000)));
}

}  // namespace
}  // namespace meridian::control

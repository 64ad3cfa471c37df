#include "controller/model/settle.h"

#include <gtest/gtest.h>

#include "controller/model/change.h"
#include "controller/model/test_configuration.h"

namespace meridian::control {
namespace {

constexpr std::uint32_t kNow = 1'800'000'000;
const WallTime kTime{std::chrono::seconds(kNow)};

v1::Resource zone(const std::string& fields) {
  return resource_of("name: \"shop.example\" zone { nameservers: \"ns1\" " + fields + " }");
}

/// The serial of shop.example once `resource` is applied to `base`, and the configuration then.
std::uint32_t serial_after(Configuration& base, const v1::Resource& resource,
                           WallTime now = kTime) {
  v1::ApplyRequest request;
  *request.add_upserts() = resource;
  base = propose(base, request, now).configuration;
  const auto* found = base.find(v1::KIND_ZONE, "shop.example");
  return found == nullptr ? 0 : found->zone().serial();
}

TEST(Serial, IsTheTimeAndOnlyGrows) {
  EXPECT_EQ(next_serial(0, kTime), kNow);
  EXPECT_EQ(next_serial(kNow - 5, kTime), kNow);
  EXPECT_EQ(next_serial(kNow, kTime), kNow + 1);
  EXPECT_EQ(next_serial(2'026'010'101, kTime), 2'026'010'102u) << "YYYYMMDDnn is ahead of time";
  EXPECT_EQ(next_serial(0xffffffff, WallTime(std::chrono::seconds(0xfffffff0))), 1u);
  EXPECT_TRUE(is_newer_serial(1, 0xffffffff)) << "RFC 1982";
  EXPECT_FALSE(is_newer_serial(5, 5));
}

TEST(Serial, ChangesWithTheZoneOnly) {
  Configuration base;
  EXPECT_EQ(serial_after(base, zone("")), kNow);
  EXPECT_EQ(serial_after(base, zone(""), kTime + std::chrono::hours(1)), kNow);
  EXPECT_EQ(serial_after(base, zone("contact: \"a@b.example\"")), kNow + 1);
  EXPECT_EQ(serial_after(base, resource_of("name: \"x\" location { latitude: 1 longitude: 1 }")),
            kNow + 1);
}

TEST(Serial, BeginsWhereItIsDeclaredAndIgnoresWhatIsOlder) {
  Configuration base;
  EXPECT_EQ(serial_after(base, zone("serial: 2026010101")), 2'026'010'101u);
  EXPECT_EQ(serial_after(base, zone("contact: \"a@b.example\" serial: 2026010101")),
            2'026'010'102u);
  EXPECT_EQ(serial_after(base, zone("contact: \"a@b.example\" serial: 2026010101")), 2'026'010'102u)
      << "the same file again";
  EXPECT_EQ(serial_after(base, zone("contact: \"a@b.example\" serial: 2026010200")),
            2'026'010'200u);
}

TEST(Serial, OfASharedZoneFollowsItsSteeredNames) {
  auto base = good_configuration();
  const auto move = [&](double latitude) {
    auto location = *base.find(v1::KIND_LOCATION, "par");
    location.mutable_location()->set_latitude(latitude);
    return location;
  };
  EXPECT_EQ(serial_after(base, move(10)), 0u) << "nobody transfers it";
  auto shared = *base.find(v1::KIND_ZONE, "shop.example");
  shared.mutable_zone()->add_allow_transfer()->add_client_prefixes("192.0.2.0/24");
  EXPECT_EQ(serial_after(base, shared), kNow);
  EXPECT_EQ(serial_after(base, move(11)), kNow + 1);
  EXPECT_EQ(serial_after(base, move(11)), kNow + 1) << "nothing moved";
}

TEST(Settle, ForgetsWhatWasTransferredWithThePrimaries) {
  Configuration base;
  (void)serial_after(base, resource_of("name: \"shop.example\" zone { primaries { address: "
                                       "\"192.0.2.1\" } }"));
  base.upsert(resource_of("name: \"shop.example\" zone_content { zone { serial: 7 } }"));
  v1::ApplyRequest request;
  *request.add_upserts() = zone("");
  const auto proposal = propose(base, request, kTime);
  EXPECT_EQ(proposal.configuration.find(v1::KIND_ZONE_CONTENT, "shop.example"), nullptr);
  EXPECT_EQ(proposal.changes.size(), 2u);
}

}  // namespace
}  // namespace meridian::control

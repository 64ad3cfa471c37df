#include "dns-steer/steer/report.h"

#include <gtest/gtest.h>

#include "dns-steer/steer/test_fleet.h"

namespace meridian::dns {
namespace {

struct Reported : testing::FleetFixture {
  Reported() {
    edge("edge-fra", 0, {"192.0.2.1"}).edge("edge-nyc", 1, {"192.0.2.2", "2001:db8::2"});
    finish();
    auto second = fleet.policies[0];
    second.name = "second";
    fleet.policies.push_back(second);
    EXPECT_TRUE(link_policies(fleet));
    fleet.sites.push_back({"blog", 0, 0, {"blog.test"}});
    fleet.sites.push_back({"wiki", 1, 0, {"wiki.test"}});
  }
  v1::SteeringReport report(v1::SteeringReportRequest request = {}) const {
    return report_steering(fleet, world(), request);
  }
};

TEST(SteeringReport, IsForEachPolicyAndTheSitesThatShareIt) {
  const Reported reported;
  const auto report = reported.report();
  ASSERT_EQ(report.policies_size(), 2) << report.error();
  EXPECT_EQ(report.policies(0).steering_policy(), "");
  EXPECT_EQ(report.policies(0).site_count(), 2u);
  EXPECT_EQ(report.policies(0).sites(1), "blog");
  EXPECT_EQ(report.policies(1).steering_policy(), "second");
  EXPECT_EQ(report.policies(1).sites(0), "wiki");
  EXPECT_EQ(report.policies(1).table_bytes(), reported.fleet.policies[1].places->bytes());
  EXPECT_EQ(report.policies(1).rankings(), 3u);
}

TEST(SteeringReport, LooksAtBothFamiliesThatEdgesHave) {
  const auto report = Reported().report();
  const auto& spaces = report.policies(0).spaces();
  ASSERT_EQ(spaces.size(), 2);
  // Clients in 10.0/16 are in Paris, those in 10.1/16 in New York, those in 10.2/16, in Singapore,
  // nearer to Paris.
  EXPECT_EQ(spaces[0].locations(0).location(), "fra");
  EXPECT_DOUBLE_EQ(spaces[0].locations(0).share(), 2.0 / 3);
  EXPECT_EQ(spaces[1].ip_version(), 6u);
  EXPECT_DOUBLE_EQ(spaces[1].unknown_share(), 1);
  EXPECT_EQ(spaces[1].unknown_location(), "nyc");
}

TEST(SteeringReport, IsAsShortAsItIsAskedFor) {
  v1::SteeringReportRequest request;
  request.set_steering_policy("second");
  request.add_lost("nyc");
  const auto report = Reported().report(request);
  ASSERT_EQ(report.policies_size(), 1);
  EXPECT_EQ(report.policies(0).spaces(0).losses_size(), 1);
  EXPECT_EQ(report.policies(0).spaces(0).losses(0).location(), "nyc");
  request.Clear();
  request.set_site("shop");
  EXPECT_EQ(Reported().report(request).policies(0).sites_size(), 1);
}

TEST(SteeringReport, SaysWhichNameThereIsNot) {
  v1::SteeringReportRequest request;
  request.set_steering_policy("secnd");
  EXPECT_EQ(Reported().report(request).error(),
            "there is no steering policy 'secnd'; did you mean 'second'?");
  request.Clear();
  request.set_site("shpo");
  EXPECT_EQ(Reported().report(request).error(), "there is no site 'shpo'; did you mean 'shop'?");
  request.Clear();
  request.add_lost("xyz");
  EXPECT_EQ(Reported().report(request).error(), "there is no location 'xyz'");
}

}  // namespace
}  // namespace meridian::dns

#include "controller/gslbctl/steering_view.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace meridian::gslbctl {
namespace {

v1::SteeringReport report_of(const std::string& text) {
  v1::SteeringReport report;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &report));
  return report;
}

TEST(SteeringReportText, IsAPictureOfWhereClientsAreLed) {
  const auto report = report_of(R"(
      node: "dns-1" revision: 7 took { seconds: 1 nanos: 250000000 }
      policies {
        steering_policy: "near" sites: "blog" sites: "shop" site_count: 2
        ranges: 68022 rankings: 12 table_bytes: 5557452
        spaces {
          ip_version: 4 unknown_share: 0.034 unknown_location: "fra" mean_km: 1403.2 p95_km: 4210
          locations { location: "fra" share: 0.62 mean_km: 811.4 p95_km: 2020 }
          locations { location: "nyc" share: 0.3797 mean_km: 2400 p95_km: 5000 }
          locations { location: "sin" share: 0.0003 mean_km: 150 p95_km: 290 }
          locations { location: "syd" }
          losses { location: "fra" moved_share: 0.62 mean_km: 5900 p95_km: 9321
                   gains { location: "nyc" share: 0.558 } gains { location: "sin" share: 0.062 } }
          losses { location: "syd" mean_km: 1403.2 p95_km: 4210 }
        }
      })");
  EXPECT_EQ(steering_report_text(report, false),
            R"(Policy near, sites blog, shop
table: 68022 prefix ranges, 12 rankings, 5.3 MiB

IPv4, by addresses; of 3.4 % of the space the place is not known: led to fra
LOCATION  SHARE                             MEAN      95 % WITHIN
fra       62.0 %  ████████████████████████    811 km   2020 km
nyc       38.0 %  ██████████████▊            2400 km   5000 km
sin       <0.1 %  ▏                           150 km    290 km
syd        0.0 %                            -         -
all        100 %                             1403 km   4210 km

IF LOST  MOVES   MEAN OF ALL       95 % WITHIN       GOES TO
fra      62.0 %   5900 km (+4497)   9321 km (+5111)  nyc 90 %, sin 10 %
syd       0.0 %   1403 km           4210 km          nothing moves

as if all edges were healthy; by dns-1, revision 7, in 1.2 s
)");
}

TEST(SteeringReportText, SaysWhatIsNotThere) {
  EXPECT_EQ(steering_report_text(report_of(R"(node: "d" took { seconds: 1 })"), false),
            "no site and no steering policy is declared\n\n"
            "as if all edges were healthy; by d, revision 0, in 1.0 s\n");
  const auto report = report_of(R"(
      node: "d" revision: 1 took { seconds: 1 } policies_left_out: 3
      policies { table_bytes: 1048576 ranges: 2 rankings: 1 }
      policies { steering_policy: "eu" sites: "www" site_count: 1
                 spaces { ip_version: 6 unknown_share: 1 } })");
  EXPECT_EQ(steering_report_text(report, false),
            R"(Nearest healthy edge (the default policy): no site has it; as if all edges served one
table: 2 prefix ranges, 1 rankings, 1.0 MiB
no edge serves it

Policy eu, site www
table: 0 prefix ranges, 0 rankings, 0.0 MiB

IPv6, by networks of 48 bits; of 100.0 % of the space the place is not known: no answer

and 3 more policies: name one, or a --site
as if all edges were healthy; by d, revision 1, in 1.0 s
)");
}

TEST(SteeringReportText, ShowsWhoIsLeftWithoutAnAnswer) {
  const auto report = report_of(R"(
      node: "d" revision: 1 took { seconds: 1 }
      policies { steering_policy: "eu" sites: "www" site_count: 1
                 spaces { ip_version: 4 nowhere_share: 0.1
                          locations { location: "fra" share: 0.9 mean_km: 10 p95_km: 20 }
                          losses { location: "fra" moved_share: 0.9 nowhere_share: 1 } } })");
  const auto text = steering_report_text(report, false);
  EXPECT_NE(text.find("nowhere   10.0 %  ██▋"), std::string::npos) << text;
  EXPECT_NE(text.find("nowhere 100 %\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace meridian::gslbctl

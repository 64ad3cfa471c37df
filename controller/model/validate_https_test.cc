#include <gtest/gtest.h>

#include "controller/model/test_configuration.h"
#include "controller/model/validate.h"

namespace meridian::control {
namespace {

/// All that is wrong with the good configuration after a change, a line each.
std::string problems(const std::string& resource) {
  auto configuration = good_configuration();
  configuration.upsert(resource_of(resource));
  std::string text;
  for (const auto& one : validate(configuration))
    text += one.resource().name() + ": " + one.field() + ": " + one.reason() + "\n";
  return text;
}

std::string site(const std::string& https_record) {
  return problems(R"(name: "www" site { hostnames: "www.shop.example" hostnames: "shop.example"
                       origin_pool: "shop" certificate: "shop" )" +
                  https_record + "}");
}

std::string zone(const std::string& record) {
  return problems(R"(name: "shop.example" zone { nameservers: "ns1" records { )" + record + "} }");
}

TEST(ValidateHttps, TakesProtocols) {
  EXPECT_EQ(site("https_record {}"), "");
  EXPECT_EQ(site("https_record { alpn: 'h2' alpn: 'h3' }"), "");
}

TEST(ValidateHttps, SaysWhichProtocolIsWrong) {
  EXPECT_EQ(site("https_record { alpn: 'h2' alpn: '' }"),
            "www: spec.https_record.alpn[1]: '' is not the name of a protocol such as h2\n");
  EXPECT_EQ(site("https_record { alpn: 'h 2' }"),
            "www: spec.https_record.alpn[0]: 'h 2' is not the name of a protocol such as h2\n");
  EXPECT_EQ(site("https_record { alpn: 'http/1.1' }"),
            "www: spec.https_record.alpn[0]: goes without saying: leave it out\n");
  EXPECT_EQ(site("https_record { alpn: 'h2' alpn: 'h2' }"),
            "www: spec.https_record.alpn[1]: repeats spec.https_record.alpn[0]\n");
}

TEST(ValidateHttps, LeavesOtherRecordsBesideSteeredNames) {
  for (const auto* record : {"name: '@' type: 'TXT' data: '\"v=spf1 -all\"'",
                             "name: '@' type: 'MX' data: '10 mail.other.example.'",
                             "name: 'www' type: 'CAA' data: '0 issue \"ca.example\"'",
                             "name: 'www' type: 'HTTPS' data: '1 . alpn=h2'"})
    EXPECT_EQ(zone(record), "") << record;
}

TEST(ValidateHttps, RefusesRecordsThatSteeringAnswers) {
  EXPECT_EQ(zone("name: '@' type: 'A' data: '192.0.2.1'"),
            "shop.example: spec.records[0]: 'shop.example' is a steered name of Site 'www': it "
            "cannot have static A records\n");
  EXPECT_EQ(zone("name: 'www' type: 'AAAA' data: '2001:db8::1'"),
            "shop.example: spec.records[0]: 'www.shop.example' is a steered name of Site 'www': it "
            "cannot have static AAAA records\n");
  EXPECT_EQ(zone("name: 'www' type: 'CNAME' data: 'other.example.'"),
            "shop.example: spec.records[0]: 'www.shop.example' is a steered name of Site 'www': it "
            "cannot have static CNAME records\n");
}

TEST(ValidateHttps, RefusesTwoHttpsRecordsOfOneName) {
  auto configuration = good_configuration();
  configuration.upsert(
      resource_of(R"(name: "www" site { hostnames: "www.shop.example" origin_pool: "shop"
                                        certificate: "shop" https_record {} })"));
  configuration.upsert(resource_of(R"(name: "shop.example" zone { nameservers: "ns1"
      records { name: "www" type: "HTTPS" data: "1 . alpn=h2" } })"));
  const auto violations = validate(configuration);
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].reason(),
            "'www.shop.example' is a steered name of Site 'www': it cannot have static HTTPS "
            "records");
}

}  // namespace
}  // namespace meridian::control

#include "dns-steer/zone/build.h"

#include <gtest/gtest.h>

#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

ZoneSource zone_with(const std::string& owner, const std::string& type,
                     const std::vector<std::string>& data) {
  ZoneSource source{"shop.example", {}};
  source.zone.add_nameservers("ns1");
  auto* set = source.zone.add_records();
  set->set_name(owner);
  set->set_type(type);
  for (const auto& one : data) set->add_data(one);
  return source;
}

std::string error_of(const std::vector<ZoneSource>& zones,
                     const std::vector<SteeredName>& steered = {}) {
  const auto data = build_zones(zones, steered, Revision{7});
  return data ? "fine" : data.error().text();
}

TEST(BuildZones, SaysWhichFieldOfWhichZoneIsWrong) {
  EXPECT_EQ(error_of({zone_with("www", "A", {"1.2.3"})}),
            "zone shop.example: spec.records[0]: data[0]: '1.2.3' is not the data of a record of "
            "type A: Syntax error, could not parse the RR's rdata; expected an IPv4 address such "
            "as 192.0.2.1");
  EXPECT_EQ(error_of({ZoneSource{"shop.example", {}}}),
            "zone shop.example: spec.nameservers: is empty: a zone needs one");
  const auto fine = zone_with("www", "A", {"192.0.2.1"});
  EXPECT_EQ(error_of({fine, fine}), "zone shop.example: is there twice");
}

TEST(BuildZones, MakesTheSoaOfTheZonesFields) {
  auto source = zone_with("www", "A", {"192.0.2.1"});
  const auto soa = [&] {
    const auto data = build_zones({source}, {}, Revision{7}).value();
    const auto& apex = data.nodes[data.zones[0].apex];
    const auto& record = data.records[data.set_of(apex, rr::kSoa)->first_record];
    const auto octets = data.bytes(record.offset, record.size);
    WireReader numbers(octets.last(20));
    std::string text = std::to_string(data.ttl(*data.set_of(apex, rr::kSoa))) + " " +
                       std::to_string(octets[10]);  // length of the MNAME's first label
    for (int i = 0; i < 5; ++i) text += " " + std::to_string(numbers.u32());
    return text;
  };
  EXPECT_EQ(soa(), "300 3 7 3600 600 1209600 60") << "a Zone without a serial has the revision";
  source.zone.set_mname("hidden");
  source.zone.set_serial(9);
  source.zone.mutable_soa_ttl()->set_seconds(5);
  source.zone.mutable_refresh()->set_seconds(1);
  source.zone.mutable_retry()->set_seconds(2);
  source.zone.mutable_expire()->set_seconds(3);
  source.zone.mutable_negative_ttl()->set_seconds(4);
  EXPECT_EQ(soa(), "5 6 9 1 2 3 4");
}

TEST(BuildZones, RefusesACnameBesideOtherRecords) {
  auto source = zone_with("www", "A", {"192.0.2.1"});
  auto* cname = source.zone.add_records();
  cname->set_name("WWW");
  cname->set_type("CNAME");
  cname->add_data("other");
  EXPECT_EQ(error_of({source}),
            "zone shop.example: spec.records[1]: a CNAME stands alone at its name, but 'WWW' also "
            "has spec.records[0]");
}

TEST(BuildZones, RefusesADnameAtADelegation) {
  auto source = zone_with("sub", "NS", {"ns.other."});
  auto* dname = source.zone.add_records();
  dname->set_name("sub");
  dname->set_type("DNAME");
  dname->add_data("other.");
  EXPECT_EQ(
      error_of({source}),
      "zone shop.example: spec.records[1]: a DNAME cannot stand at a delegation, but 'sub' has "
      "NS and DNAME: see spec.records[0]");
  EXPECT_EQ(error_of({zone_with("@", "DNAME", {"other."})}), "fine");
}

TEST(BuildZones, RefusesASteeredNameWithStaticAddresses) {
  EXPECT_EQ(error_of({zone_with("www", "A", {"192.0.2.1"})}, {{"www.shop.example", 0}}),
            "hostname www.shop.example: has static A, AAAA or CNAME records in its zone, and a "
            "site");
  EXPECT_EQ(error_of({zone_with("www", "TXT", {"x"})}, {{"www.shop.example", 0}}), "fine");
  EXPECT_EQ(error_of({zone_with("www", "TXT", {"x"})}, {{"www.other.example", 0}}), "fine");
  EXPECT_EQ(error_of({zone_with("www", "TXT", {"x"})}, {{"@.", 0}, {"a", 1}}), "fine");
}

TEST(BuildZones, RefusesNamesThatAreNone) {
  EXPECT_NE(error_of({zone_with("www", "NS", {"\\# 2 ffff"})}), "fine");
  EXPECT_NE(error_of({zone_with("www", "CNAME", {"\\# 3 036161"})}), "fine");
  EXPECT_NE(error_of({zone_with("www", "MX", {"\\# 2 000a"})}), "fine");
  EXPECT_EQ(error_of({zone_with("www", "MX", {"\\# 3 000a00"})}), "fine");
  EXPECT_NE(error_of({zone_with("www", "SRV", {"\\# 8 000000000000c00c"})}), "fine");
}

TEST(BuildZones, RefusesSetsThatFitNoMessage) {
  std::vector<std::string> data;
  for (int i = 0; i < 300; ++i)
    data.push_back("\"" + std::to_string(i) + std::string(240, 'x') + "\"");
  EXPECT_EQ(error_of({zone_with("www", "TXT", data)}),
            "zone shop.example: spec.records[0]: the RRset of 'www.shop.example.' and type TXT has "
            "76690 octets, more than fit into a DNS message (60000)");
}

}  // namespace
}  // namespace meridian::dns

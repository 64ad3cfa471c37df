#include <vector>

#include <gtest/gtest.h>

#include "controller/model/test_configuration.h"
#include "controller/model/validate.h"

// Zones that no DNS node would serve: what all of them refuse must not be accepted.
namespace meridian::control {
namespace {

using Lines = std::vector<std::string>;

/// "spec.records[1]: a CNAME ...", once `resources` stand in an otherwise empty configuration.
Lines complaints_with(const std::vector<v1::Resource>& resources) {
  Configuration configuration;
  for (const auto& resource : resources) configuration.upsert(resource);
  Lines lines;
  for (const auto& violation : validate(configuration))
    lines.push_back(violation.field() + ": " + violation.reason());
  return lines;
}

v1::Resource zone_of(const std::string& fields, const std::string& name = "other.example") {
  return resource_of("name: '" + name + "' zone { " + fields + " }");
}
Lines zone(const std::string& fields) { return complaints_with({zone_of(fields)}); }

/// The same fields, but from a primary.
Lines transferred(const std::string& fields) {
  return complaints_with(
      {zone_of("sign: true primaries { address: '192.0.2.9' }"),
       resource_of("name: 'other.example' zone_content { zone { " + fields + " } }")});
}

/// As an operator declares it, and as a primary sends it.
void expect_both(const std::string& fields, const Lines& lines) {
  EXPECT_EQ(zone(fields), lines);
  EXPECT_EQ(transferred(fields), lines);
}

TEST(ValidateZone, RefusesADnameAtADelegation) {
  const std::string ns = "records { name: 'sub' type: 'NS' data: 'ns.other.' } ";
  const std::string dname = "records { name: 'SUB' type: 'DNAME' data: 'new' } ";
  expect_both("nameservers: 'ns' " + ns + dname,
              {"spec.records[1]: a DNAME cannot stand at a delegation, but 'SUB' has NS and DNAME: "
               "see spec.records[0]"});
  expect_both("nameservers: 'ns' " + dname + ns,
              {"spec.records[1]: a DNAME cannot stand at a delegation, but 'sub' has NS and DNAME: "
               "see spec.records[0]"});
  expect_both("nameservers: 'ns' records { name: '@' type: 'DNAME' data: 'new.example.' }", {});
}

TEST(ValidateZone, RefusesSetsThatFitNoMessage) {
  std::string set = "records { name: 'big' type: 'TXT' ";
  for (int i = 100; i < 340; ++i)
    set += "data: '" + std::to_string(i) + std::string(234, 'x') + "' ";
  expect_both("nameservers: 'ns' " + set + "}", {});
  expect_both("nameservers: 'ns' " + set + "data: 'x' }",
              {"spec.records[0]: the RRset of 'big.other.example.' and type TXT has 60014 octets, "
               "more than fit into a DNS message (60000)"});
}

TEST(ValidateZone, RefusesAContactThatTheSoaCannotHold) {
  expect_both("nameservers: 'ns' contact: '" + std::string(63, 'a') + "@shop.example'", {});
  expect_both("nameservers: 'ns' contact: '" + std::string(64, 'a') + "@shop.example'",
              {"spec.contact: '" + std::string(64, 'a') +
               "@shop.example' has 64 characters before '@'; the SOA holds at most 63 (RFC 1035 "
               "section 8)"});
  std::string domain = "example";
  for (int i = 0; i < 3; ++i) domain = std::string(60, 'd') + "." + domain;
  expect_both("nameservers: 'ns' contact: '" + std::string(63, 'a') + "@" + domain + "'",
              {"spec.contact: '" + std::string(63, 'a') + "@" + std::string(16, 'd') +
               "...' is longer than the 255 octets that the SOA holds of it"});
  const auto name = std::string(55, 'z') + "." + domain;  // 248 octets and 11 of hostmaster@
  EXPECT_EQ(complaints_with({zone_of("nameservers: 'ns.other.'", name)}),
            Lines{"spec.contact: is missing, and hostmaster@ the zone is longer than the 255 "
                  "octets of a name"});
}

TEST(ValidateZone, RefusesWhatSigningMakes) {
  const std::string sets = "nameservers: 'ns' records { name: 'sub' type: 'CDS' data: '0 0 0 00' }";
  EXPECT_EQ(zone("sign: true " + sets),
            Lines{"spec.records[0].type: 'CDS' records of a zone with `sign: true` are made by "
                  "signing it; leave them out"});
  EXPECT_EQ(zone(sets), Lines{});
  EXPECT_EQ(transferred(sets), Lines{}) << "DNS nodes leave it out";
}

TEST(ValidateZone, RefusesATransferWithoutNameServers) {
  EXPECT_EQ(transferred("records { name: 'a' type: 'A' data: '192.0.2.1' }"),
            Lines{"spec.nameservers: is empty: a zone needs one"});
}

}  // namespace
}  // namespace meridian::control

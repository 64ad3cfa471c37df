#include "common/zone/servable.h"

#include <gtest/gtest.h>

namespace meridian::zone {
namespace {

const WireName kApex = parse_name("shop.test").value();

/// "www A 192.0.2.1", and more data after " | ".
v1::RecordSet set_of(const std::string& text) {
  v1::RecordSet set;
  const auto name = text.find(' ');
  const auto type = text.find(' ', name + 1);
  set.set_name(text.substr(0, name));
  set.set_type(text.substr(name + 1, type - name - 1));
  for (auto at = type + 1; at < text.size();) {
    const auto end = std::min(text.find(" | ", at), text.size());
    set.add_data(text.substr(at, end - at));
    at = end + 3;
  }
  return set;
}

/// What is wrong with the first set that may not stand beside those before it.
std::string read(const std::vector<std::string>& sets,
                 SetReader::Signing signing = SetReader::Signing::none) {
  SetReader reader(kApex, 300, signing);
  for (std::size_t i = 0; i < sets.size(); ++i)
    if (const auto records = reader.read(set_of(sets[i]), static_cast<int>(i)); !records)
      return records.error().text();
  return "fine";
}

TEST(SetReader, TakesWhatCanStandTogether) {
  EXPECT_EQ(read({"www A 192.0.2.1 | 192.0.2.2", "www AAAA 2001:db8::1", "a CNAME www",
                  "sub NS ns.other.", "sub DS 1 13 2 " + std::string(64, '0'), "old DNAME new",
                  "old TXT x", "old A 192.0.2.3", "@ MX 10 www"}),
            "fine");
}

TEST(SetReader, RefusesADnameAtADelegation) {
  const std::string why = "a DNAME cannot stand at a delegation, but 'Sub' has NS and DNAME: see ";
  EXPECT_EQ(read({"sub NS ns.other.", "Sub DNAME other."}), why + "spec.records[0]");
  EXPECT_EQ(read({"a TXT x", "sub DNAME other.", "Sub NS ns.other."}), why + "spec.records[1]");
  EXPECT_EQ(read({"@ DNAME other."}), "fine") << "RFC 6672 section 2.3: the apex may have both";
}

TEST(SetReader, RefusesACnameBesideAnything) {
  EXPECT_EQ(read({"a TXT x", "A CNAME b"}),
            "a CNAME stands alone at its name, but 'A' also has spec.records[0]");
  EXPECT_EQ(read({"a CNAME b", "b A 192.0.2.1", "a TXT x"}),
            "a CNAME stands alone at its name, but 'a' also has spec.records[0]");
}

TEST(SetReader, RefusesATypeThatItsNameHas) {
  EXPECT_EQ(read({"a TXT x", "A txt y"}),
            "repeats the owner and type of spec.records[0]; put all data into one");
}

TEST(SetReader, RefusesSetsThatFitNoMessage) {
  std::string texts;
  for (int i = 100; i < 340; ++i)
    texts += (texts.empty() ? "" : " | ") + std::to_string(i) + std::string(234, 'x');
  EXPECT_EQ(read({"www TXT " + texts}), "fine") << "240 texts of 238 octets and 12: 60,000";
  EXPECT_EQ(read({"www TXT " + texts + " | x"}),
            "the RRset of 'www.shop.test.' and type TXT has 60014 octets, more than fit into a DNS "
            "message (60000)");
}

TEST(SetReader, RefusesWhatSigningMakesWhereItIsMade) {
  const std::string key = "@ DNSKEY 257 3 13 " + std::string(86, 'A') + "==";
  EXPECT_EQ(read({key}), "fine");
  EXPECT_EQ(read({key}, SetReader::Signing::here),
            "type: 'DNSKEY' records of a zone with `sign: true` are made by signing it; leave them "
            "out");
}

TEST(SetReader, RefusesNamesThatAreNone) {
  EXPECT_NE(read({"www NS \\# 2 ffff"}), "fine");
  EXPECT_NE(read({"www SRV \\# 8 000000000000c00c"}), "fine");
  EXPECT_EQ(read({"www MX \\# 3 000a00"}), "fine");
}

v1::Zone zone_with_contact(const std::string& contact) {
  v1::Zone zone;
  zone.add_nameservers("ns1");
  zone.set_contact(contact);
  return zone;
}

std::string apex_error(const v1::Zone& zone, const WireName& apex = kApex) {
  const auto read = read_apex(zone, apex);
  return read ? "fine" : read.error().text();
}

TEST(Apex, IsMadeOfTheFieldsOfAZone) {
  auto zone = zone_with_contact("");
  zone.add_nameservers("ns.other.");
  const auto usual = read_apex(zone, kApex).value();
  EXPECT_EQ(usual.nameservers.size(), 2u);
  EXPECT_EQ(name_text(usual.mname), "ns1.shop.test.");
  EXPECT_EQ(name_text(usual.rname), "hostmaster.shop.test.");
  zone.set_mname("hidden");
  zone.set_contact("j.d@other.test");
  const auto own = read_apex(zone, kApex).value();
  EXPECT_EQ(name_text(own.mname), "hidden.shop.test.");
  EXPECT_EQ(name_text(own.rname), "j\\.d.other.test.");
}

TEST(Apex, HasAContactThatIsAName) {
  EXPECT_EQ(apex_error(zone_with_contact(std::string(63, 'a') + "@shop.test")), "fine");
  EXPECT_EQ(apex_error(zone_with_contact(std::string(64, 'a') + "@shop.test")),
            "spec.contact: '" + std::string(64, 'a') +
                "@shop.test' has 64 characters before '@'; the SOA holds at most 63 (RFC 1035 "
                "section 8)");
  std::string domain = "test";
  for (int i = 0; i < 3; ++i) domain = std::string(61, 'd') + "." + domain;
  EXPECT_EQ(apex_error(zone_with_contact(std::string(61, 'a') + "@" + domain)), "fine");
  EXPECT_EQ(apex_error(zone_with_contact(std::string(63, 'a') + "@" + domain)),
            "spec.contact: '" + std::string(63, 'a') + "@" + std::string(16, 'd') +
                "...' is longer than the 255 octets that the SOA holds of it");
  const auto long_apex =
      parse_name(std::string(55, 'a') + "." + domain).value();  // 255 with `hostmaster`: 258
  auto zone = zone_with_contact("");
  *zone.mutable_nameservers(0) = "ns.other.";
  EXPECT_EQ(apex_error(zone, long_apex),
            "spec.contact: is missing, and hostmaster@ the zone is longer than the 255 octets of a "
            "name");
}

TEST(Apex, HasNameServersThatFitIntoAMessage) {
  v1::Zone zone;
  EXPECT_EQ(apex_error(zone), "spec.nameservers: is empty: a zone needs one");
  const auto suffix = "." + std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                      std::string(63, 'c') + ".test.";
  for (int i = 100; i < 390; ++i) zone.add_nameservers("n" + std::to_string(i) + suffix);
  EXPECT_EQ(apex_error(zone), "spec.nameservers: are more than fit into a DNS message");
  zone.mutable_nameservers()->DeleteSubrange(0, 100);
  EXPECT_EQ(apex_error(zone), "fine");
}

}  // namespace
}  // namespace meridian::zone

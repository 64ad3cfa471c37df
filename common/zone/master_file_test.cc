#include "common/zone/master_file.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

#include "common/zone/contents.h"
#include "common/zone/data.h"
#include "common/zone/entries.h"

namespace meridian::zone {
namespace {

MasterFile read(const std::string& text, const std::string& name = "shop.test") {
  return read_master_file(text, "db.shop", name);
}

std::vector<std::string> complaints(const std::string& text,
                                    const std::string& name = "shop.test") {
  std::vector<std::string> lines;
  for (const auto& error : read(text, name).errors) lines.push_back(error.text());
  return lines;
}

/// "www 60 A 192.0.2.1 | 192.0.2.2".
std::vector<std::string> sets(const v1::Zone& zone) {
  std::vector<std::string> lines;
  for (const auto& set : zone.records()) {
    auto line = set.name() + " " + (set.has_ttl() ? std::to_string(set.ttl().seconds()) : "-") +
                " " + set.type();
    for (int i = 0; i < set.data_size(); ++i) line += (i == 0 ? " " : " | ") + set.data(i);
    lines.push_back(std::move(line));
  }
  return lines;
}

using Lines = std::vector<std::string>;

const std::string kHead =
    "$TTL 1h\n"
    "@ IN SOA ns1 hostmaster ( 2024010101 2h ; refresh\n"
    "     15m 2w\n"
    "     5m )\n"
    "  NS ns1\n"
    "  NS ns.other.test.\n";

TEST(MasterFile, FillsTheFieldsOfAZone) {
  const auto file = read(kHead + "ns1 A 192.0.2.53\n");
  EXPECT_EQ(file.errors.size(), 0u);
  EXPECT_EQ(file.name, "shop.test");
  EXPECT_EQ(file.zone.ShortDebugString(),
            "nameservers: \"ns1\" nameservers: \"ns.other.test.\" default_ttl { seconds: 3600 } "
            "negative_ttl { seconds: 300 } records { name: \"ns1\" type: \"A\" "
            "data: \"192.0.2.53\" } refresh { seconds: 7200 } retry { seconds: 900 } "
            "serial: 2024010101");
}

TEST(MasterFile, MayWriteTheSoaInAnyWay) {
  const auto file = read(
      "shop.test. 7200 IN SOA hidden.shop.test. john\\.doe.Other.Test. 1 3600 600 1209600 60\n"
      "shop.test. IN 300 NS ns1.shop.test.\n",
      "");
  EXPECT_EQ(file.errors.size(), 0u);
  EXPECT_EQ(file.zone.ShortDebugString(),
            "nameservers: \"ns1\" contact: \"john.doe@other.test\" mname: \"hidden\" "
            "soa_ttl { seconds: 7200 } serial: 1");
}

TEST(MasterFile, IsReadAsEveryNameServerReadsIt) {
  EXPECT_EQ(
      sets(read(kHead + "$ORIGIN eu.shop.test.\n"
                        "www 60 IN A 192.0.2.1 ; a comment\n"
                        "    IN 60 A 192.0.2.2\n"
                        "    TXT \"semi;colon\" ( \"two words\"\n"
                        "         \"three (four)\" )\n"
                        "mail MX 10 @\n"
                        "$ORIGIN shop.test.\n"
                        "*.wild CNAME www.eu\n"
                        "odd TYPE65280 \\# 3 010203\n"
                        "a\\.b 0 A 192.0.2.3\n"
                        "_25._tcp TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef012345"
                        "6789abcdef\n"
                        "32/27.2.0.192 NS ns.other.test.\n"
                        "@ CAA 0 issue \"ca.test\"\n"
                        "shop.test.shop.test. A 192.0.2.4\n")
               .zone),
      (Lines{
          "www.eu 60 A 192.0.2.1 | 192.0.2.2",
          "www.eu - TXT \"semi;colon\" \"two words\" \"three (four)\"",
          "mail.eu - MX 10 eu.shop.test.",
          "*.wild - CNAME www.eu",
          "odd - TYPE65280 \\# 3 010203",
          "a\\.b 0 A 192.0.2.3",
          "_25._tcp - TLSA 3 1 1 "
          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
          "32/27.2.0.192 - NS ns.other.test.",
          "@ - CAA 0 issue \"ca.test\"",
          "shop.test.shop.test. - A 192.0.2.4",
      }));
}

TEST(MasterFile, SaysWhatItLeavesOut) {
  const auto file = read(kHead +
                         "www 60 A 192.0.2.1\n"
                         "www 90 A 192.0.2.2\n"
                         "www 60 A 192.0.2.1\n"
                         "www NSEC @ A\n"
                         "www RRSIG A 13 3 60 20300101000000 20200101000000 1 shop.test. AAAA\n");
  EXPECT_EQ(sets(file.zone), (Lines{"www 60 A 192.0.2.1 | 192.0.2.2"}));
  EXPECT_EQ(file.left_out,
            (Lines{"2 records of DNSSEC (RRSIG, NSEC, DNSKEY...): `sign: true` makes them anew",
                   "1 records that stand there twice",
                   "1 TTLs that differ within an RRset: the lowest holds (RFC 2181 section 5.2)"}));
}

TEST(MasterFile, NamesFileLineAndReason) {
  EXPECT_EQ(complaints(kHead + "www A 192.0.2\n"
                               "www A ( 192.0.2.1\n"
                               "  )\n"
                               "$INCLUDE other.db\n"
                               "$GENERATE 1-9 a$ A 192.0.2.$\n"
                               "www CH A 192.0.2.1\n"
                               "www NOTYPE 1\n"
                               "other.test. A 192.0.2.1\n"
                               "www TXT \"open\n"),
            (Lines{
                "db.shop:7: '192.0.2' is not the data of a record of type A: Syntax error, could "
                "not parse the RR's rdata; expected an IPv4 address such as 192.0.2.1",
                "db.shop:10: $INCLUDE is not followed: put the file's text in its place, as "
                "`named-compilezone` does",
                "db.shop:11: $GENERATE is BIND's own: `named-compilezone` writes it out",
                "db.shop:12: class CH: zones here are of class IN",
                "db.shop:13: 'NOTYPE' is not a record type; types without a name are written "
                "TYPE65280",
                "db.shop:15: a double quote is not closed on its line",
            }));
  EXPECT_EQ(complaints(kHead + "other.test. A 192.0.2.1\n"),
            Lines{"db.shop:7: 'other.test.' is outside the zone shop.test."});
  EXPECT_EQ(complaints(""), Lines{"db.shop: there is no SOA record of 'shop.test.'"});
  EXPECT_EQ(complaints("www A 192.0.2.1\n", "").front(),
            "db.shop:1: 'www' is relative, and the file has no $ORIGIN so far: name the zone with "
            "--zone");
  EXPECT_EQ(complaints(kHead + "@ SOA ns1 root 1 1 1 1 1\n"),
            Lines{"db.shop:7: a second SOA; a zone has one"});
  EXPECT_EQ(complaints(kHead + "www A ( 192.0.2.1\n"), Lines{"db.shop:7: a ( is not closed"});
  EXPECT_TRUE(complaints("@ SOA \\# 3 010203\n").front().starts_with("db.shop:1: '"));
}

/// A Zone as an import leaves it: nothing repeats a default.
v1::Zone random_zone(std::mt19937_64& random) {
  const auto pick = [&](std::size_t most) { return random() % most; };
  const auto maybe = [&](google::protobuf::Duration* (v1::Zone::*field)(), v1::Zone& zone,
                         std::uint32_t usual) {
    const auto value = static_cast<std::uint32_t>(pick(100'000));
    if (pick(2) == 0 && value != usual) (zone.*field)()->set_seconds(value);
  };
  v1::Zone zone;
  zone.add_nameservers("ns1");
  if (pick(2) == 0) zone.add_nameservers("ns.other.test.");
  if (pick(2) == 0) zone.set_contact("first.last@other.test");
  if (pick(2) == 0) zone.set_mname("hidden");
  maybe(&v1::Zone::mutable_default_ttl, zone, 300);
  maybe(&v1::Zone::mutable_negative_ttl, zone, 60);
  maybe(&v1::Zone::mutable_refresh, zone, 3600);
  maybe(&v1::Zone::mutable_retry, zone, 600);
  maybe(&v1::Zone::mutable_expire, zone, 1'209'600);
  const auto ttl = apex_values(zone).value().default_ttl;
  maybe(&v1::Zone::mutable_soa_ttl, zone, ttl);
  maybe(&v1::Zone::mutable_nameservers_ttl, zone, ttl);
  zone.set_serial(static_cast<std::uint32_t>(random()));
  const std::vector<std::pair<std::string, std::string>> data{{"A", "192.0.2."},
                                                              {"AAAA", "2001:db8::"},
                                                              {"MX", "10 mail"},
                                                              {"TXT", "\"a;b(c\" x\\\"y"},
                                                              {"SRV", "1 2 53 host.other.test."},
                                                              {"TYPE65280", "\\# 2 00"},
                                                              {"CAA", "0 issue \"ca"},
                                                              {"HTTPS", "1 . alpn=h2 port="}};
  std::set<std::pair<std::string, std::string>> seen;
  for (std::size_t i = pick(40); i > 0; --i) {
    constexpr std::string_view kNames[] = {"@",         "www",     "*.w", "_x._tcp",
                                           "a\\.b",     "c\\032d", "UP",  "shop.test.shop.test.",
                                           "deep.er.x", "\\@",     "$"};
    const std::string name(kNames[pick(std::size(kNames))]);
    const auto& [type, start] = data[pick(data.size())];
    if (!seen.emplace(name, type).second) continue;
    auto& set = *zone.add_records();
    set.set_name(name == "$" ? "\\$" : name);
    set.set_type(type);
    const auto own_ttl = pick(1000);
    if (pick(2) == 0 && own_ttl != ttl)
      set.mutable_ttl()->set_seconds(static_cast<std::int64_t>(own_ttl));
    for (std::size_t n = 10 + pick(3); n >= 10; --n)
      set.add_data(start + std::to_string(n) + (type == "CAA" ? "\"" : ""));
  }
  return zone;
}

TEST(MasterFile, ReadsBackWhatWasWritten) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const auto zone = random_zone(random);
    const auto text = write_master_file("shop.test", zone, {"a remark\nand its end"});
    ASSERT_TRUE(text) << text.error().text();
    for (const auto* name : {"shop.test", ""}) {
      const auto file = read(*text, name);
      ASSERT_EQ(file.errors.size(), 0u) << file.errors.front().text() << "\n" << *text;
      ASSERT_EQ(file.zone.DebugString(), zone.DebugString()) << *text;
      ASSERT_EQ(file.left_out, Lines{});
    }
  }
}

TEST(MasterFile, SurvivesDamage) {
  std::mt19937_64 random(1);
  const auto whole = kHead + "www TXT \"a\" ( b\n c )\nx 60 IN MX 10 mail\n";
  for (int i = 0; i < 5000; ++i) {
    auto text = whole;
    for (auto n = random() % 4; n > 0 && !text.empty(); --n) {
      const auto at = random() % text.size();
      if (random() % 2 == 0)
        text[at] = "\n\"();\\\0$@ 1A"[random() % 12];
      else
        text.erase(at, random() % 8);
    }
    (void)read(text);
  }
}

TEST(RecordData, ReadsBackWhatItShows) {
  const WireName root(1, '\0');
  for (const auto& [type, data] : std::vector<std::pair<std::string, std::string>>{
           {"MX", "10 mail.shop.test."},
           {"TXT", "\"a\\\"b\\\\c\" \"\""},
           {"TYPE999", "\\# 0"},
           {"A", "192.0.2.1"},
           {"HTTPS", "1 . alpn=h2,h3 ipv4hint=192.0.2.1"},
           {"NAPTR", "100 10 \"u\" \"sip+E2U\" \"!^.*$!sip:a@b.test!\" ."},
           {"LOC", "52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000.00m 10.00m"},
           {"DS", "1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}) {
    const auto number = parse_type(type).value();
    const auto wire = parse_data(data, number, root);
    ASSERT_TRUE(wire) << type << ": " << wire.error().text();
    const auto again = parse_data(data_text(number, *wire), number, root);
    ASSERT_TRUE(again) << type << ": " << data_text(number, *wire);
    EXPECT_EQ(*again, *wire);
  }
  EXPECT_EQ(data_text(1, "abc"), "\\# 3 616263") << "no address";
}

}  // namespace
}  // namespace meridian::zone

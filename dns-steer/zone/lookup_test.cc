#include "dns-steer/zone/lookup.h"

#include <map>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "common/zone/records.h"
#include "dns-steer/zone/build.h"

namespace meridian::dns {
namespace {

Bytes as_bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

ZoneSource source(const std::string& name,
                  const std::vector<std::array<std::string, 3>>& records = {}) {
  ZoneSource result{name, {}};
  result.zone.add_nameservers("ns1");
  for (const auto& [owner, type, data] : records) {
    auto* set = result.zone.add_records();
    set->set_name(owner);
    set->set_type(type);
    set->add_data(data);
  }
  return result;
}

/// What find() says, as text: "node www.shop.example.", "no_name shop.example.".
std::string found(const ZoneData& data, const std::string& name, CutSide side = CutSide::child) {
  LookupName lookup;
  const auto wire = zone::parse_name(name).value();
  lookup.assign(as_bytes(wire));
  const auto result = find(data, lookup, side);
  const auto text = [&](const Node& node) {
    const auto octets = data.name(node);
    return zone::name_text(std::string(octets.begin(), octets.end()));
  };
  switch (result.kind) {
    case Found::Kind::outside:
      return "outside";
    case Found::Kind::node:
      return "node " + text(*result.node);
    case Found::Kind::delegation:
      return "delegation " + text(*result.node);
    case Found::Kind::redirected:
      return "redirected " + text(*result.node);
    case Found::Kind::no_name:
      return "no_name " + text(data.nodes[data.zones[result.zone].apex]);
  }
  return {};
}

TEST(Lookup, FindsNamesWhateverTheirCase) {
  const auto data = build_zones({source("shop.example", {{"WWW", "A", "192.0.2.1"}})}, {}, {});
  EXPECT_EQ(found(*data, "www.shop.example"), "node www.shop.example.");
  EXPECT_EQ(found(*data, "wWw.SHOP.Example"), "node www.shop.example.");
  EXPECT_EQ(found(*data, "shop.example"), "node shop.example.");
  EXPECT_EQ(found(*data, "nope.shop.example"), "no_name shop.example.");
  EXPECT_EQ(found(*data, "example"), "outside");
  EXPECT_EQ(found(*data, "."), "outside");
  EXPECT_EQ(found(*data, "myshop.example"), "outside");
}

TEST(Lookup, KnowsEmptyNonTerminals) {
  const auto data = build_zones({source("shop.example", {{"a.b.c", "A", "192.0.2.1"}})}, {}, {});
  EXPECT_EQ(found(*data, "b.c.shop.example"), "node b.c.shop.example.");
  EXPECT_EQ(found(*data, "c.shop.example"), "node c.shop.example.");
  EXPECT_EQ(found(*data, "x.c.shop.example"), "no_name shop.example.");
}

// RFC 4592 section 2.2.1, the example zone and its list of queries.
TEST(Lookup, AnswersTheExamplesOfRfc4592) {
  const auto data = build_zones({source("example", {{"*", "TXT", "\"w\""},
                                                    {"sub.*", "TXT", "\"s\""},
                                                    {"host1", "A", "192.0.2.1"},
                                                    {"_ssh._tcp.host1", "SRV", "0 0 22 host1"},
                                                    {"_ssh._tcp.host2", "SRV", "0 0 22 host2"},
                                                    {"subdel", "NS", "ns.other.test."}})},
                                {}, {});
  EXPECT_EQ(found(*data, "host3.example"), "node *.example.");
  EXPECT_EQ(found(*data, "foo.bar.example"), "node *.example.");
  EXPECT_EQ(found(*data, "host1.example"), "node host1.example.");
  EXPECT_EQ(found(*data, "sub.*.example"), "node sub.*.example.");
  EXPECT_EQ(found(*data, "_telnet._tcp.host1.example"), "no_name example.");
  EXPECT_EQ(found(*data, "host.subdel.example"), "delegation subdel.example.");
  EXPECT_EQ(found(*data, "ghost.*.example"), "no_name example.");
  EXPECT_EQ(found(*data, "*.example"), "node *.example.");
}

TEST(Lookup, StopsAtTheOutermostDelegation) {
  const auto data = build_zones({source("shop.example", {{"sub", "NS", "ns.sub"},
                                                         {"ns.sub", "A", "192.0.2.1"},
                                                         {"deep.sub", "NS", "ns.deep.sub"}})},
                                {}, {});
  EXPECT_EQ(found(*data, "sub.shop.example"), "delegation sub.shop.example.");
  EXPECT_EQ(found(*data, "ns.sub.shop.example"), "delegation sub.shop.example.");
  EXPECT_EQ(found(*data, "x.deep.sub.shop.example"), "delegation sub.shop.example.");
  EXPECT_EQ(found(*data, "sub.shop.example", CutSide::parent), "node sub.shop.example.");
  EXPECT_EQ(found(*data, "ns.sub.shop.example", CutSide::parent), "delegation sub.shop.example.");
}

TEST(Lookup, PrefersTheInnerOfTwoZones) {
  const auto data =
      build_zones({source("example", {{"shop", "NS", "ns.shop"}}), source("shop.example")}, {}, {});
  EXPECT_EQ(found(*data, "shop.example"), "node shop.example.");
  EXPECT_EQ(found(*data, "x.shop.example"), "no_name shop.example.");
  EXPECT_EQ(found(*data, "shop.example", CutSide::parent), "node shop.example.");
  EXPECT_EQ(found(*data, "x.example"), "no_name example.");
}

TEST(Lookup, ServesTheRoot) {
  const auto data = build_zones({source(".", {{"example", "NS", "ns.example."}})}, {}, {});
  ASSERT_TRUE(data) << data.error().text();
  EXPECT_EQ(found(*data, "."), "node .");
  EXPECT_EQ(found(*data, "www.example"), "delegation example.");
  EXPECT_EQ(found(*data, "test"), "no_name .");
}

TEST(Lookup, StopsAtTheOutermostDname) {
  const auto data = build_zones({source("shop.example", {{"old", "DNAME", "new"},
                                                         {"old", "A", "192.0.2.1"},
                                                         {"x.old", "A", "192.0.2.1"},
                                                         {"deep.old", "DNAME", "new"},
                                                         {"*.new", "A", "192.0.2.2"}})},
                                {}, {});
  EXPECT_EQ(found(*data, "old.shop.example"), "node old.shop.example.");
  EXPECT_EQ(found(*data, "x.old.shop.example"), "redirected old.shop.example.");
  EXPECT_EQ(found(*data, "y.old.shop.example"), "redirected old.shop.example.");
  EXPECT_EQ(found(*data, "z.deep.old.shop.example"), "redirected old.shop.example.");
  EXPECT_EQ(found(*data, "y.new.shop.example"), "node *.new.shop.example.");
  const auto apex = build_zones({source("shop.example", {{"@", "DNAME", "other."}})}, {}, {});
  EXPECT_EQ(found(*apex, "shop.example"), "node shop.example.");
  EXPECT_EQ(found(*apex, "ns1.shop.example"), "redirected shop.example.");
}

using Model = std::map<std::string, std::set<std::string>>;  // name -> types; all that exist

/// RFC 1034 section 4.3.2 step 3 as RFC 6672 section 3.2 has it: label by label down the tree.
std::string model(const Model& zone, const std::string& name) {
  std::string at = "z";
  for (;;) {
    const auto& types = zone.at(at);
    const bool wildcard = at.starts_with("*.");
    if (at != "z" && types.contains("NS") && !wildcard) return "delegation " + at + ".";
    if (at == name) return "node " + at + ".";
    if (types.contains("DNAME")) return "redirected " + at + ".";
    const auto rest = name.substr(0, name.size() - at.size() - 1);
    const auto dot = rest.rfind('.');
    const auto label = dot == std::string::npos ? rest : rest.substr(dot + 1);
    if (!zone.contains(label + "." + at)) break;
    at = label + "." + at;
  }
  return zone.contains("*." + at) ? "node *." + at + "." : "no_name z.";
}

TEST(Lookup, AgreesWithAWalkDownTheTree) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const auto random_name = [&](const char* alphabet) {
      std::string name = "z";
      for (auto n = random() % 5; n > 0; --n)
        name = std::string(1, alphabet[random() % 4]) + "." + name;
      return name;
    };
    Model zone{{"z", {"NS"}}};
    std::vector<std::array<std::string, 3>> records;
    for (int i = 0; i < 10; ++i) {
      const auto name = random_name("abc*");
      const auto kind = random() % 8;
      const std::string type = kind == 0 ? "NS" : kind == 1 ? "DNAME" : "TXT";
      if (name == "z" && type == "NS") continue;
      const auto& here = zone[name];
      const bool cut_and_dname = (type == "NS" && here.contains("DNAME")) ||
                                 (type == "DNAME" && here.contains("NS") && name != "z");
      for (auto at = name; at != "z"; at = at.substr(at.find('.') + 1)) zone[at];
      if (here.contains(type) || cut_and_dname) continue;
      zone[name].insert(type);
      records.push_back({name + ".", type, type == "TXT" ? "\"x\"" : "elsewhere.test."});
    }
    const auto data = build_zones({source("z", records)}, {}, {});
    ASSERT_TRUE(data) << data.error().text();
    for (int i = 0; i < 300; ++i) {
      const auto name = random_name(i % 2 == 0 ? "abcd" : "abc*");
      ASSERT_EQ(found(*data, name), model(zone, name)) << name;
    }
  }
}

}  // namespace
}  // namespace meridian::dns

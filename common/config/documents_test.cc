#include "common/config/documents.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace meridian::config {
namespace {

using Lines = std::vector<std::string>;

Lines errors(std::string_view text) {
  Lines lines;
  for (const auto& error : parse_documents(text, "site.yaml").errors) lines.push_back(error.text());
  return lines;
}

v1::Resource resource_of(const std::string& text) {
  v1::Resource resource;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &resource));
  return resource;
}

constexpr std::string_view kSite = R"(# The shop.
kind: Site
name: www
spec:
  hostnames: [www.shop.example, "*.shop.example"]
  origin_pool: shop
  cache:
    default_ttl: 1h30m
    max_object_bytes: 1000000
    ignore_query: true
---
---
kind: origin-pool
name: shop
spec:
  origins:
    - host: 10.0.0.1
      port: 8080
    - {host: origin.shop.example}
  probe: {}
)";

TEST(Documents, ReadsResources) {
  const auto read = parse_documents(kSite, "site.yaml");
  EXPECT_EQ(errors(kSite), Lines{});
  ASSERT_EQ(read.documents.size(), 2u);
  EXPECT_EQ(read.documents[0].resource.DebugString(), resource_of(R"(
      name: "www" site {
        hostnames: "www.shop.example" hostnames: "*.shop.example" origin_pool: "shop"
        cache { default_ttl { seconds: 5400 } max_object_bytes: 1000000 ignore_query: true } })")
                                                          .DebugString());
  EXPECT_EQ(read.documents[1].resource.DebugString(), resource_of(R"(
      name: "shop" origin_pool {
        origins { host: "10.0.0.1" port: 8080 } origins { host: "origin.shop.example" }
        probe {} })")
                                                          .DebugString());
}

TEST(Documents, KnowsWhereEachFieldStood) {
  const auto read = parse_documents(kSite, "site.yaml");
  ASSERT_EQ(read.documents.size(), 2u);
  EXPECT_EQ(read.documents[0].where("spec.cache.max_object_bytes"), "site.yaml:9");
  EXPECT_EQ(read.documents[0].where("spec.certificate"), "site.yaml:4") << "the nearest parent";
  EXPECT_EQ(read.documents[0].where("elsewhere"), "site.yaml:2") << "the document";
  EXPECT_EQ(read.documents[1].where("spec.origins[0].port"), "site.yaml:18");
  EXPECT_EQ(read.documents[1].where("spec.origins[1].port"), "site.yaml:19");
  EXPECT_EQ(read.documents[1].where("name"), "site.yaml:14");
}

struct Case {
  const char* name;
  const char* text;
  const char* error;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class DocumentsCase : public testing::TestWithParam<Case> {};

TEST_P(DocumentsCase, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(errors(GetParam().text), Lines{GetParam().error});
}

std::string case_name(const testing::TestParamInfo<Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Field, DocumentsCase,
    testing::Values(
        Case{"Typo", "kind: Site\nname: www\nspec:\n  orgin_pool: shop\n",
             "site.yaml:4: spec.orgin_pool: is no field of Site; did you mean 'origin_pool'?"},
        Case{"Unknown", "kind: Location\nname: par\nspec:\n  weight: 1\n",
             "site.yaml:4: spec.weight: is no field of Location; it has latitude, longitude, "
             "description"},
        Case{"InAList", "kind: OriginPool\nname: a\nspec:\n  origins:\n  - host: b\n    prot: 1\n",
             "site.yaml:6: spec.origins[0].prot: is no field of Origin; did you mean 'port'?"},
        Case{"Twice", "kind: Location\nname: a\nspec:\n  latitude: 1\n  latitude: 2\n",
             "site.yaml:5: spec.latitude: stands twice; first in line 4"},
        Case{"NotAList", "kind: Site\nname: a\nspec: {hostnames: b.example}\n",
             "site.yaml:3: spec.hostnames: expected a list, not 'b.example'; write [b.example]"},
        Case{"NotText", "kind: Site\nname: a\nspec: {hostnames: [[b]]}\n",
             "site.yaml:3: spec.hostnames[0]: expected text, not a list"},
        Case{"NotAMap", "kind: Site\nname: a\nspec: {cache: 5m}\n",
             "site.yaml:3: spec.cache: expected a map of fields, not '5m'"},
        Case{"NotANumber", "kind: Location\nname: a\nspec: {latitude: north}\n",
             "site.yaml:3: spec.latitude: expected a number, not 'north'"},
        Case{"Infinite", "kind: Location\nname: a\nspec: {latitude: inf}\n",
             "site.yaml:3: spec.latitude: expected a number, not 'inf'"},
        Case{"OutOfRange", "kind: Node\nname: a\nspec: {https_port: -1}\n",
             "site.yaml:3: spec.https_port: expected a whole number from 0 to 4294967295, not "
             "'-1'"},
        Case{"TooLarge", "kind: Node\nname: a\nspec: {https_port: 4294967296}\n",
             "site.yaml:3: spec.https_port: expected a whole number from 0 to 4294967295, not "
             "'4294967296'"},
        Case{"NotWhole", "kind: SteeringPolicy\nname: a\nspec: {answers: 1.5}\n",
             "site.yaml:3: spec.answers: expected a whole number from 0 to 4294967295, not "
             "'1.5'"},
        Case{"NotABool", "kind: Node\nname: a\nspec: {drained: yes}\n",
             "site.yaml:3: spec.drained: expected true or false, not 'yes'"},
        Case{"Enum", "kind: Node\nname: a\nspec: {role: edgy}\n",
             "site.yaml:3: spec.role: 'edgy' is none of dns, edge, controller, admin; did you mean "
             "'edge'?"},
        Case{"EnumUnspecified", "kind: SteeringPolicy\nname: a\nspec: {panic_mode: unspecified}\n",
             "site.yaml:3: spec.panic_mode: 'unspecified' is none of all, none, last_good, fixed"},
        Case{"Duration", "kind: SteeringPolicy\nname: a\nspec: {ttl: 20}\n",
             "site.yaml:3: spec.ttl: '20' is not a duration such as 500ms, 20s, 5m or 1h30m"},
        Case{"NoValue", "kind: Site\nname: a\nspec:\n  origin_pool:\n",
             "site.yaml:4: spec.origin_pool: has no value; give one, or leave the field out"},
        Case{"TwoActions", "kind: Rule\nname: a\nspec:\n  deny: {}\n  redirect: {location: /}\n",
             "site.yaml:5: spec.redirect: only one action can be given, and deny is there "
             "already"},
        Case{"Tag", "kind: Site\nname: a\nspec: {origin_pool: !env POOL}\n",
             "site.yaml:3: spec.origin_pool: the tag !env has no meaning here"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Document, DocumentsCase,
    testing::Values(
        Case{"NoKind", "name: a\nspec: {}\n", "site.yaml:1: kind: is missing"},
        Case{"KindTypo", "kind: Stie\nname: a\nspec: {}\n",
             "site.yaml:1: kind: 'Stie' is no kind; did you mean 'Site'?"},
        Case{"KindUnknown", "kind: Deployment\nname: a\nspec: {}\n",
             "site.yaml:1: kind: 'Deployment' is no kind; the kinds are Location, Node, Zone, "
             "Site, OriginPool, SteeringPolicy, Rule, Certificate, "
             "PrefixMap, DnsSettings, TsigKey, ZoneContent, EdgeSettings"},
        Case{"NoName", "\n\nkind: SteeringPolicy\nspec: {}\n", "site.yaml:3: name: is missing"},
        Case{"NoSpec", "kind: SteeringPolicy\nname: a\n",
             "site.yaml:1: spec: is missing; write {} for all defaults"},
        Case{"EmptySpec", "kind: SteeringPolicy\nname: a\nspec:\n",
             "site.yaml:3: spec: expected a map of fields; write {} for all defaults"},
        Case{"UnknownPart", "kind: SteeringPolicy\nname: a\nspecs: {}\n",
             "site.yaml:3: specs: is no field of a document; did you mean 'spec'?"},
        Case{"NoSeparator", "kind: SteeringPolicy\nname: a\nspec: {}\nkind: Site\n",
             "site.yaml:4: kind: stands twice; begin each document with a line `---`"},
        Case{"NotAMap", "- kind: Site\n",
             "site.yaml:1: a document is a map with kind, name and spec"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Syntax, DocumentsCase,
    testing::Values(Case{"Unclosed", "kind: Site\nname: [a\n",
                         "site.yaml:3: is not YAML: end of sequence flow not found"},
                    Case{"Indentation", "kind: Site\n name: a\n",
                         "site.yaml:2: is not YAML: illegal map value"},
                    Case{"Alias", "kind: *site\n",
                         "site.yaml:1: is not YAML: the referenced anchor is not defined"},
                    Case{"Anchor", "kind: &site Site\n",
                         "site.yaml:1: anchors (&name) are not allowed"},
                    Case{"Latin1", "kind: Site\nname: caf\xe9\n",
                         "site.yaml:2: is not UTF-8; is this a text file?"},
                    Case{"Control", "kind: Site\nname: a\x04\n",
                         "site.yaml:2: has a control character in it; is this a text file?"}),
    case_name);

TEST(Documents, GoesOnAfterABadDocument) {
  const auto read = parse_documents(
      "kind: Stie\n---\nkind: SteeringPolicy\nname: a\nspec: {}\n---\nkind: Site\nname: b\n", "x");
  EXPECT_EQ(read.documents.size(), 1u);
  EXPECT_EQ(read.errors.size(), 3u) << "the first document has no name either";
}

TEST(Documents, RefusesALaughThatGrows) {
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'z'; ++c)
    text += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ", *" +
            static_cast<char>(c - 1) + "]\n";
  EXPECT_EQ(errors(text), Lines{"site.yaml:1: anchors (&name) are not allowed"});
}

TEST(Documents, RefusesWhatIsTooDeepOrTooLarge) {
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "{a: ";
  deep += std::string(10'000, '}');
  EXPECT_EQ(errors(deep), Lines{"site.yaml:1: is nested too deeply"});
  EXPECT_EQ(errors(std::string(100'000, '[')).size(), 1u);
  EXPECT_EQ(errors(std::string((16 << 20) + 1, ' ')), Lines{"site.yaml:1: is larger than 16 MiB"});
  std::string many;
  for (int i = 0; i < 200; ++i) many += "kind: x\nname: y\n---\n";
  EXPECT_EQ(errors(many).size(), 100u);
}

TEST(Documents, ReadsFilesBesideTheDocument) {
  const auto directory = testing::TempDir() + "meridian-documents";
  std::filesystem::create_directories(directory + "/tls");
  std::ofstream(directory + "/tls/chain.pem") << "CHAIN\n";
  std::ofstream(directory + "/tls/binary") << "\xff\xfe";
  const auto read =
      parse_documents("kind: Certificate\nname: a\nspec:\n  chain_pem: !file tls/chain.pem\n",
                      directory + "/site.yaml");
  ASSERT_EQ(read.documents.size(), 1u);
  EXPECT_EQ(read.documents[0].resource.certificate().chain_pem(), "CHAIN\n");

  const auto binary =
      parse_documents("kind: Certificate\nname: a\nspec:\n  chain_pem: !file tls/binary\n",
                      directory + "/site.yaml");
  ASSERT_EQ(binary.errors.size(), 1u);
  EXPECT_EQ(binary.errors[0].text(),
            directory + "/site.yaml:4: spec.chain_pem: the file 'tls/binary' is not text");

  const auto missing =
      parse_documents("kind: Certificate\nname: a\nspec:\n  chain_pem: !file tls/nothing.pem\n",
                      directory + "/site.yaml");
  ASSERT_EQ(missing.errors.size(), 1u);
  EXPECT_NE(missing.errors[0].text().find("tls/nothing.pem: "), std::string::npos)
      << missing.errors[0].text();
  std::filesystem::remove_all(directory);
}

TEST(Kinds, AreReadInManyForms) {
  for (const auto* text :
       {"OriginPool", "originpool", "origin-pool", "origin_pools", "OriginPools"})
    EXPECT_EQ(parse_kind(text), v1::KIND_ORIGIN_POOL) << text;
  EXPECT_EQ(parse_kind("policies"), v1::KIND_UNSPECIFIED);
  EXPECT_EQ(parse_kind("steering-policies"), v1::KIND_STEERING_POLICY);
  EXPECT_EQ(parse_kind(""), v1::KIND_UNSPECIFIED);
  EXPECT_EQ(kind_text(v1::KIND_ORIGIN_POOL), "OriginPool");
  EXPECT_EQ(kind_text(v1::KIND_UNSPECIFIED), "resource");
}

}  // namespace
}  // namespace meridian::config

#include "controller/gslbctl/zone_import.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace meridian::gslbctl {
namespace {

v1::Resource resource_of(const std::string& text) {
  v1::Resource resource;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &resource)) << text;
  return resource;
}

const std::string kFile =
    "$ORIGIN shop.example.\n"
    "$TTL 300\n"
    "@ SOA ns1 hostmaster 7 3600 600 1209600 60\n"
    "@ NS ns1\n"
    "ns1 A 192.0.2.53\n"
    "www A 192.0.2.1\n"
    "www TXT \"a\"\n";

zone::MasterFile file(const std::string& text = kFile) {
  auto read = zone::read_master_file(text, "db.shop", "");
  EXPECT_TRUE(read.errors.empty()) << read.errors.front().text();
  return read;
}

std::vector<v1::Resource> sites() {
  return {resource_of(R"(name: "shop" site { hostnames: "www.shop.example" })")};
}

TEST(ZoneImport, MakesAZoneAndKeepsItsLines) {
  const auto made = zone_import(file(), "db.shop", nullptr, {});
  EXPECT_EQ(made.document.resource.name(), "shop.example");
  EXPECT_EQ(made.document.resource.zone().records_size(), 3);
  EXPECT_EQ(made.document.where("spec.records[2].data[0]"), "db.shop:7");
}

TEST(ZoneImport, LeavesSteeredNamesToTheirSite) {
  const auto made = zone_import(file(), "db.shop", nullptr, sites());
  EXPECT_EQ(made.document.resource.zone().records_size(), 2) << "the TXT stays";
  EXPECT_EQ(made.left_out,
            std::vector<std::string>{"db.shop:6: www A: Site shop steers this name"});
  EXPECT_EQ(made.document.where("spec.records[1]"), "db.shop:7");
}

TEST(ZoneImport, KeepsWhatAFileCannotSayAndHowItWasSaid) {
  const auto held = resource_of(R"(name: "shop.example" zone {
      nameservers: "ns1.shop.example." contact: "hostmaster@shop.example"
      default_ttl { seconds: 300 } serial: 9
      records { name: "www" type: "txt" data: "a" }
      records { name: "www" type: "A" ttl { seconds: 300 } data: "192.0.2.1" }
      records { name: "ns1.shop.example." type: "A" data: "192.0.2.53" }
      allow_transfer { client_prefixes: "192.0.2.0/24" } })");
  auto made = zone_import(file(), "db.shop", &held, {}).document.resource;
  EXPECT_EQ(made.zone().serial(), 7u) << "whether it counts is for the controller to say";
  made.mutable_zone()->set_serial(9);
  EXPECT_EQ(made.DebugString(), held.DebugString());
  const auto other = zone_import(file(kFile + "new A 192.0.2.9\n"), "db.shop", &held, {});
  EXPECT_EQ(other.document.resource.zone().records_size(), 4);
  EXPECT_EQ(other.document.resource.zone().allow_transfer_size(), 1);
}

TEST(ZoneImport, TellsWhatIsSteered) {
  EXPECT_EQ(steered_remarks("shop.example", sites()),
            std::vector<std::string>{"www.shop.example. A and AAAA: steered by Site shop"});
  EXPECT_TRUE(steered_remarks("other.example", sites()).empty());
}

}  // namespace
}  // namespace meridian::gslbctl

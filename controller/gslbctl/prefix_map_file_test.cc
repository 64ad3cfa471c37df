#include "controller/gslbctl/prefix_map_file.h"

#include <gtest/gtest.h>

namespace meridian::gslbctl {
namespace {

/// "10.0.0.0/8 par lon; ..." or the errors, a line each.
std::string text_of(const config::Documents& read) {
  std::string text;
  for (const auto& error : read.errors) text += error.text() + "\n";
  for (const auto& document : read.documents) {
    for (const auto& entry : document.resource.prefix_map().entries()) {
      text += entry.prefix();
      for (const auto& location : entry.locations()) text += " " + location;
      text += "; ";
    }
  }
  return text;
}

std::string csv(const std::string& text) {
  return text_of(read_prefix_map_csv("measured", text, "map.csv"));
}
std::string json(const std::string& text) {
  return text_of(read_prefix_map_json("measured", text, "map.json"));
}

TEST(PrefixMapFile, ReadsLines) {
  EXPECT_EQ(csv("prefix,locations\n"
                "# by hand\n"
                "10.0.0.0/8, par , lon\r\n"
                "\n"
                "2001:db8::/32,\"fra\" # a provider\n"
                "192.0.2.1,par"),
            "10.0.0.0/8 par lon; 2001:db8::/32 fra; 192.0.2.1 par; ");
}

TEST(PrefixMapFile, SaysWhichLineIsWrong) {
  EXPECT_EQ(csv("10.0.0.0/8,par\n10.0.0.1/8,par\nx,par\n11.0.0.0/8\n12.0.0.0/8,,par\n"),
            "map.csv:2: '10.0.0.1/8' has bits set past its length; did you mean 10.0.0.0/8?\n"
            "map.csv:3: 'x' is not a CIDR prefix such as 192.0.2.0/24\n"
            "map.csv:4: after the prefix, 1 to 16 locations are wanted\n"
            "map.csv:5: an empty location\n");
  EXPECT_EQ(csv("10.0.0.0/8,par\n10.0.0.0/8,lon\n"),
            "map.csv:2: '10.0.0.0/8' stands in line 1 already\n");
  EXPECT_EQ(csv("# nothing\n"), "map.csv: has no entries\n");
}

TEST(PrefixMapFile, ReadsJson) {
  EXPECT_EQ(json(R"([{"prefix": "10.0.0.0/8", "locations": ["par", "lon"]},
 {"prefix": "2001:db8::/32", "locations": ["fra"]}])"),
            "10.0.0.0/8 par lon; 2001:db8::/32 fra; ");
}

TEST(PrefixMapFile, SaysWhichLineOfJsonIsWrong) {
  EXPECT_EQ(json("[\n{\"prefix\": \"10.0.0.0/8\", \"locations\": [\"par\"]},\n"
                 "{\"prefix\": \"10.0.0.0/8\", \"locations\": [\"par\"]}]"),
            "map.json:3: '10.0.0.0/8' stands in line 2 already\n");
  EXPECT_NE(json("[\n{\"prefix\": \"10.0.0.0/8\", \"location\": [\"par\"]}]").find("map.json:2: "),
            std::string::npos);
  EXPECT_NE(json("[").find("map.json:"), std::string::npos);
  EXPECT_NE(json("[]").find("is not an array"), std::string::npos);
}

}  // namespace
}  // namespace meridian::gslbctl

#include <gtest/gtest.h>

#include "edge-node/request/snapshot.h"

namespace meridian::edge {
namespace {

TEST(FindSite, ExactNamesThenTheLongestWildcard) {
  Snapshot snapshot;
  const auto add = [&](const char* name) {
    auto site = std::make_unique<Site>();
    site->name = name;
    snapshot.sites.push_back(std::move(site));
    return snapshot.sites.back().get();
  };
  snapshot.exact["www.shop.example"] = add("exact");
  snapshot.wildcard["shop.example"] = add("wide");
  snapshot.wildcard["cdn.shop.example"] = add("narrow");
  EXPECT_EQ(snapshot.find_site("www.shop.example")->name, "exact");
  EXPECT_EQ(snapshot.find_site("a.shop.example")->name, "wide");
  EXPECT_EQ(snapshot.find_site("a.b.cdn.shop.example")->name, "narrow");
  EXPECT_EQ(snapshot.find_site("shop.example"), nullptr);
  EXPECT_EQ(snapshot.find_site("example"), nullptr);
}

}  // namespace
}  // namespace meridian::edge

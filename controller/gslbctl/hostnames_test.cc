#include "controller/gslbctl/hostnames.h"

#include <gtest/gtest.h>

namespace meridian::gslbctl {
namespace {

TEST(Hostnames, AreReadOffUrls) {
  EXPECT_EQ(host_of("https://WWW.shop.example/a"), "www.shop.example");
  EXPECT_EQ(host_of("http://www.shop.example:8080?a:b"), "www.shop.example");
  EXPECT_EQ(host_of("https://[2001:db8::1]:8443/"), "[2001:db8::1]");
  EXPECT_EQ(host_of("https://[2001:db8::1]"), "[2001:db8::1]");
  for (const auto* url : {"", "www.shop.example/a", "ftp://a/", "https://", "https:///a"})
    EXPECT_EQ(host_of(url), "") << url;
}

TEST(Hostnames, BelongToASiteByNameOrByWildcard) {
  std::vector<v1::Resource> sites(2);
  sites[0].mutable_site()->add_hostnames("www.shop.example");
  sites[1].mutable_site()->add_hostnames("*.blog.example");
  EXPECT_TRUE(is_of_a_site("www.shop.example", sites));
  EXPECT_TRUE(is_of_a_site("a.b.blog.example", sites));
  for (const auto* host : {"shop.example", "a.www.shop.example", "blog.example", ".blog.example"})
    EXPECT_FALSE(is_of_a_site(host, sites)) << host;
}

}  // namespace
}  // namespace meridian::gslbctl

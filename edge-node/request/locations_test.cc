#include "edge-node/request/locations.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

std::string rewritten(const std::string& location, const AskedFor& asked_for) {
  http::Fields fields;
  fields.add("Location", location);
  rewrite_locations(fields, asked_for, [](std::string_view host) {
    return host == "origin.example" || host == "2001:db8::1";
  });
  return std::string(*fields.find("location"));
}

TEST(Locations, OfOriginsBecomeThoseOfTheHostThatWasAskedFor) {
  const AskedFor by_tls{.host = "www.shop.example", .tls = true, .https_port = 443};
  EXPECT_EQ(rewritten("http://origin.example/a?b#c", by_tls), "https://www.shop.example/a?b#c");
  EXPECT_EQ(rewritten("http://origin.example:8080", by_tls), "https://www.shop.example/");
  EXPECT_EQ(rewritten("HTTPS://user@ORIGIN.example.?q", by_tls), "https://www.shop.example/?q");
  EXPECT_EQ(rewritten("//origin.example/x", by_tls), "https://www.shop.example/x");
  EXPECT_EQ(rewritten("http://[2001:DB8::1]:81/x", by_tls), "https://www.shop.example/x");
  const AskedFor other_port{.host = "www.shop.example", .tls = true, .https_port = 8443};
  EXPECT_EQ(rewritten("http://origin.example/a", other_port), "https://www.shop.example:8443/a");
}

TEST(Locations, ByPlainHttpKeepTheVisitorsSchemeButLeadToHttpsWhenTold) {
  const AskedFor plain{.host = "www.shop.example", .tls = false, .https_port = 443};
  EXPECT_EQ(rewritten("http://origin.example:8080/a", plain), "/a");
  EXPECT_EQ(rewritten("http://origin.example//evil.example/", plain), "/.//evil.example/");
  for (const std::string rest : {"/\\evil.example/", "/\t/evil.example/", "/ /evil.example/"})
    EXPECT_EQ(rewritten("http://origin.example" + rest, plain), "/." + rest);
  EXPECT_EQ(rewritten("https://origin.example/a", plain), "https://www.shop.example/a");
}

TEST(Locations, OfOthersStayAsTheyAre) {
  const AskedFor by_tls{.host = "www.shop.example", .tls = true, .https_port = 443};
  for (const std::string location :
       {"/relative", "relative", "https://elsewhere.example/",
        "http://origin.example.evil.example/", "https://x@elsewhere.example/origin.example",
        "mailto:a@origin.example", "http:/origin.example", "//", "http://[", ""})
    EXPECT_EQ(rewritten(location, by_tls), location);
}

TEST(Locations, OfAnotherEdgeLeadToThisOne) {
  const auto moved = [](const std::string& location, std::uint16_t port) {
    http::Fields fields;
    fields.add("Content-Location", location);
    move_locations(fields, {.host = "www.shop.example", .tls = true, .https_port = 443}, port);
    return std::string(*fields.find("content-location"));
  };
  EXPECT_EQ(moved("https://www.shop.example:8443/a?b", 8443), "https://www.shop.example/a?b");
  for (const std::string location :
       {"https://www.shop.example:9443/a", "https://www.shop.example/a", "/a",
        "http://www.shop.example:8443/a", "https://shop.example:8443/a", "https://[::8443]/a"})
    EXPECT_EQ(moved(location, 8443), location);
}

TEST(Locations, NameAnOriginByItsHostOrByWhatItBelievesToBeCalled) {
  OriginPool pool;
  auto origin = std::make_shared<Origin>();
  origin->host = "10.0.0.1";
  pool.origins.push_back(origin);
  EXPECT_TRUE(names_origin(pool, "10.0.0.1"));
  EXPECT_FALSE(names_origin(pool, ""));
  EXPECT_FALSE(names_origin(pool, "app.internal"));
  pool.host_header = "App.internal:8080";
  EXPECT_TRUE(names_origin(pool, "app.internal"));
}

}  // namespace
}  // namespace meridian::edge

#include "edge-node/request/forwarding.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

constexpr http::Received kVisitor{
    .client = "192.0.2.7", .host = "www.shop.example", .scheme = "https"};

/// "Name: value" lines after a visitor's fields went through.
std::string forwarded(http::Fields fields, const Forwarding& forwarding,
                      const http::Received& received = kVisitor) {
  tell_of_visitor(fields, forwarding, received);
  std::string text;
  for (std::size_t i = 0; i < fields.size(); ++i)
    text += std::string(fields[i].name) + ": " + std::string(fields[i].value) + "\n";
  return text;
}

http::Fields claims() {
  http::Fields fields;
  fields.add("X-Forwarded-For", "198.51.100.1");
  fields.add("x-forwarded-for", "198.51.100.2");
  fields.add("X-Forwarded-Proto", "http");
  fields.add("X-Forwarded-Host", "evil.example");
  fields.add("Forwarded", "for=198.51.100.1");
  fields.add("Via", "1.0 fred");
  return fields;
}

TEST(Forwarding, TellsOfTheVisitor) {
  EXPECT_EQ(forwarded({}, {}),
            "X-Forwarded-For: 192.0.2.7\nX-Forwarded-Proto: https\n"
            "X-Forwarded-Host: www.shop.example\nVia: 1.1 meridian\n");
  EXPECT_EQ(forwarded({}, {.x_forwarded = false, .forwarded = true, .via = false}),
            "Forwarded: for=192.0.2.7;host=www.shop.example;proto=https\n");
}

TEST(Forwarding, BelievesNoVisitor) {
  EXPECT_EQ(forwarded(claims(), {}), forwarded({}, {}));
  EXPECT_EQ(forwarded(claims(), {.x_forwarded = false, .forwarded = false, .via = false}), "")
      << "nothing goes through where the edge says nothing itself";
}

TEST(Forwarding, GoesOnFromAnotherProxyWhereToldSo) {
  EXPECT_EQ(forwarded(claims(), {.forwarded = true, .keep_received = true}),
            "X-Forwarded-Proto: http\nX-Forwarded-Host: evil.example\n"
            "X-Forwarded-For: 198.51.100.1, 198.51.100.2, 192.0.2.7\n"
            "Forwarded: for=198.51.100.1, for=192.0.2.7;host=www.shop.example;proto=https\n"
            "Via: 1.0 fred, 1.1 meridian\n");
  EXPECT_EQ(
      forwarded(claims(), {.x_forwarded = false, .via = false, .keep_received = true}),
      "X-Forwarded-For: 198.51.100.1\nx-forwarded-for: 198.51.100.2\nX-Forwarded-Proto: http\n"
      "X-Forwarded-Host: evil.example\nForwarded: for=198.51.100.1\nVia: 1.0 fred\n");
}

TEST(Forwarding, NamesTheVersionThatTheRequestCameIn) {
  const Forwarding only_via{.x_forwarded = false};
  auto received = kVisitor;
  received.version = http::Version::http10;
  EXPECT_EQ(forwarded({}, only_via, received), "Via: 1.0 meridian\n");
  received.version = http::Version::http2;
  EXPECT_EQ(forwarded({}, only_via, received), "Via: 2 meridian\n");
}

TEST(Forwarding, QuotesWhatIsNoToken) {
  EXPECT_EQ(http::forwarded_element(
                {.client = "2001:db8::17", .host = "www.shop.example:8443", .scheme = "https"}),
            R"(for="[2001:db8::17]";host="www.shop.example:8443";proto=https)");
  EXPECT_EQ(http::forwarded_element({.client = "192.0.2.7", .host = R"(a"b\)", .scheme = "http"}),
            R"(for=192.0.2.7;host="a\"b\\";proto=http)");
  EXPECT_EQ(http::forwarded_element({.client = "192.0.2.7", .host = "", .scheme = "http"}),
            "for=192.0.2.7;proto=http");
}

bool misleads(std::string_view name, std::string_view method = "GET") {
  return is_misleading(name, {}, method);
}

TEST(Misleading, IsWhatOnlyAnEdgeKnows) {
  for (const char* name : {"X-Forwarded-Port", "x-forwarded-prefix", "X-Forwarded-Scheme",
                           "X-Forwarded-Ssl",  "X-Forwarded-Server", "X-Forwarded-Anything",
                           "X-Forwarded",      "X_Forwarded_Port",   "X-Forwarded_Port",
                           "X-Host",           "X-Real-IP",          "x_real_ip",
                           "X-Client-IP",      "True-Client-IP",     "Client-IP",
                           "CF-Connecting-IP", "X-Original-Host",    "X-Original-For",
                           "X-Original-Proto", "X-Original-URL",     "x-original-uri",
                           "X-Rewrite-URL",    "X_Original_URL",     "Front-End-Https"})
    for (const char* method : {"GET", "HEAD", "POST"})
      EXPECT_TRUE(misleads(name, method)) << method << ' ' << name;
  for (const char* name : {"",
                           "x",
                           "X-",
                           "X-A",
                           "Host",
                           "Cookie",
                           "Content-Type",
                           "Cache-Control",
                           "From",
                           "Te",
                           "Client",
                           "Forwarded",
                           "X-Requested-With",
                           "X-Api-Key",
                           "X-Forward",
                           "XX-Forwarded-Port",
                           "X-Original",
                           "X-Host-Name",
                           "Traceparent",
                           "CDN-Loop"})
    EXPECT_FALSE(misleads(name)) << name;
}

// Programs ask for other methods so by POST, which is not answered from the cache.
TEST(Misleading, IsAnotherMethodWhereTheCacheAnswers) {
  for (const char* name :
       {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "x_http_method_override"}) {
    EXPECT_TRUE(misleads(name, "GET")) << name;
    EXPECT_TRUE(misleads(name, "HEAD")) << name;
    EXPECT_FALSE(misleads(name, "POST")) << name;
  }
}

TEST(Misleading, IsNotWhatAnotherProxySays) {
  const Forwarding forwarding{.keep_received = true};
  for (const char* name : {"X-Forwarded-Port", "X-Real-IP", "CF-Connecting-IP"})
    EXPECT_FALSE(is_misleading(name, forwarding, "GET")) << name;
  for (const char* name :
       {"X_Forwarded_Port", "X_Real-IP", "X-Original-URL", "X-HTTP-Method-Override"})
    EXPECT_TRUE(is_misleading(name, forwarding, "GET")) << name;
}

http::Fields ways(std::vector<std::string> values) {
  http::Fields fields;
  for (const auto& value : values) fields.add("CDN-Loop", value);
  return fields;
}

// RFC 8586.
TEST(Loop, IsToHaveComeThisWayTwice) {
  EXPECT_FALSE(is_in_loop({}));
  EXPECT_FALSE(is_in_loop(ways({"meridian"})));
  EXPECT_FALSE(is_in_loop(ways({"fastly, meridian; v=1, meridians", "foo"})));
  EXPECT_TRUE(is_in_loop(ways({"meridian, foo, Meridian"})));
  EXPECT_TRUE(is_in_loop(ways({"meridian; a=\"x, y\"", "meridian"})));
}

TEST(Loop, IsNoticedThroughWhatIsPassedOn) {
  http::Fields fields = ways({"foo; v=1"});
  mark_way(fields);
  EXPECT_EQ(fields.combined("cdn-loop"), "foo; v=1, meridian");
  EXPECT_FALSE(is_in_loop(fields));
  mark_way(fields);
  EXPECT_TRUE(is_in_loop(fields));
}

}  // namespace
}  // namespace meridian::edge

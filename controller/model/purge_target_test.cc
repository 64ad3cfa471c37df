#include "controller/model/purge_target.h"

#include <gtest/gtest.h>

#include "controller/model/test_configuration.h"

namespace meridian::control {
namespace {

Configuration with_wildcard() {
  auto configuration = good_configuration();
  configuration.upsert(resource_of(R"(name: "blogs" site { hostnames: "*.blogs.example" })"));
  return configuration;
}

/// The purge as edges get it, or what is wrong.
std::string checked(const std::string& text) {
  v1::Purge purge;
  if (!google::protobuf::TextFormat::ParseFromString(text, &purge)) std::abort();
  const auto result = checked_purge(purge, with_wildcard());
  return result ? result->ShortDebugString() : result.error().text();
}

TEST(PurgeTarget, MayBeAnyPartOfWhatIsStored) {
  for (const auto* text :
       {R"(url: "https://www.shop.example/a.css")", R"(site: "www")", R"(everything: true)",
        R"(everything: true soft: true)", R"(prefix: "https://www.shop.example/img/")",
        R"(prefix: "http://shop.example:8080/img?page=")",
        R"(prefix: "https://a.b.blogs.example/")",
        R"(tag { site: "www" tag: "product-42" } soft: true)"})
    EXPECT_EQ(checked(text), text);
}

TEST(PurgeTarget, TakesItsSequenceFromTheLogOnly) {
  EXPECT_EQ(checked(R"(sequence: 9 site: "www")"), R"(site: "www")");
}

TEST(PurgeTarget, HoldsTheWholeHostOfAPrefix) {
  EXPECT_EQ(checked(R"(prefix: "https://WWW.Shop.example")"),
            R"(prefix: "https://www.shop.example/")");
  EXPECT_EQ(checked(R"(prefix: "https://www.shop.example?A=")"),
            R"(prefix: "https://www.shop.example/?A=")");
  EXPECT_EQ(checked(R"(prefix: "https://www.shop.example/Img")"),
            R"(prefix: "https://www.shop.example/Img")");
}

TEST(PurgeTarget, IsRefusedWhereItNamesNothingThatIsServed) {
  EXPECT_EQ(checked(""), "purge: names neither a url, a prefix, a site, a tag, nor everything");
  EXPECT_EQ(checked("everything: false"), "purge.everything: must be true");
  EXPECT_EQ(checked(R"(site: "x")"), "purge.site: there is no site 'x'");
  EXPECT_EQ(checked(R"(url: "/a")"), "purge.url: must begin with https:// or http://");
  EXPECT_EQ(checked(R"(prefix: "/img/")"), "purge.prefix: must begin with https:// or http://");
  EXPECT_EQ(checked(R"(prefix: "https://www.shop/")"),
            "purge.prefix: 'www.shop' is a hostname of no site");
  EXPECT_EQ(checked(R"(prefix: "https://")"), "purge.prefix: has no host");
  EXPECT_EQ(checked(R"(prefix: "https://blogs.example/")"),
            "purge.prefix: 'blogs.example' is a hostname of no site");
  EXPECT_EQ(checked(R"(prefix: "https://u@www.shop.example/")"),
            "purge.prefix: has a user in it ('@' before the path): no request has");
  EXPECT_EQ(checked(R"(prefix: "https://www.shop.example/a b")"),
            "purge.prefix: has a blank, a control character or a fragment in it");
}

TEST(PurgeTarget, IsRefusedWhereNoRequestCanAskForIt) {
  const std::string blank = "has a blank, a control character or a fragment in it";
  const std::string user = "has a user in it ('@' before the path): no request has";
  const std::string coded =
      "has characters outside ASCII behind its host; write them percent-encoded (%C3%A9), as "
      "requests have them";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"https://www.shop.example/a b", blank},
      {"https://www.shop.example/a\\n", blank},
      {"https://www.shop.example/a#top", blank},
      {"https://www.shop.example /", blank},
      {"https://u:p@www.shop.example/", user},
      {"https:///a", "has no host"},
      {"https://", "has no host"},
      {"https://?a", "has no host"},
      {"https://:8443/a", "has no host"},
      {"https://www,shop.example/", "'www,shop.example' is no host"},
      {"https://[2001:db8::1/", "'[2001' is no host"},
      {"https://[::g]/", "'[::g]' is no host"},
      {"https://[]/", "'[]' is no host"},
      {"https://" + std::string(256, 'a') + "/", "'" + std::string(100, 'a') + "...' is no host"},
      {"https://b\\303\\274cher.example/",
       "'b\303\274cher.example' has letters outside ASCII; write its A-labels (xn--...)"},
      {"https://www.shop.example:70000/", "'70000' is not a port: 1 to 65535"},
      {"https://www.shop.example:x/", "'x' is not a port: 1 to 65535"},
      {"https://www.shop.example:443:1/", "'443:1' is not a port: 1 to 65535"},
      {"https://www.shop.example/caf\\303\\251", coded},
      {"https://www.shop.example/?q=caf\\303\\251", coded}};
  for (const auto& [url, why] : cases)
    for (const std::string field : {"url", "prefix"})
      EXPECT_EQ(checked(field + ": \"" + url + "\""), "purge." + field + ": " + why);
  EXPECT_EQ(checked("url: \"https://a/" + std::string(8'192, 'a') + "\""),
            "purge.url: is too long");
}

TEST(PurgeTarget, MayBeAnyUrlThatARequestCanAskFor) {
  for (const std::string url :
       {"https://gone.example/a", "http://WWW.shop.example:8080/a?b=@c:d/", "https://a_b.example",
        "https://www.shop.example./a", "https://www.shop.example:/a", "https://[2001:db8::1]:8443/",
        "https://192.0.2.1/", "https://www.shop.example/caf%C3%A9|{}^[]<>",
        "https://www.shop.example?q"})
    EXPECT_EQ(checked("url: \"" + url + "\""), "url: \"" + url + "\"");
}

TEST(PurgeTarget, IsATagOfASiteThatExists) {
  EXPECT_EQ(checked(R"(tag { tag: "a" })"), "purge.tag.site: there is no site ''");
  EXPECT_EQ(checked(R"(tag { site: "ww" tag: "a" })"), "purge.tag.site: there is no site 'ww'");
  for (const auto& tag :
       {std::string(), std::string("a b"), std::string("\\303\\244"), std::string(129, 'a')})
    EXPECT_EQ(checked("tag { site: 'www' tag: '" + tag + "' }"),
              "purge.tag.tag: must have 1 to 128 visible characters");
}

}  // namespace
}  // namespace meridian::control

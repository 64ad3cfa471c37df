#include "controller/model/names.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

TEST(Hostname, TakesWhatDnsTakes) {
  for (const auto* text : {"shop.example", "localhost", "a-b.example", "_x.example", "xn--e1afmkfd",
                           "1.shop.example", "3com.example"})
    EXPECT_FALSE(hostname_problem(text, Wildcard::refused)) << text;
  EXPECT_FALSE(hostname_problem("*.shop.example", Wildcard::allowed));
}

TEST(Hostname, RefusesWhatCannotBeOne) {
  const std::string long_label(64, 'a');
  const std::string long_name(254, 'a');
  for (const std::string text :
       {"", ".", "a..b", ".a", "-a.example", "a-.example", "a b", "a/b", "caf\xc3\xa9.example",
        "*.shop.example", "10.0.0.1", "::1", "a.", "A", long_label.c_str(), long_name.c_str()})
    EXPECT_TRUE(hostname_problem(text, Wildcard::refused)) << text;
  for (const auto* text : {"*", "**.a", "*a.example", "a.*", "*.", "*.*.a"})
    EXPECT_TRUE(hostname_problem(text, Wildcard::allowed)) << text;
}

TEST(Covers, LetsAWildcardStandForOneLabel) {
  EXPECT_TRUE(covers("shop.example", "shop.example"));
  EXPECT_TRUE(covers("Shop.Example", "shop.example"));
  EXPECT_TRUE(covers("*.shop.example", "www.shop.example"));
  EXPECT_TRUE(covers("*.shop.example", "*.shop.example"));
  EXPECT_FALSE(covers("*.shop.example", "shop.example"));
  EXPECT_FALSE(covers("*.shop.example", "a.b.shop.example"));
  EXPECT_FALSE(covers("*.example", "*.shop.example"));
  EXPECT_FALSE(covers("*.shop.example", ".shop.example"));
  EXPECT_FALSE(covers("www.shop.example", "*.shop.example"));
}

TEST(InQuotes, StaysShortAndOnOneLine) {
  EXPECT_EQ(in_quotes("a\nb"), "'a?b'");
  EXPECT_EQ(in_quotes(std::string(200, 'x')), "'" + std::string(100, 'x') + "...'");
  const auto cut = in_quotes(std::string(99, 'x') + "\xc3\xa9" + std::string(9, 'y'));
  EXPECT_EQ(cut, "'" + std::string(99, 'x') + "...'") << "no half of a character";
}

}  // namespace
}  // namespace meridian::control

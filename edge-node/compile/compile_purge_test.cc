#include "edge-node/compile/compile_purge.h"

#include <gtest/gtest.h>

#include "edge-node/cache/key.h"

namespace meridian::edge {
namespace {

/// What `purge` makes of a response stored before it under this key.
Purged judge(const v1::Purge& purge, std::string_view key, std::string_view tag = {}) {
  Purges purges;
  PurgeNames names{.site = purge_site_hash("shop"), .tags = {}, .too_many_tags = false};
  if (!tag.empty()) names.tags.push_back(purge_tag_hash(names.site, tag));
  const auto born = purges.generation();
  const auto marks = compile_purge(purge, Snapshot(), purges.next_generation(0));
  EXPECT_TRUE(marks);
  for (const auto& mark : *marks) purges.add(mark);
  return purges.check(born, names, key);
}

TEST(CompilePurge, AUrlIsPurgedInBothFormsOfItsKey) {
  v1::Purge purge;
  purge.set_url("https://WWW.shop.example:443/a?x=1");
  for (const auto part : {QueryPart::counts, QueryPart::ignored})
    EXPECT_EQ(judge(purge, cache_key("www.shop.example", "/a?x=1", part)), Purged::hard);
  EXPECT_EQ(judge(purge, cache_key("www.shop.example", "/a?x=2", QueryPart::counts)), Purged::no);
}

TEST(CompilePurge, APrefixEndsBeforeTheQuery) {
  v1::Purge purge;
  purge.set_prefix("https://www.shop.example/img?v=1");
  for (const auto part : {QueryPart::counts, QueryPart::ignored}) {
    EXPECT_EQ(judge(purge, cache_key("www.shop.example", "/img/a?w=2", part)), Purged::hard);
    EXPECT_EQ(judge(purge, cache_key("www.shop.example", "/css/a", part)), Purged::no);
    EXPECT_EQ(judge(purge, cache_key("www.shop.example.net", "/img/a", part)), Purged::no);
  }
  purge.set_prefix("https://www.shop.example");
  EXPECT_EQ(judge(purge, cache_key("www.shop.example", "/css/a", QueryPart::counts)), Purged::hard);
}

TEST(CompilePurge, ASoftTagPurgeMakesStale) {
  v1::Purge purge;
  purge.mutable_tag()->set_site("shop");
  purge.mutable_tag()->set_tag("red");
  purge.set_soft(true);
  EXPECT_EQ(judge(purge, "k", "red"), Purged::soft);
  EXPECT_EQ(judge(purge, "k", "Red"), Purged::no);
}

TEST(CompilePurge, SaysWhatCannotBePurged) {
  v1::Purge purge;
  purge.set_url("shop");
  EXPECT_EQ(compile_purge(purge, Snapshot(), 2).error().text(),
            "url: 'shop' is not a URL of http or https");
}

}  // namespace
}  // namespace meridian::edge

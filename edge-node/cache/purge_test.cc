#include "edge-node/cache/purge.h"

#include <random>

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

constexpr std::string_view kKey = "www.shop.example /img/a.png?v=2";

PurgeNames names_of(std::string_view site, std::initializer_list<std::string_view> tags = {}) {
  PurgeNames names{.site = purge_site_hash(site), .tags = {}, .too_many_tags = false};
  for (const auto tag : tags) names.tags.push_back(purge_tag_hash(names.site, tag));
  return names;
}

PurgeMark prefix_mark(std::string_view prefix, std::uint64_t generation) {
  return {.kind = PurgeKind::prefix,
          .generation = generation,
          .site = purge_site_hash("shop"),
          .name = purge_prefix_hash(prefix),
          .prefix_bytes = static_cast<std::uint32_t>(prefix.size())};
}

PurgeMark tag_mark(std::string_view site, std::string_view tag, std::uint64_t generation) {
  const auto hash = purge_site_hash(site);
  return {.kind = PurgeKind::tag,
          .generation = generation,
          .site = hash,
          .name = purge_tag_hash(hash, tag)};
}

TEST(Purges, OnlyWhatWasThereBeforeIsPurged) {
  Purges purges;
  const auto before = purges.generation();
  purges.add_everything();
  EXPECT_EQ(purges.check(before, names_of("shop"), kKey), Purged::hard);
  EXPECT_EQ(purges.check(purges.generation(), names_of("shop"), kKey), Purged::no);
}

TEST(Purges, APrefixReachesWhatBeginsWithIt) {
  Purges purges;
  const auto born = purges.generation();
  purges.add(prefix_mark("www.shop.example /css/", 2));
  EXPECT_EQ(purges.check(born, names_of("shop"), kKey), Purged::no);
  purges.add(prefix_mark("www.shop.example /img/a", 3));
  EXPECT_EQ(purges.check(born, names_of("shop"), kKey), Purged::hard);
  EXPECT_EQ(purges.check(born, names_of("shop"), "www.shop.example /img/b"), Purged::no);
}

TEST(Purges, AUrlReachesAllThatFollowsItInTheKey) {
  Purges purges;
  const auto born = purges.generation();
  purges.add({.kind = PurgeKind::url, .generation = 2, .name = purge_url_hash(kKey)});
  EXPECT_EQ(purges.check(born, names_of("shop"), std::string(kKey) + "\nfr"), Purged::hard);
  EXPECT_EQ(purges.check(born, names_of("shop"), "www.shop.example /img/a.png"), Purged::no);
}

TEST(Purges, ATagIsOfItsSite) {
  Purges purges;
  const auto born = purges.generation();
  purges.add(tag_mark("shop", "red", 2));
  EXPECT_EQ(purges.check(born, names_of("shop", {"blue", "red"}), kKey), Purged::hard);
  EXPECT_EQ(purges.check(born, names_of("shop", {"blue"}), kKey), Purged::no);
  EXPECT_EQ(purges.check(born, names_of("other", {"red"}), kKey), Purged::no);
}

TEST(Purges, TooManyTagsCountAsEachTag) {
  http::Fields fields;
  std::string list;
  for (int i = 0; i < 200; ++i) list += "t" + std::to_string(i) + " ";
  fields.add("Surrogate-Key", list);
  const auto names = make_purge_names(purge_site_hash("shop"), fields);
  EXPECT_EQ(names.tags.size(), PurgeNames::kMaxTags);
  Purges purges;
  const auto born = purges.generation();
  purges.add(tag_mark("shop", "t199", 2));
  EXPECT_EQ(purges.check(born, names, kKey), Purged::hard);
  EXPECT_EQ(purges.check(born, names_of("shop"), kKey), Purged::no);
}

TEST(Purges, ReadTagsOfBothFields) {
  http::Fields fields;
  fields.add("Surrogate-Key", "red  Blue");
  fields.add("Cache-Tag", "green apple, " + std::string(129, 'x') + ",red");
  fields.add("Cache-Tag", "pear");
  const auto names = make_purge_names(purge_site_hash("shop"), fields);
  EXPECT_EQ(names.tags, names_of("shop", {"red", "Blue", "red", "pear"}).tags);
}

TEST(Purges, ASoftOneIsOvertakenByAHardOne) {
  Purges purges;
  const auto born = purges.generation();
  PurgeMemo memo;
  purges.add({.kind = PurgeKind::site,
              .how = Purged::soft,
              .generation = 2,
              .site = purge_site_hash("shop")});
  EXPECT_EQ(purges.check(born, names_of("shop"), kKey, memo), Purged::soft);
  EXPECT_EQ(purges.check(born, names_of("shop"), kKey, memo), Purged::soft);
  purges.add_everything();
  EXPECT_EQ(purges.check(born, names_of("shop"), kKey, memo), Purged::hard);
}

TEST(Purges, GenerationsGrowWhateverTheControllerCounts) {
  Purges purges;
  EXPECT_EQ(purges.next_generation(500), 500u);
  purges.add({.generation = 500});
  EXPECT_EQ(purges.next_generation(1), 501u);
}

struct Stored {
  std::uint64_t born;
  PurgeNames names;
  std::string key;
};

// All purges there ever were, in a list.
class SlowPurges {
 public:
  void add(const PurgeMark& mark, std::string prefix) { all_.push_back({mark, prefix}); }
  Purged check(const Stored& stored) const {
    Purged worst = Purged::no;
    for (const auto& [mark, prefix] : all_)
      if (stored.born < mark.generation && concerns(mark, prefix, stored))
        worst = std::max(worst, mark.how);
    return worst;
  }

 private:
  static bool concerns(const PurgeMark& mark, const std::string& prefix, const Stored& stored) {
    switch (mark.kind) {
      case PurgeKind::everything:
        return true;
      case PurgeKind::site:
        return mark.site == stored.names.site;
      case PurgeKind::url:
        return mark.name == purge_url_hash(stored.key);
      case PurgeKind::prefix:
        return stored.key.starts_with(prefix);
      case PurgeKind::tag:
        return std::count(stored.names.tags.begin(), stored.names.tags.end(), mark.name) > 0;
    }
    return true;
  }
  std::vector<std::pair<PurgeMark, std::string>> all_;
};

// Tables that are large enough answer like a list of all purges; small ones never say less; and
// both say the same after having been written and read back.
TEST(Purges, AnswerLikeAListOfAllPurges) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Purges large;
    Purges small({.sites = 2, .urls = 3, .prefixes = 2, .tags = 3});
    SlowPurges slow;
    std::vector<Stored> stored;
    const auto any = [&](const char* kind, unsigned of) {
      return kind + std::to_string(random() % of);
    };
    const auto any_key = [&] { return "host /" + any("dir", 3) + "/" + any("file", 6); };
    for (int step = 0; step < 120; ++step) {
      const auto site = any("site", 4);
      if (random() % 2) {
        stored.push_back(
            {large.generation(), names_of(site, {any("tag", 8), any("tag", 8)}), any_key()});
        continue;
      }
      PurgeMark mark{.kind = static_cast<PurgeKind>(random() % 25 ? 1 + random() % 4 : 0),
                     .how = random() % 2 ? Purged::hard : Purged::soft,
                     .generation = large.next_generation(0),
                     .site = purge_site_hash(site)};
      std::string prefix = any_key();
      prefix.resize(6 + random() % 6);
      if (mark.kind == PurgeKind::url) mark.name = purge_url_hash(any_key());
      if (mark.kind == PurgeKind::tag) mark.name = purge_tag_hash(mark.site, any("tag", 8));
      if (mark.kind == PurgeKind::prefix) {
        mark.name = purge_prefix_hash(prefix);
        mark.prefix_bytes = static_cast<std::uint32_t>(prefix.size());
        mark.site = 0;  // of several sites here
      }
      if (mark.kind == PurgeKind::url) mark.site = 0;
      large.add(mark);
      small.add(mark);
      slow.add(mark, prefix);
    }
    Purges again({.sites = 2, .urls = 3, .prefixes = 2, .tags = 3});
    for (const auto& mark : small.marks()) again.add(mark);
    for (const auto& item : stored) {
      const auto expected = slow.check(item);
      ASSERT_EQ(large.check(item.born, item.names, item.key), expected);
      const auto widened = small.check(item.born, item.names, item.key);
      ASSERT_GE(widened, expected);
      ASSERT_EQ(again.check(item.born, item.names, item.key), widened);
    }
    EXPECT_LE(small.noted(), 8u);
  }
}

}  // namespace
}  // namespace meridian::edge

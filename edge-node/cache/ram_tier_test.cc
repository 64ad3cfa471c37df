#include "edge-node/cache/ram_tier.h"

#include <random>

#include <gtest/gtest.h>

#include "edge-node/cache/key.h"
#include "edge-node/cache/parts.h"

namespace meridian::edge {
namespace {

class RamTierTest : public ::testing::Test {
 protected:
  RamTier::Join join(RamTier& tier, const std::string& key, const http::Fields& request = {},
                     bool alone = false, const Object* seen = nullptr) {
    const RamTier::JoinRequest wanted{.key = tier.key(key),
                                      .request = request,
                                      .seen = seen,
                                      .site = site_,
                                      .alone = alone,
                                      .now = now_};
    return tier.join(wanted);
  }

  ObjectPtr object(RamTier& tier, const Fill& fill, std::string_view body,
                   const http::Fields& request = {}, const std::string& vary = {}) {
    auto head = std::make_shared<StoredHead>();
    if (!vary.empty()) head->fields.add("Vary", vary);
    head->vary = parse_vary(head->fields);
    head->selected_by = selecting_values(head->vary, request);
    head->key = fill.key();
    head->born = fill.born();
    head->names.site = site_;
    auto chunk = tier.make_chunk(body);
    auto charge = tier.reserve(RamTier::head_bytes(*head));
    if (!chunk || !charge) return nullptr;
    auto result = std::make_shared<Object>();
    result->head = std::move(head);
    result->body.push_back(std::move(chunk));
    result->body_bytes = body.size();
    result->charge = std::move(*charge);
    return result;
  }

  void store(RamTier& tier, const std::string& key, std::string_view body,
             const http::Fields& request = {}, const std::string& vary = {}) {
    const auto joined = join(tier, key, request);
    if (!joined.fill) return;
    if (auto made = object(tier, *joined.fill, body, request, vary))
      tier.complete(joined.fill, std::move(made));
    else
      tier.abandon(joined.fill);
  }

  ObjectPtr find(RamTier& tier, const std::string& key, const http::Fields& request = {}) {
    return tier.find(tier.key(key), request, site_);
  }

  void purge_site(const std::string& name) {
    purges_.add({.kind = PurgeKind::site,
                 .generation = purges_.next_generation(0),
                 .site = purge_site_hash(name)});
  }

  Purges purges_;
  std::uint64_t site_ = purge_site_hash("shop");
  Instant now_ = Instant(std::chrono::hours(1));
};

TEST_F(RamTierTest, FindsWhatWasStored) {
  RamTier tier(1 << 20, purges_, 1);
  store(tier, "k", "body");
  const auto found = find(tier, "k");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->body[0]->bytes, "body");
  EXPECT_FALSE(find(tier, "other"));
  EXPECT_EQ(tier.objects(), 1u);
}

TEST_F(RamTierTest, TheFirstLeadsAndOthersFollow) {
  RamTier tier(1 << 20, purges_, 1);
  const auto first = join(tier, "k");
  const auto second = join(tier, "k");
  EXPECT_TRUE(first.leads);
  EXPECT_FALSE(second.leads);
  EXPECT_EQ(first.fill, second.fill);
  const auto by_itself = join(tier, "k", {}, true);
  EXPECT_TRUE(by_itself.leads);
  EXPECT_NE(by_itself.fill, first.fill);
}

TEST_F(RamTierTest, SomebodyWhoComesLateSeesTheObject) {
  RamTier tier(1 << 20, purges_, 1);
  store(tier, "k", "old");
  const auto old = find(tier, "k");
  const auto leader = join(tier, "k", {}, false, old.get());
  tier.complete(leader.fill, object(tier, *leader.fill, "new"));
  const auto late = join(tier, "k", {}, false, old.get());
  ASSERT_TRUE(late.object);
  EXPECT_EQ(late.object->body[0]->bytes, "new");
}

TEST_F(RamTierTest, WhatIsPurgedIsNoOtherVariant) {
  RamTier tier(1 << 20, purges_, 1);
  store(tier, "k", "old");
  purge_site("shop");
  EXPECT_FALSE(join(tier, "k").variant_miss);
}

TEST_F(RamTierTest, VariantsDoNotReplaceEachOther) {
  RamTier tier(1 << 20, purges_, 1);
  http::Fields french, english;
  french.add("Accept-Language", "fr");
  english.add("Accept-Language", "en");
  store(tier, "k", "bonjour", french, "Accept-Language");
  EXPECT_TRUE(join(tier, "k", english).variant_miss);
  store(tier, "k", "hello", english, "Accept-Language");
  EXPECT_EQ(find(tier, "k", french)->body[0]->bytes, "bonjour");
  const auto fills = join(tier, "k", english, false, find(tier, "k", english).get());
  EXPECT_TRUE(fills.leads);
  EXPECT_TRUE(join(tier, "k", french, false, find(tier, "k", french).get()).leads);
}

http::Fields coding(const std::string& name) {
  http::Fields request;
  request.add("Accept-Encoding", name);
  return request;
}

TEST_F(RamTierTest, WhatManyVariantsPushOutIsWhatWasNotUsedForLongest) {
  RamTier tier(1 << 20, purges_, 1);
  store(tier, "k", "hot", coding("gzip"), "Accept-Encoding");
  store(tier, "k", "cold", coding("br"), "Accept-Encoding");
  for (int i = 0; i < 100; ++i) {
    store(tier, "k", "x", coding("invented" + std::to_string(i)), "Accept-Encoding");
    ASSERT_TRUE(find(tier, "k", coding("gzip"))) << i;
  }
  EXPECT_FALSE(find(tier, "k", coding("br")));
  EXPECT_FALSE(find(tier, "k", coding("invented68")));
  EXPECT_TRUE(find(tier, "k", coding("invented69")));
  EXPECT_EQ(tier.objects(), 32u);
}

TEST_F(RamTierTest, UseMakesNoVariantNewer) {
  RamTier tier(1 << 20, purges_, 1);
  http::Fields both, first_only;
  both.add("A", "1");
  both.add("B", "1");
  first_only.add("A", "1");
  store(tier, "k", "older", first_only, "A");
  http::Fields second_only;
  second_only.add("B", "1");
  store(tier, "k", "newer", second_only, "B");
  EXPECT_EQ(find(tier, "k", first_only)->body[0]->bytes, "older");
  EXPECT_EQ(find(tier, "k", both)->body[0]->bytes, "newer");
}

TEST_F(RamTierTest, OneRefreshOfAnObjectIsUnderWayWhoeverAsks) {
  RamTier tier(1 << 20, purges_, 1);
  const auto gzip = coding("gzip"), br = coding("br");
  store(tier, "k", "gzip", gzip, "Accept-Encoding");
  store(tier, "k", "br", br, "Accept-Encoding");
  const auto refresh = [&](const http::Fields& request, bool alone) {
    const auto seen = find(tier, "k", request);
    return tier.join({.key = tier.key("k"),
                      .request = request,
                      .seen = seen.get(),
                      .site = site_,
                      .alone = alone,
                      .refreshes = true,
                      .now = now_});
  };
  for (const bool alone : {true, false}) {
    const auto first = refresh(gzip, alone);
    ASSERT_TRUE(first.leads);
    EXPECT_FALSE(refresh(gzip, true).leads);
    EXPECT_FALSE(refresh(gzip, false).leads);
    const auto other = refresh(br, true);
    EXPECT_TRUE(other.leads) << "of another object";
    tier.abandon(other.fill);
    tier.abandon(first.fill);
  }
  const auto shared = join(tier, "k", gzip, false, find(tier, "k", gzip).get());
  ASSERT_TRUE(shared.leads);
  EXPECT_FALSE(refresh(gzip, true).leads) << "a fetch for all does it, too";
  tier.complete(shared.fill, object(tier, *shared.fill, "new", gzip, "Accept-Encoding"));
  const auto again = refresh(gzip, true);
  EXPECT_TRUE(again.leads);
  purges_.add({.how = Purged::soft, .generation = purges_.next_generation(0)});
  EXPECT_TRUE(refresh(gzip, true).leads) << "what comes of the first is purged already";
}

TEST_F(RamTierTest, HitForMissEndsByItself) {
  RamTier tier(1 << 20, purges_, 1);
  tier.mark_not_shared(join(tier, "k").fill, now_ + std::chrono::seconds(10));
  EXPECT_TRUE(join(tier, "k").leads);
  EXPECT_TRUE(join(tier, "k").leads);
  now_ += std::chrono::seconds(10);
  EXPECT_TRUE(join(tier, "k").leads);
  EXPECT_FALSE(join(tier, "k").leads);
}

TEST_F(RamTierTest, WhatMustBeValidatedIsStoredAndHasNoFollowers) {
  RamTier tier(1 << 20, purges_, 1);
  const auto first = join(tier, "k");
  tier.keep_apart(first.fill, now_ + std::chrono::seconds(10));
  const auto second = join(tier, "k");
  EXPECT_TRUE(second.leads);
  EXPECT_FALSE(tier.keep_apart(second.fill, now_ + std::chrono::seconds(10)));  // one is kept
  const auto stored = object(tier, *first.fill, "body");
  ASSERT_FALSE(is_reusable(stored->head->freshness));
  tier.complete(first.fill, stored);
  EXPECT_EQ(find(tier, "k"), stored);
  const http::Fields request;
  RamTier::JoinRequest wanted{
      .key = tier.key("k"), .request = request, .seen = stored.get(), .site = site_, .now = now_};
  EXPECT_TRUE(tier.join(wanted).leads);
  EXPECT_TRUE(tier.join(wanted).leads);  // the mark has stayed
  wanted.refreshes = true;
  EXPECT_FALSE(tier.join(wanted).leads);  // others do it
  wanted.refreshes = false;
  wanted.narrow = true;
  EXPECT_TRUE(tier.join(wanted).leads);  // to have it validated
  tier.erase(tier.key("k"));
  tier.keep_apart(second.fill, now_ + std::chrono::seconds(10));  // it was erased: no mark
  EXPECT_TRUE(join(tier, "k").leads);
  EXPECT_FALSE(join(tier, "k").leads);
}

TEST_F(RamTierTest, ANarrowRequestForWhatIsNotSharedHasNoFill) {
  RamTier tier(1 << 20, purges_, 1);
  tier.mark_not_shared(join(tier, "k").fill, now_ + std::chrono::seconds(10));
  const http::Fields request;
  const RamTier::JoinRequest wanted{
      .key = tier.key("k"), .request = request, .site = site_, .narrow = true, .now = now_};
  const auto joined = tier.join(wanted);
  EXPECT_FALSE(joined.fill);
  EXPECT_FALSE(joined.object);
}

TEST_F(RamTierTest, WhoFollowsAfterAllCountsOnce) {
  RamTier tier(1 << 20, purges_, 1);
  const auto key = tier.key("k");
  const http::Fields request;
  const auto lead = [&] {
    return tier.join(
        {.key = key, .request = request, .site = site_, .lead_only = true, .now = now_});
  };
  EXPECT_TRUE(lead().leads);
  EXPECT_EQ(tier.worth(key), 1u);
  EXPECT_FALSE(lead().leads);
  EXPECT_FALSE(join(tier, "k").leads);
  EXPECT_EQ(tier.worth(key), 2u);
}

TEST_F(RamTierTest, WhoHasBeenCountedCountsNoMore) {
  RamTier tier(1 << 20, purges_, 1);
  const auto key = tier.key("k");
  const http::Fields request;
  RamTier::JoinRequest wanted{
      .key = key, .request = request, .site = site_, .follow_only = true, .now = now_};
  EXPECT_FALSE(tier.join(wanted).fill);  // far ranges begin with that
  EXPECT_EQ(tier.worth(key), 1u);
  wanted.counted = true;
  EXPECT_FALSE(tier.join(wanted).fill);
  wanted.follow_only = false;
  EXPECT_TRUE(tier.join(wanted).leads);
  EXPECT_EQ(tier.worth(key), 1u);
}

TEST_F(RamTierTest, AnErasureSparesOneFillOfAll) {
  RamTier tier(1 << 20, purges_, 1);
  for (const bool alone : {false, true}) {
    const auto spared = join(tier, "k", {}, alone), other = join(tier, "k", {}, true);
    tier.erase(tier.key("k"), spared.fill.get());
    tier.complete(other.fill, object(tier, *other.fill, "other"));
    EXPECT_FALSE(find(tier, "k"));
    tier.complete(spared.fill, object(tier, *spared.fill, "spared"));
    EXPECT_TRUE(find(tier, "k"));
    tier.erase(tier.key("k"));
  }
}

TEST_F(RamTierTest, PurgesByUrlSiteAndEverything) {
  RamTier tier(1 << 20, purges_, 1);
  store(tier, "k", "x");
  tier.erase(tier.key("k"));
  EXPECT_FALSE(find(tier, "k"));
  store(tier, "k", "x");
  purge_site("other");
  EXPECT_TRUE(find(tier, "k"));
  purge_site("shop");
  EXPECT_FALSE(find(tier, "k"));
  store(tier, "k", "x");
  EXPECT_TRUE(find(tier, "k"));
  purges_.add_everything();
  EXPECT_FALSE(find(tier, "k"));
}

TEST_F(RamTierTest, AFillFromBeforeAPurgeIsNotStoredNorJoined) {
  RamTier tier(1 << 20, purges_, 1);
  const auto by_url = join(tier, "a");
  const auto by_site = join(tier, "b");
  tier.erase(tier.key("a"));
  purge_site("shop");
  EXPECT_TRUE(join(tier, "a").leads);
  EXPECT_TRUE(join(tier, "b").leads);
  tier.complete(by_url.fill, object(tier, *by_url.fill, "x"));
  tier.complete(by_site.fill, object(tier, *by_site.fill, "x"));
  EXPECT_FALSE(find(tier, "a"));
  EXPECT_FALSE(find(tier, "b"));
}

TEST_F(RamTierTest, APurgeBetweenLookupAndFetchLeavesNothingToConfirm) {
  RamTier tier(1 << 20, purges_, 1);
  store(tier, "k", "x");
  const auto seen = find(tier, "k");
  purge_site("shop");
  EXPECT_TRUE(join(tier, "k", {}, false, seen.get()).seen_is_gone);
}

TEST_F(RamTierTest, ASoftPurgeLeavesWhatMayBeConfirmed) {
  RamTier tier(1 << 20, purges_, 1);
  store(tier, "k", "x");
  purges_.add({.how = Purged::soft, .generation = purges_.next_generation(0)});
  const auto soft = find(tier, "k");
  ASSERT_TRUE(soft);
  EXPECT_EQ(tier.purged(*soft), Purged::soft);
  const auto joined = join(tier, "k", {}, false, soft.get());
  ASSERT_TRUE(joined.leads);
  tier.complete(joined.fill, object(tier, *joined.fill, "x"));
  EXPECT_EQ(tier.purged(*find(tier, "k")), Purged::no);
  EXPECT_TRUE(soft->is_dead());
}

TEST_F(RamTierTest, AHostThatChangesItsSiteLeavesItsObjectsBehind) {
  RamTier tier(1 << 20, purges_, 1);
  store(tier, "k", "x");
  EXPECT_FALSE(tier.find(tier.key("k"), {}, purge_site_hash("other")));
}

TEST_F(RamTierTest, WhatNoLookupFindsIsDead) {
  RamTier tier(1 << 20, purges_, 1);
  store(tier, "k", "x");
  const auto held = find(tier, "k");
  EXPECT_FALSE(held->is_dead());
  tier.erase(tier.key("k"));
  EXPECT_TRUE(held->is_dead());
}

TEST_F(RamTierTest, KnowsWhetherAnythingIsStoredInParts) {
  RamTier tier(1 << 20, purges_, 1);
  store(tier, "k", "x");
  EXPECT_FALSE(tier.has_parts());
  const auto store_part = [&] {
    const auto joined = join(tier, "p");
    auto part = std::make_shared<Object>();
    part->head = object(tier, *joined.fill, "x")->head;
    part->parts = std::make_shared<Parts>();
    tier.complete(joined.fill, std::move(part));
  };
  store_part();
  EXPECT_TRUE(tier.has_parts());
  tier.erase(tier.key("p"));
  EXPECT_FALSE(tier.has_parts());
  store_part();
  tier.clear();
  EXPECT_FALSE(tier.has_parts());
}

// Whatever is stored, read, purged or held: the bytes stay within the bound, and nothing leaks.
TEST_F(RamTierTest, NeverExceedsItsBytes) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    constexpr std::size_t kCapacity = 200'000;
    RamTier tier(kCapacity, purges_, 1);
    std::vector<ObjectPtr> held;  // by slow readers
    for (int step = 0; step < 2000; ++step) {
      const std::string key = "k" + std::to_string(random() % 200);
      switch (random() % 8) {
        case 0:
          tier.erase(tier.key(key));
          break;
        case 1:
          if (auto found = find(tier, key); found && held.size() < 4) held.push_back(found);
          break;
        case 2:
          if (!held.empty()) held.pop_back();
          break;
        case 3: {
          const auto joined = join(tier, key);
          if (joined.fill && random() % 2)
            tier.mark_not_shared(joined.fill, now_ + std::chrono::seconds(1));
          else if (joined.fill)
            tier.abandon(joined.fill);
          break;
        }
        default:
          store(tier, key, std::string(random() % 20'000, 'x'));
          break;
      }
      ASSERT_LE(tier.used_bytes(), kCapacity);
    }
    held.clear();
    tier.clear();
    EXPECT_EQ(tier.used_bytes(), 0u);
    EXPECT_EQ(tier.objects(), 0u);
  }
}

TEST_F(RamTierTest, WhatIsAskedForAgainOutlivesAScan) {
  RamTier tier(1 << 20, purges_, 1);
  for (int i = 0; i < 20; ++i) store(tier, "hot" + std::to_string(i), std::string(1000, 'h'));
  for (int i = 0; i < 3000; ++i) {
    (void)find(tier, "hot" + std::to_string(i % 20));
    store(tier, "scan" + std::to_string(i), std::string(1000, 's'));
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(find(tier, "hot" + std::to_string(i))) << i;
}

TEST(CacheKey, TheTwoFormsOfAUrlDiffer) {
  EXPECT_EQ(cache_key("a", "/b?c", QueryPart::counts), "a /b?c");
  EXPECT_EQ(cache_key("a", "/b?c", QueryPart::ignored), "a*/b");
  EXPECT_NE(cache_key("a", "/b", QueryPart::counts), cache_key("a", "/b", QueryPart::ignored));
}

}  // namespace
}  // namespace meridian::edge

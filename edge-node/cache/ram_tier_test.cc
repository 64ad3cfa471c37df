#include "edge-node/cache/ram_tier.h"

#include <random>

#include <gtest/gtest.h>

#include "edge-node/cache/key.h"

namespace meridian::edge {
namespace {

class RamTierTest : public ::testing::Test {
 protected:
  RamTier::Join join(RamTier& tier, const std::string& key, const http::Fields& request = {},
                     bool alone = false, const Object* seen = nullptr) {
    const RamTier::JoinRequest wanted{
        .key = key, .request = request, .seen = seen, .site = *site_, .alone = alone, .now = now_};
    return tier.join(wanted);
  }

  ObjectPtr object(RamTier& tier, const Fill& fill, std::string_view body,
                   const http::Fields& request = {}, const std::string& vary = {}) {
    auto head = std::make_shared<StoredHead>();
    if (!vary.empty()) head->fields.add("Vary", vary);
    head->vary = parse_vary(head->fields);
    head->selected_by = selecting_values(head->vary, request);
    head->epoch = fill.epoch();
    head->site = site_;
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

  PurgeEpochs epochs_;
  std::shared_ptr<SiteEpoch> site_ = epochs_.site("shop");
  Instant now_ = Instant(std::chrono::hours(1));
};

TEST_F(RamTierTest, FindsWhatWasStored) {
  RamTier tier(1 << 20, epochs_);
  store(tier, "k", "body");
  const auto found = tier.find("k", {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->body[0]->bytes, "body");
  EXPECT_FALSE(tier.find("other", {}));
  EXPECT_EQ(tier.objects(), 1u);
}

TEST_F(RamTierTest, TheFirstLeadsAndOthersFollow) {
  RamTier tier(1 << 20, epochs_);
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
  RamTier tier(1 << 20, epochs_);
  store(tier, "k", "old");
  const auto old = tier.find("k", {});
  const auto leader = join(tier, "k", {}, false, old.get());
  tier.complete(leader.fill, object(tier, *leader.fill, "new"));
  const auto late = join(tier, "k", {}, false, old.get());
  ASSERT_TRUE(late.object);
  EXPECT_EQ(late.object->body[0]->bytes, "new");
}

TEST_F(RamTierTest, VariantsDoNotReplaceEachOther) {
  RamTier tier(1 << 20, epochs_);
  http::Fields french, english;
  french.add("Accept-Language", "fr");
  english.add("Accept-Language", "en");
  store(tier, "k", "bonjour", french, "Accept-Language");
  EXPECT_TRUE(join(tier, "k", english).variant_miss);
  store(tier, "k", "hello", english, "Accept-Language");
  EXPECT_EQ(tier.find("k", french)->body[0]->bytes, "bonjour");
  const auto fills = join(tier, "k", english, false, tier.find("k", english).get());
  EXPECT_TRUE(fills.leads);
  EXPECT_TRUE(join(tier, "k", french, false, tier.find("k", french).get()).leads);
}

TEST_F(RamTierTest, HitForMissEndsByItself) {
  RamTier tier(1 << 20, epochs_);
  tier.mark_not_shared(join(tier, "k").fill, now_ + std::chrono::seconds(10));
  EXPECT_TRUE(join(tier, "k").leads);
  EXPECT_TRUE(join(tier, "k").leads);
  now_ += std::chrono::seconds(10);
  EXPECT_TRUE(join(tier, "k").leads);
  EXPECT_FALSE(join(tier, "k").leads);
}

TEST_F(RamTierTest, ANarrowRequestForWhatIsNotSharedHasNoFill) {
  RamTier tier(1 << 20, epochs_);
  tier.mark_not_shared(join(tier, "k").fill, now_ + std::chrono::seconds(10));
  const http::Fields request;
  const RamTier::JoinRequest wanted{
      .key = "k", .request = request, .site = *site_, .narrow = true, .now = now_};
  const auto joined = tier.join(wanted);
  EXPECT_FALSE(joined.fill);
  EXPECT_FALSE(joined.object);
}

TEST_F(RamTierTest, PurgesByUrlSiteAndEverything) {
  RamTier tier(1 << 20, epochs_);
  store(tier, "k", "x");
  tier.erase("k");
  EXPECT_FALSE(tier.find("k", {}));
  store(tier, "k", "x");
  epochs_.purge_site("other");
  EXPECT_TRUE(tier.find("k", {}));
  epochs_.purge_site("shop");
  EXPECT_FALSE(tier.find("k", {}));
  store(tier, "k", "x");
  EXPECT_TRUE(tier.find("k", {}));
  epochs_.purge_everything();
  EXPECT_FALSE(tier.find("k", {}));
}

TEST_F(RamTierTest, AFillFromBeforeAPurgeIsNotStoredNorJoined) {
  RamTier tier(1 << 20, epochs_);
  const auto by_url = join(tier, "a");
  const auto by_site = join(tier, "b");
  tier.erase("a");
  epochs_.purge_site("shop");
  EXPECT_TRUE(join(tier, "a").leads);
  EXPECT_TRUE(join(tier, "b").leads);
  tier.complete(by_url.fill, object(tier, *by_url.fill, "x"));
  tier.complete(by_site.fill, object(tier, *by_site.fill, "x"));
  EXPECT_FALSE(tier.find("a", {}));
  EXPECT_FALSE(tier.find("b", {}));
}

TEST_F(RamTierTest, ASiteThatComesBackStartsAnew) {
  RamTier tier(1 << 20, epochs_);
  store(tier, "k", "x");
  const auto before = tier.find("k", {})->head->epoch;
  const PurgeEpochs& epochs = epochs_;
  const auto other = epochs_.site("gone");
  EXPECT_FALSE(epochs.is_valid(before, *other));
}

// Whatever is stored, read, purged or held: the bytes stay within the bound, and nothing leaks.
TEST_F(RamTierTest, NeverExceedsItsBytes) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    constexpr std::size_t kCapacity = 200'000;
    RamTier tier(kCapacity, epochs_);
    std::vector<ObjectPtr> held;  // by slow readers
    for (int step = 0; step < 2000; ++step) {
      const std::string key = "k" + std::to_string(random() % 200);
      switch (random() % 8) {
        case 0:
          tier.erase(key);
          break;
        case 1:
          if (auto found = tier.find(key, {}); found && held.size() < 4) held.push_back(found);
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
  RamTier tier(1 << 20, epochs_);
  for (int i = 0; i < 20; ++i) store(tier, "hot" + std::to_string(i), std::string(1000, 'h'));
  for (int i = 0; i < 3000; ++i) {
    (void)tier.find("hot" + std::to_string(i % 20), {});
    store(tier, "scan" + std::to_string(i), std::string(1000, 's'));
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(tier.find("hot" + std::to_string(i), {})) << i;
}

TEST(CacheKey, TheTwoFormsOfAUrlDiffer) {
  EXPECT_EQ(cache_key("a", "/b?c", QueryPart::counts), "a /b?c");
  EXPECT_EQ(cache_key("a", "/b?c", QueryPart::ignored), "a*/b");
  EXPECT_NE(cache_key("a", "/b", QueryPart::counts), cache_key("a", "/b", QueryPart::ignored));
}

}  // namespace
}  // namespace meridian::edge

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "edge-node/cache/ram_tier.h"

namespace meridian::edge {
namespace {

struct Quiet final : FillListener {
  void on_progress() override {}
};

/// A fetch under way, and what it will have brought.
struct Fetch {
  FillPtr fill;
  std::string body;
  std::size_t written = 0;
  bool apart = false;  // begun under a hit-for-miss mark
};

struct Follower {
  std::string key;
  std::shared_ptr<Fetch> fetch;
  std::unique_ptr<Fill::Reader> reader;
  std::string body;
};

// Visitors, origins, purges and the clock in any order: one fetch a key at a time unless a purge or
// a mark says otherwise, every follower gets the bytes of its fetch, and nothing that was born
// before a purge is found after it.
TEST(Coalescing, HoldsUnderRandomInterleavings) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Purges purges;
    RamTier tier(1 << 20, purges, seed);
    Quiet quiet;
    const http::Fields request;
    const auto site = purge_site_hash("shop");
    Instant now = Instant(std::chrono::hours(1));
    std::vector<std::shared_ptr<Fetch>> fetches;
    std::vector<Follower> followers;
    std::map<std::string, Instant> apart_until;
    int bodies = 0, shared = 0;

    const auto arrive = [&](const std::string& key) {
      if (const auto object = tier.find(tier.key(key), request, site)) {
        ASSERT_GE(object->head->born, purges.generation());
        return;
      }
      const RamTier::JoinRequest wanted{
          .key = tier.key(key), .request = request, .site = site, .now = now};
      const auto joined = tier.join(wanted);
      ASSERT_TRUE(joined.fill);
      ASSERT_EQ(joined.fill->born(), purges.generation()) << "a fill from before a purge";
      std::shared_ptr<Fetch> fetch;
      const bool apart = apart_until[key] > now;
      for (const auto& other : fetches) {
        if (other->fill == joined.fill) fetch = other;
        const bool followable = *other->fill->key() == key && !other->apart &&
                                other->fill->born() == purges.generation();
        ASSERT_FALSE(joined.leads && followable && !apart) << "two fetches for one response";
      }
      ASSERT_EQ(joined.leads, fetch == nullptr);
      if (joined.leads) {
        fetch = std::make_shared<Fetch>();
        fetch->fill = joined.fill;
        fetch->apart = apart;
        fetch->body = key + "-" + std::to_string(++bodies) + std::string(random() % 50, 'x');
        fetches.push_back(fetch);
      } else {
        ++shared;
      }
      followers.push_back({key, fetch, std::make_unique<Fill::Reader>(fetch->fill, quiet), {}});
    };

    const auto advance = [&](std::size_t i) {
      const auto fetch = fetches[i];
      Fill& fill = *fetch->fill;
      const auto end = [&](Fill::State state) {
        fill.end(state);
        fetches.erase(fetches.begin() + static_cast<std::ptrdiff_t>(i));
      };
      if (fetch->written == 0 && random() % 10 == 0) {
        apart_until[*fill.key()] = now + std::chrono::seconds(10);
        tier.mark_not_shared(fetch->fill, apart_until[*fill.key()]);
        return end(Fill::State::not_shared);
      }
      if (random() % 20 == 0) {
        tier.abandon(fetch->fill);
        return end(Fill::State::failed);
      }
      if (fetch->written == 0) fill.start(std::make_shared<StoredHead>(), fetch->body.size());
      const auto piece = fetch->body.substr(fetch->written, 1 + random() % 20);
      fetch->written += piece.size();
      if (!piece.empty()) return fill.append(tier.make_chunk(piece, fill));
      auto head = std::make_shared<StoredHead>();
      head->key = fill.key();
      head->born = fill.born();
      head->names.site = fill.site();
      auto object = std::make_shared<Object>();
      object->head = head;
      object->body = fill.chunks();
      object->body_bytes = fetch->body.size();
      tier.complete(fetch->fill, std::move(object));
      end(Fill::State::done);
    };

    for (int step = 0; step < 600; ++step) {
      const auto choice = random() % 20;
      if (choice < 8) {
        arrive("k" + std::to_string(random() % 4));
      } else if (choice < 15 && !fetches.empty()) {
        advance(random() % fetches.size());
      } else if (choice == 15) {
        purges.add_everything();
      } else if (choice == 16) {
        now += std::chrono::seconds(random() % 8);
      } else if (!followers.empty()) {
        const auto i = random() % followers.size();
        Follower& follower = followers[i];
        const auto next = follower.reader->next();
        if (next.chunk) follower.body += next.chunk->bytes;
        ASSERT_TRUE(follower.fetch->body.starts_with(follower.body));
        if (next.chunk || next.state <= Fill::State::streaming) continue;
        if (next.state == Fill::State::done) {
          ASSERT_EQ(follower.body, follower.fetch->body);
        }
        followers.erase(followers.begin() + static_cast<std::ptrdiff_t>(i));
      }
      if (HasFatalFailure()) return;
    }
    EXPECT_GT(shared, 10);
  }
}

}  // namespace
}  // namespace meridian::edge

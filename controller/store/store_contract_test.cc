// What every store must do. A second implementation joins by one more type in Stores.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "controller/store/sqlite_store.h"
#include "controller/test_directory.h"

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = WallClock::from_time_t(1'800'000'000);

struct Sqlite {
  using Store = SqliteStore;
  static std::unique_ptr<Store> open(const std::filesystem::path& directory) {
    return std::move(SqliteStore::open(directory / "store.db").value());
  }
};

v1::Resource location(const std::string& name, double latitude) {
  v1::Resource resource;
  resource.set_name(name);
  resource.mutable_location()->set_latitude(latitude);
  resource.mutable_location()->set_longitude(0);
  return resource;
}

v1::Change change_of(const std::string& name, v1::Change::Action action) {
  v1::Change change;
  change.mutable_resource()->set_kind(v1::KIND_LOCATION);
  change.mutable_resource()->set_name(name);
  change.set_action(action);
  return change;
}

StoredToken edge_token(const std::string& id, WallTime expires) {
  return {id, sha256("secret of " + id), v1::ROLE_EDGE, "par", "", expires, 1, false};
}

template <class Implementation>
class Store : public testing::Test {
 protected:
  // Puts (a latitude) or deletes (no value) one location.
  Committed put(Revision base, const std::string& name, std::optional<double> latitude,
                const std::string& token = "") {
    auto after = store_->load().value().configuration;
    if (latitude)
      after.upsert(location(name, *latitude));
    else
      after.erase({v1::KIND_LOCATION, name});
    const auto action = latitude ? v1::Change::ACTION_UPDATED : v1::Change::ACTION_DELETED;
    return store_
        ->commit({.base = base,
                  .time = kNow,
                  .author = "admin/root",
                  .comment = "moves " + name,
                  .changes = {change_of(name, action)},
                  .after = after,
                  .join_token = token})
        .value();
  }
  std::map<std::string, double> locations() {
    std::map<std::string, double> found;
    const auto loaded = store_->load().value();
    for (const auto& [id, resource] : loaded.configuration.resources())
      found[id.second] = resource.location().latitude();
    return found;
  }
  void reopen() {
    store_.reset();
    store_ = Implementation::open(directory_.path());
  }

  TestDirectory directory_;
  std::unique_ptr<typename Implementation::Store> store_ = Implementation::open(directory_.path());
};

using Stores = testing::Types<Sqlite>;
TYPED_TEST_SUITE(Store, Stores);

TYPED_TEST(Store, BeginsEmptyAtRevisionZero) {
  EXPECT_EQ(this->store_->load().value().revision, Revision{0});
  EXPECT_TRUE(this->locations().empty());
  EXPECT_TRUE(this->store_->revisions(10).value().empty());
}

TYPED_TEST(Store, CommitsEachChangeAsTheNextRevision) {
  EXPECT_EQ(this->put({0}, "par", 48.8).revision, Revision{1});
  EXPECT_EQ(this->put({1}, "nyc", 40.7).revision, Revision{2});
  EXPECT_EQ(this->put({2}, "par", 48.9).revision, Revision{3});
  EXPECT_EQ(this->locations(), (std::map<std::string, double>{{"nyc", 40.7}, {"par", 48.9}}));
}

TYPED_TEST(Store, KeepsWhatItHasCommittedWhenOpenedAgain) {
  this->put({0}, "par", 48.8);
  this->put({1}, "nyc", 40.7);
  this->put({2}, "nyc", std::nullopt);
  this->reopen();
  EXPECT_EQ(this->store_->load().value().revision, Revision{3});
  EXPECT_EQ(this->locations(), (std::map<std::string, double>{{"par", 48.8}}));
}

TYPED_TEST(Store, RefusesAChangeWhoseBaseIsNotTheHead) {
  this->put({0}, "par", 48.8);
  EXPECT_EQ(this->put({0}, "nyc", 40.7).outcome, CommitOutcome::head_moved);
  EXPECT_EQ(this->put({2}, "nyc", 40.7).outcome, CommitOutcome::head_moved);
  EXPECT_EQ(this->locations(), (std::map<std::string, double>{{"par", 48.8}}));
}

TYPED_TEST(Store, ListsRevisionsNewestFirst) {
  this->put({0}, "par", 48.8);
  this->put({1}, "nyc", 40.7);
  const auto all = this->store_->revisions(10).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].revision(), 2u);
  EXPECT_EQ(all[0].author(), "admin/root");
  EXPECT_EQ(all[0].comment(), "moves nyc");
  EXPECT_EQ(all[0].time().seconds(), 1'800'000'000);
  ASSERT_EQ(all[0].changes_size(), 1);
  EXPECT_EQ(all[0].changes(0).resource().name(), "nyc");
  EXPECT_EQ(this->store_->revisions(1).value().size(), 1u);
}

TYPED_TEST(Store, ForgetsOldRevisionsButNoResource) {
  this->put({0}, "first", 1);
  this->put({1}, "gone", 1);
  this->put({2}, "gone", std::nullopt);
  for (std::uint64_t base = 3; base < kKeptRevisions + 5; ++base)
    this->put({base}, "busy", static_cast<double>(base % 90));
  const auto all = this->store_->revisions(2 * kKeptRevisions).value();
  EXPECT_EQ(all.size(), kKeptRevisions);
  EXPECT_EQ(all.back().revision(), 6u);
  const auto last = static_cast<double>((kKeptRevisions + 4) % 90);
  EXPECT_EQ(this->locations(), (std::map<std::string, double>{{"busy", last}, {"first", 1}}));
}

TYPED_TEST(Store, NumbersARevisionAsHighAsItIsAskedTo) {
  this->put({0}, "par", 48.8);
  const auto commit = [this](Revision base, Revision least) {
    const auto after = this->store_->load().value().configuration;
    NewRevision change{.base = base,
                       .time = kNow,
                       .author = "controller",
                       .comment = "",
                       .changes = {},
                       .after = after};
    change.least = least;
    return this->store_->commit(change);
  };
  EXPECT_EQ(commit({1}, {5001}).value().revision, Revision{5001});
  EXPECT_EQ(commit({5001}, {7}).value().revision, Revision{5002});
  EXPECT_EQ(commit({1}, {9000}).value().outcome, CommitOutcome::head_moved);
  EXPECT_FALSE(commit({5002}, {kMostLeast.value + 1}));
  EXPECT_EQ(this->put({5002}, "nyc", 40.7).revision, Revision{5003});
  EXPECT_EQ(commit({5003}, kMostLeast).value().revision, kMostLeast);
  EXPECT_EQ(this->put(kMostLeast, "nyc", 40.8).revision.value, kMostLeast.value + 1);
  this->reopen();
  EXPECT_EQ(this->store_->load().value().revision.value, kMostLeast.value + 1);
  EXPECT_EQ(this->locations(), (std::map<std::string, double>{{"nyc", 40.8}, {"par", 48.8}}));
  EXPECT_EQ(this->store_->revisions(10).value().size(), 6u) << "a gap makes no history old";
}

TYPED_TEST(Store, KeepsJoinTokens) {
  ASSERT_TRUE(this->store_->add_token(edge_token("a", kNow + 1h), kNow));
  this->reopen();
  const auto found = this->store_->token("a").value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->secret_hash, sha256("secret of a"));
  EXPECT_EQ(found->role, v1::ROLE_EDGE);
  EXPECT_EQ(found->location, "par");
  EXPECT_EQ(found->expires, kNow + 1h);
  EXPECT_EQ(found->uses_left, 1u);
  EXPECT_FALSE(found->revoked);
  EXPECT_FALSE(this->store_->token("b").value());
  EXPECT_EQ(this->store_->tokens().value().size(), 1u);
}

TYPED_TEST(Store, GivesAsManyUsesOfATokenAsItHas) {
  auto token = edge_token("a", kNow + 1h);
  token.uses_left = 2;
  ASSERT_TRUE(this->store_->add_token(token, kNow));
  EXPECT_TRUE(this->store_->use_token("a", kNow).value());
  EXPECT_TRUE(this->store_->use_token("a", kNow).value());
  EXPECT_FALSE(this->store_->use_token("a", kNow).value());
}

TYPED_TEST(Store, GivesNoUseOfAnExpiredRevokedOrUnknownToken) {
  ASSERT_TRUE(this->store_->add_token(edge_token("expired", kNow), kNow));
  ASSERT_TRUE(this->store_->add_token(edge_token("revoked", kNow + 1h), kNow));
  EXPECT_TRUE(this->store_->revoke_token("revoked").value());
  EXPECT_FALSE(this->store_->revoke_token("unknown").value());
  for (const auto* id : {"expired", "revoked", "unknown"})
    EXPECT_FALSE(this->store_->use_token(id, kNow).value()) << id;
}

TYPED_TEST(Store, TakesATokenAndCommitsTogetherOrNeither) {
  ASSERT_TRUE(this->store_->add_token(edge_token("a", kNow + 1h), kNow));
  EXPECT_EQ(this->put({7}, "par", 1, "a").outcome, CommitOutcome::head_moved);
  EXPECT_EQ(this->store_->token("a").value()->uses_left, 1u);
  EXPECT_EQ(this->put({0}, "par", 1, "a").outcome, CommitOutcome::committed);
  EXPECT_EQ(this->store_->token("a").value()->uses_left, 0u);
  EXPECT_EQ(this->put({1}, "nyc", 1, "a").outcome, CommitOutcome::token_spent);
  EXPECT_EQ(this->store_->load().value().revision, Revision{1});
}

TYPED_TEST(Store, KeepsTheFirstSecretOfAName) {
  EXPECT_TRUE(this->store_->secrets().value().empty());
  EXPECT_EQ(this->store_->keep_secret("a", std::string("\0one", 4)).value(),
            std::string("\0one", 4));
  EXPECT_EQ(this->store_->keep_secret("a", "two").value(), std::string("\0one", 4));
  this->reopen();
  EXPECT_EQ(this->store_->secrets().value(),
            (std::map<std::string, std::string>{{"a", std::string("\0one", 4)}}));
}

TYPED_TEST(Store, CommitsSecretsWithTheirRevisionOrNotAtAll) {
  const auto put = [this](Revision base, std::vector<SealedSecret> secrets) {
    const auto after = this->store_->load().value().configuration;
    NewRevision change{.base = base,
                       .time = kNow,
                       .author = "controller",
                       .comment = "",
                       .changes = {},
                       .after = after};
    change.secrets = std::move(secrets);
    return this->store_->commit(change).value().outcome;
  };
  EXPECT_EQ(put({0}, {{"a", "1"}, {"b", "1"}}), CommitOutcome::committed);
  EXPECT_EQ(put({1}, {{"a", "2"}, {"b", std::nullopt}, {"c", std::nullopt}}),
            CommitOutcome::committed);
  EXPECT_EQ(put({1}, {{"a", "3"}}), CommitOutcome::head_moved);
  EXPECT_EQ(this->store_->secrets().value(), (std::map<std::string, std::string>{{"a", "2"}}));
}

TYPED_TEST(Store, NumbersPurgesInOrder) {
  EXPECT_EQ(this->store_->purge_bounds().value().last, PurgeSequence{0});
  v1::Purge purge;
  for (const auto* site : {"a", "b", "c"}) {
    purge.set_site(site);
    ASSERT_TRUE(this->store_->append_purge(purge));
  }
  this->reopen();
  const auto after = this->store_->purges_after({1}, 10).value();
  ASSERT_EQ(after.size(), 2u);
  EXPECT_EQ(after[0].sequence(), 2u);
  EXPECT_EQ(after[0].site(), "b");
  EXPECT_EQ(after[1].sequence(), 3u);
  EXPECT_EQ(this->store_->purges_after({0}, 1).value().size(), 1u);
  EXPECT_EQ(this->store_->purge_bounds().value().first, PurgeSequence{1});
}

}  // namespace
}  // namespace meridian::control

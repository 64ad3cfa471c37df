#include "controller/secrets/vault.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "controller/secrets/cookie_secrets.h"
#include "controller/test_directory.h"

namespace meridian::control {
namespace {

const WallTime kNow{std::chrono::seconds(1'800'000'000)};

TEST(Vault, MakesTheCookieSecretOnce) {
  const TestDirectory directory;
  const auto store = std::move(SqliteStore::open(directory.path() / "store.db").value());
  const auto seal = load_seal(directory.path(), *store).value();
  const auto secret = open_secrets(*store, seal, kNow).value().cookie_secrets.at(0).secret();
  EXPECT_EQ(secret.size(), 16u);
  EXPECT_EQ(open_secrets(*store, seal, kNow).value().cookie_secrets.at(0).secret(), secret);
  for (const auto& [name, sealed] : store->secrets().value())
    EXPECT_EQ(sealed.find(secret), std::string::npos) << name << " lies open in the store";
}

TEST(Vault, KeepsTheCookieSecretsThatARevisionBrought) {
  const TestDirectory directory;
  const auto store = std::move(SqliteStore::open(directory.path() / "store.db").value());
  const auto seal = load_seal(directory.path(), *store).value();
  const auto head = std::move(Head::load(*store, open_secrets(*store, seal, kNow).value()).value());
  int announced = 0;
  head->announce_to([&] { ++announced; });
  const auto rotate_due = [&](WallTime now) {
    return rotate_due_secrets(*head, seal, {"controller", now}).value();
  };

  EXPECT_EQ(rotate_due(kNow), Revision{0}) << "nothing is due";
  const auto later = kNow + kCookieSecretLife;
  EXPECT_EQ(rotate_due(later), Revision{1});
  EXPECT_EQ(rotate_due(later), Revision{1});
  const auto early = rotate_cookie_secret(*head, seal, {"controller", later}).value();
  EXPECT_EQ(early.revision, Revision{2});
  EXPECT_EQ(early.next.sign_from(), 1'800'000'000u + 30 * 86'400 + 600);
  EXPECT_EQ(announced, 2);

  const auto held = head->current()->secrets->cookie_secrets;
  const auto stored = open_secrets(*store, seal, later).value().cookie_secrets;
  EXPECT_EQ(pack(stored), pack(held));
  EXPECT_EQ(store->revisions(1)->at(0).comment(), "a new secret for DNS cookies");
}

TEST(Vault, RotatesTheSecretsOfDnsNodesAndOfEdgesByOneRevision) {
  const TestDirectory directory;
  const auto store = std::move(SqliteStore::open(directory.path() / "store.db").value());
  const auto seal = load_seal(directory.path(), *store).value();
  const auto first = open_secrets(*store, seal, kNow).value();
  ASSERT_EQ(first.edge_secrets.size(), 2u);
  EXPECT_NE(first.edge_secrets[0].secret(), first.cookie_secrets[0].secret());
  const auto head = std::move(Head::load(*store, first).value());
  const auto later = kNow + kCookieSecretLife;
  ASSERT_EQ(rotate_due_secrets(*head, seal, {"controller", later}).value(), Revision{1});
  EXPECT_EQ(store->revisions(1)->at(0).comment(),
            "a new secret for DNS cookies; a new secret for sticky cookies");
  const auto held = head->current()->secrets->edge_secrets;
  ASSERT_EQ(held.size(), 3u);
  EXPECT_EQ(held[1].secret(), first.edge_secrets[1].secret()) << "edges had it a life ahead";
  const auto stored = open_secrets(*store, seal, later).value().edge_secrets;
  EXPECT_EQ(pack(stored), pack(held));
  for (const auto& [name, sealed] : store->secrets().value())
    for (const auto& one : held)
      EXPECT_EQ(sealed.find(one.secret()), std::string::npos) << name << " lies open in the store";

  ASSERT_TRUE(rotate_cookie_secret(*head, seal, {"ops", later}));
  EXPECT_EQ(pack(head->current()->secrets->edge_secrets), pack(held)) << "an operator's early one";
}

TEST(Vault, MakesNoNewKeyWhereSecretsAreSealedAlready) {
  const TestDirectory directory;
  const auto store = std::move(SqliteStore::open(directory.path() / "store.db").value());
  ASSERT_TRUE(open_secrets(*store, load_seal(directory.path(), *store).value(), kNow));
  std::filesystem::remove(directory.path() / "secrets-key");
  const auto seal = load_seal(directory.path(), *store);
  ASSERT_FALSE(seal);
  EXPECT_EQ(seal.error().what,
            "is missing, but the store holds secrets sealed with it: put it back from a backup");
}

TEST(Vault, NamesTheSecretThatItsKeyDoesNotOpen) {
  const TestDirectory directory;
  const auto store = std::move(SqliteStore::open(directory.path() / "store.db").value());
  ASSERT_TRUE(open_secrets(*store, Seal({1}), kNow));
  const auto secrets = open_secrets(*store, Seal({2}), kNow);
  ASSERT_FALSE(secrets);
  EXPECT_EQ(secrets.error().where, "cookie-secret");
}

}  // namespace
}  // namespace meridian::control

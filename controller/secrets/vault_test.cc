#include "controller/secrets/vault.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "controller/test_directory.h"

namespace meridian::control {
namespace {

TEST(Vault, MakesTheCookieSecretOnce) {
  const TestDirectory directory;
  const auto store = std::move(SqliteStore::open(directory.path() / "store.db").value());
  const auto seal = load_seal(directory.path(), *store).value();
  const auto secret = open_secrets(*store, seal).value().cookie_secret;
  EXPECT_EQ(secret.size(), 16u);
  EXPECT_EQ(open_secrets(*store, seal).value().cookie_secret, secret);
  for (const auto& [name, sealed] : store->secrets().value())
    EXPECT_EQ(sealed.find(secret), std::string::npos) << name << " lies open in the store";
}

TEST(Vault, MakesNoNewKeyWhereSecretsAreSealedAlready) {
  const TestDirectory directory;
  const auto store = std::move(SqliteStore::open(directory.path() / "store.db").value());
  ASSERT_TRUE(open_secrets(*store, load_seal(directory.path(), *store).value()));
  std::filesystem::remove(directory.path() / "secrets-key");
  const auto seal = load_seal(directory.path(), *store);
  ASSERT_FALSE(seal);
  EXPECT_EQ(seal.error().what,
            "is missing, but the store holds secrets sealed with it: put it back from a backup");
}

TEST(Vault, NamesTheSecretThatItsKeyDoesNotOpen) {
  const TestDirectory directory;
  const auto store = std::move(SqliteStore::open(directory.path() / "store.db").value());
  ASSERT_TRUE(open_secrets(*store, Seal({1})));
  const auto secrets = open_secrets(*store, Seal({2}));
  ASSERT_FALSE(secrets);
  EXPECT_EQ(secrets.error().where, "cookie-secret");
}

}  // namespace
}  // namespace meridian::control

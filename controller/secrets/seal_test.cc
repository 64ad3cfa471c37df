#include "controller/secrets/seal.h"

#include <gtest/gtest.h>

#include "common/disk/file.h"
#include "controller/test_directory.h"

namespace meridian::control {
namespace {

TEST(Seal, OpensWhatItClosed) {
  const Seal seal({1, 2, 3});
  for (const std::size_t size : {0, 1, 5'000}) {
    const std::string secret(size, 'k');
    const auto sealed = seal.close("zone-keys/shop.example", secret);
    ASSERT_TRUE(sealed);
    EXPECT_EQ(seal.open("zone-keys/shop.example", *sealed).value(), secret);
    EXPECT_EQ(sealed->find("kkkkkkkk"), std::string::npos);
  }
}

TEST(Seal, ClosesTheSameSecretDifferentlyEachTime) {
  const Seal seal({});
  EXPECT_NE(seal.close("a", "secret").value(), seal.close("a", "secret").value());
}

TEST(Seal, RefusesAnotherKeyNameOrOctet) {
  const Seal seal({1});
  const auto sealed = seal.close("a", "secret").value();
  EXPECT_FALSE(Seal({2}).open("a", sealed));
  EXPECT_FALSE(seal.open("b", sealed));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(seal.open("a", damaged)) << i;
    EXPECT_FALSE(seal.open("a", sealed.substr(0, i))) << i;
  }
  EXPECT_EQ(Seal({2}).open("cookie-secret", sealed).error().text(),
            "cookie-secret: was sealed with another key, or damaged: put secrets-key and the store "
            "back from the same backup");
}

TEST(Seal, KeepsItsKeyForItsOwnerOnly) {
  const TestDirectory directory;
  EXPECT_FALSE(Seal::exists(directory.path()));
  const auto first = Seal::load_or_create(directory.path());
  ASSERT_TRUE(first);
  EXPECT_TRUE(Seal::exists(directory.path()));
  const auto sealed = first->close("a", "secret").value();
  EXPECT_EQ(Seal::load_or_create(directory.path())->open("a", sealed).value(), "secret");
  const auto owner = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  EXPECT_EQ(std::filesystem::status(directory.path() / "secrets-key").permissions(), owner);
}

TEST(Seal, SaysWhenItsKeyIsDamaged) {
  const TestDirectory directory;
  ASSERT_TRUE(write_file_atomically(directory.path() / "secrets-key", "short", 0600));
  const auto seal = Seal::load_or_create(directory.path());
  ASSERT_FALSE(seal);
  EXPECT_EQ(seal.error().what, "is not a key of 32 bytes; put it back from a backup");
}

}  // namespace
}  // namespace meridian::control

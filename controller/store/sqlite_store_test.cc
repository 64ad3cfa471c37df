#include "controller/store/sqlite_store.h"

#include <fstream>

#include <gtest/gtest.h>

#include "controller/test_directory.h"

namespace meridian::control {
namespace {

TEST(SqliteStore, IsReadableByItsOwnerOnly) {
  const TestDirectory directory;
  const auto file = directory.path() / "store.db";
  const auto store = std::move(SqliteStore::open(file).value());
  v1::Purge purge;
  purge.set_everything(true);
  ASSERT_TRUE(store->append_purge(purge));
  const auto owner = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    EXPECT_EQ(entry.status().permissions(), owner) << entry.path();
}

TEST(SqliteStore, RefusesTheLayoutOfAnotherVersion) {
  const TestDirectory directory;
  const auto file = directory.path() / "store.db";
  (void)std::move(SqliteStore::open(file).value());
  ASSERT_TRUE(execute(*open_database(file).value(), "UPDATE schema SET version = 99"));
  const auto store = SqliteStore::open(file);
  ASSERT_FALSE(store);
  EXPECT_EQ(
      store.error().text(),
      file.string() +
          ": has the layout number 99; this controller knows number 2 and older only: run the "
          "version that wrote it, or a newer one");
}

TEST(SqliteStore, RaisesTheLayoutOfTheFirstVersion) {
  const TestDirectory directory;
  const auto file = directory.path() / "store.db";
  ASSERT_TRUE(std::move(SqliteStore::open(file).value())->append_purge({}));
  ASSERT_TRUE(
      execute(*open_database(file).value(), "DROP TABLE secrets; UPDATE schema SET version = 1"));
  const auto store = std::move(SqliteStore::open(file).value());
  EXPECT_EQ(store->keep_secret("a", "sealed").value(), "sealed");
  EXPECT_EQ(store->purge_bounds().value().last, PurgeSequence{1});
}

TEST(SqliteStore, SaysWhenTheFileIsNoDatabase) {
  const TestDirectory directory;
  const auto file = directory.path() / "store.db";
  std::ofstream(file) << std::string(4096, 'x');
  const auto store = SqliteStore::open(file);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().text().find("file is not a database"), std::string::npos)
      << store.error().text();
}

// The bound of the log, at a size that a test can fill: straight in the table.
TEST(SqliteStore, KeepsTheNewestPurgesOnly) {
  const TestDirectory directory;
  const auto file = directory.path() / "store.db";
  const auto store = std::move(SqliteStore::open(file).value());
  ASSERT_TRUE(execute(*open_database(file).value(),
                      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000)"
                      " INSERT INTO purges (body) SELECT x'' FROM n"));
  v1::Purge purge;
  purge.set_everything(true);
  EXPECT_EQ(store->append_purge(purge).value(), PurgeSequence{10'001});
  EXPECT_EQ(store->purge_bounds().value().first, PurgeSequence{2});
  EXPECT_EQ(store->purge_bounds().value().last, PurgeSequence{10'001});
}

}  // namespace
}  // namespace meridian::control

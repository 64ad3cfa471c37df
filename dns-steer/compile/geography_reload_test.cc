#include "dns-steer/compile/geography_reload.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

namespace fs = std::filesystem;
using Wish = GeographyReload::Wish;
/// Files of an operator, the copies of a node, and one table of two locations.
class GeographyReloadTest : public ::testing::Test {
 protected:
  const fs::path directory_ = fs::path(testing::TempDir()) /
                              ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const fs::path file_ = directory_ / "places.mmdb";
  const fs::path kept_ = directory_ / "node" / "geography";

  void SetUp() override {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    put("fixture-flat-ipv4.mmdb");
  }

  /// As a well-behaved download does: a new file in the place of the old one.
  void put(const char* fixture) const {
    fs::copy_file(fs::path(MERIDIAN_GEOIP_FIXTURE) / fixture, directory_ / "new",
                  fs::copy_options::overwrite_existing);
    fs::rename(directory_ / "new", file_);
  }

  DatabaseStore store() const { return DatabaseStore({file_}, kept_); }

  struct Node {
    explicit Node(DatabaseStore store_, double most_moved = 1)
        : geography(open_or_copy(store_).value()),
          reload(std::move(store_), geography, {.most_moved = most_moved},
                 [this](Geography::Change change) { geography.commit(std::move(change)); }) {
      (void)lead();
    }
    /// Where 128.32.1.1 (Berkeley) is led: the middle of the United States is nearer to Chicago.
    std::string lead() {
      const std::vector<geo::Coordinates> locations{{41.9, -87.6}, {37.6, -122.4}};
      const auto tables = geography.tables(locations, {RankingRule{}}).value();
      const auto hit = tables[0]->find(parse_address("128.32.1.1").value());
      return hit.ranking[0] == 0 ? "chicago" : "san francisco";
    }
    Geography geography;
    GeographyReload reload;
  };
};

TEST_F(GeographyReloadTest, TakesANewFileOnceItHasComeToRest) {
  Node node(store());
  EXPECT_EQ(node.lead(), "san francisco");
  node.reload.look(Wish::none);
  put("fixture-country.mmdb");
  node.reload.look(Wish::none);
  EXPECT_EQ(node.lead(), "san francisco") << "it may still be growing";
  node.reload.look(Wish::none);
  EXPECT_EQ(node.lead(), "chicago");
  EXPECT_EQ(node.reload.reloads(), 1u);
  node.reload.look(Wish::none);
  EXPECT_EQ(node.reload.reloads(), 1u);
}

TEST_F(GeographyReloadTest, RefusesABrokenFileAndServesOn) {
  Node node(store());
  fs::resize_file(file_, fs::file_size(file_) / 2);
  node.reload.look(Wish::reload);
  EXPECT_EQ(node.lead(), "san francisco");
  EXPECT_TRUE(node.reload.is_refusing());
  EXPECT_EQ(node.reload.refusals(), 1u);
  fs::remove(file_);
  node.reload.look(Wish::reload);
  EXPECT_EQ(node.lead(), "san francisco");
  put("fixture-country.mmdb");
  node.reload.look(Wish::reload);
  EXPECT_EQ(node.lead(), "chicago");
  EXPECT_FALSE(node.reload.is_refusing());
}

// Written into and shortened in place: what is mapped into memory must be something else.
TEST_F(GeographyReloadTest, ReadsOnFromItsOwnCopyWhenTheFileIsCutShort) {
  Node node(store());
  fs::resize_file(file_, 0);
  EXPECT_TRUE(find_place(*node.geography.databases(), parse_address("128.32.1.1").value()));
  EXPECT_TRUE(node.geography.read());
  EXPECT_EQ(node.lead(), "san francisco");
}

TEST_F(GeographyReloadTest, StartsWithTheLastGoodCopyWhenTheFileIsBroken) {
  { Node node(store()); }
  std::ofstream(file_, std::ios::trunc) << "nonsense";
  Node node(store());
  EXPECT_EQ(node.lead(), "san francisco");
  node.reload.look(Wish::none);
  node.reload.look(Wish::none);
  EXPECT_TRUE(node.reload.is_refusing());
  EXPECT_EQ(node.lead(), "san francisco");
}

TEST_F(GeographyReloadTest, FailsToStartWithoutAnyGoodFile) {
  std::ofstream(file_, std::ios::trunc) << "nonsense";
  const auto none = open_or_copy(store());
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().text().starts_with(file_.string() + ": is not a database"));
}

TEST_F(GeographyReloadTest, RefusesWhatMovesTooMuchUntilForced) {
  Node node(store(), 0.001);
  put("fixture-country.mmdb");
  node.reload.look(Wish::reload);
  EXPECT_EQ(node.lead(), "san francisco");
  EXPECT_TRUE(node.reload.is_refusing());
  node.reload.look(Wish::force);
  EXPECT_EQ(node.lead(), "chicago");
  EXPECT_FALSE(node.reload.is_refusing());
  // Also after a restart.
  Node again(store(), 0.001);
  EXPECT_EQ(again.lead(), "chicago");
}

TEST_F(GeographyReloadTest, TakesAFileThatWasOnlyTouchedForWhatItIs) {
  Node node(store());
  put("fixture-flat-ipv4.mmdb");
  node.reload.look(Wish::none);
  node.reload.look(Wish::none);
  EXPECT_EQ(node.reload.reloads(), 0u);
  EXPECT_FALSE(node.reload.is_refusing());
}

TEST_F(GeographyReloadTest, KeepsOneSetOfCopies) {
  Node node(store());
  put("fixture-country.mmdb");
  node.reload.look(Wish::reload);
  std::vector<fs::path> sets;
  for (const auto& entry : fs::directory_iterator(kept_))
    if (entry.is_directory()) sets.push_back(entry.path());
  EXPECT_EQ(sets.size(), 1u) << ::testing::PrintToString(sets);
}

}  // namespace
}  // namespace meridian::dns

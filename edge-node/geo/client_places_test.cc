#include "edge-node/geo/client_places.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "edge-node/geo/places_reload.h"

namespace meridian::edge {
namespace {

namespace fs = std::filesystem;

/// Files of an operator, and the copies of an edge.
class ClientPlacesTest : public ::testing::Test {
 protected:
  const fs::path directory_ = fs::path(testing::TempDir()) /
                              ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const fs::path files_ = directory_ / "files";

  void SetUp() override {
    fs::remove_all(directory_);
    fs::create_directories(files_);
  }
  /// As a well-behaved download does: a new file in the place of the old one.
  void put(const char* fixture, const char* name) const {
    fs::copy_file(fs::path(MERIDIAN_GEOIP_FIXTURE) / fixture, directory_ / "new",
                  fs::copy_options::overwrite_existing);
    fs::rename(directory_ / "new", files_ / name);
  }
  DatabaseStore store() const { return DatabaseStore({files_}, directory_ / "copies"); }
};

TEST_F(ClientPlacesTest, TellsCountryAndAutonomousSystem) {
  put("fixture-country.mmdb", "a.mmdb");
  put("fixture-asn.mmdb", "b.mmdb");
  const ClientPlaces places(open_or_copy(store()).value());
  const auto paris = places.find(*parse_address("134.157.0.1"));
  EXPECT_EQ(country_text(paris.country), "FR");
  EXPECT_NE(paris.asn, 0u);
  const auto nowhere = places.find(*parse_address("127.0.0.1"));
  EXPECT_EQ(nowhere.country, 0);
  EXPECT_EQ(nowhere.asn, 0u);
}

TEST_F(ClientPlacesTest, NewerFilesAreFollowedAndDamagedOnesRefused) {
  put("fixture-asn.mmdb", "a.mmdb");
  auto first = open_or_copy(store()).value();
  std::shared_ptr<const ClientPlaces> served;
  PlacesReload reload(store(), first, [&](auto places) { served = std::move(places); });
  reload.look();
  reload.look();
  EXPECT_EQ(served, nullptr) << "nothing is new";
  put("fixture-country.mmdb", "a.mmdb");
  reload.look();
  EXPECT_EQ(served, nullptr) << "it may still change";
  reload.look();
  ASSERT_NE(served, nullptr);
  const auto client = *parse_address("134.157.0.1");
  EXPECT_EQ(country_text(served->find(client).country), "FR");
  fs::resize_file(files_ / "a.mmdb", 100);
  reload.look();
  reload.look();
  EXPECT_EQ(reload.refusals(), 1u);
  EXPECT_EQ(reload.reloads(), 1u);
  EXPECT_EQ(country_text(served->find(client).country), "FR") << "copies are what is served";
}

}  // namespace
}  // namespace meridian::edge

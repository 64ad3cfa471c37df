#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "edge-node/testing/world.h"

namespace meridian::edge {
namespace {

using testing::eventually;
using testing::reply;
using testing::World;
using Origin = testing::Origin;

constexpr const char* kHost = World::kHost;

class CacheDisk : public ::testing::Test {
 protected:
  CacheDisk() {
    std::string name = (std::filesystem::temp_directory_path() / "cache-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    start();
  }
  ~CacheDisk() override {
    world_.reset();
    std::filesystem::remove_all(directory_);
  }

  void start() {
    world_.reset();
    world_ =
        std::make_unique<World>(std::vector<const Origin*>{&origin_}, [&](EdgeOptions& options) {
          options.cache_disk = directory_;
          options.cache_disk_bytes = 64 << 20;
        });
  }

  /// Asked for twice, and on disk.
  void bring_to_disk() {
    const auto written = bytes_on_disk();
    for (int i = 0; i < 2; ++i) ASSERT_EQ(world_->visit()->get(kHost, "/big").body, body_);
    ASSERT_TRUE(eventually([&] { return bytes_on_disk() > written + body_.size(); }));
  }

  std::uintmax_t bytes_on_disk() const {
    std::uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory_))
      bytes += file.file_size();
    return bytes;
  }

  const std::string body_ = std::string(700'000, 'b') + "end";
  Origin origin_{[this](const auto&) -> Origin::Reply {
    return {.bytes = reply(200, "Cache-Control: max-age=600\r\nSurrogate-Key: red\r\n", body_),
            .gated = false,
            .after_gate = {},
            .close = false};
  }};
  std::filesystem::path directory_;
  std::unique_ptr<World> world_;
};

TEST_F(CacheDisk, AnswersAfterARestartWithoutTheOrigin) {
  bring_to_disk();
  start();
  testing::Response first;
  // The index is read beside serving: until then the origin answers.
  ASSERT_TRUE(eventually([&] {
    first = world_->visit()->get(kHost, "/big");
    if (first.field("cache-status") == "meridian; hit; detail=disk") return true;
    start();
    return false;
  }));
  EXPECT_EQ(first.body, body_);
  EXPECT_EQ(first.field("surrogate-key"), "");
  const auto second = world_->visit()->get(kHost, "/big", "Range: bytes=699999-700002\r\n");
  EXPECT_EQ(second.status, 206);
  EXPECT_EQ(second.body, "bend");
}

TEST_F(CacheDisk, APurgeHoldsAfterARestart) {
  bring_to_disk();
  v1::Purge purge;
  purge.set_sequence(1);
  purge.mutable_tag()->set_site("shop");
  purge.mutable_tag()->set_tag("red");
  ASSERT_TRUE(world_->edge().purge(purge));
  start();
  EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  EXPECT_EQ(origin_.requests(), 2);
}

TEST_F(CacheDisk, WhatIsDamagedIsFetchedAgain) {
  bring_to_disk();
  world_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    if (entry.path().filename() == "purges") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000);
    file.put('x');
  }
  start();
  EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  EXPECT_EQ(origin_.requests(), 2);
}

TEST_F(CacheDisk, ADirectoryThatGoesAwayLeavesTheMemory) {
  std::filesystem::remove_all(directory_);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  v1::Purge purge;
  purge.set_sequence(1);
  purge.set_everything(true);
  ASSERT_TRUE(world_->edge().purge(purge));
  EXPECT_EQ(world_->visit()->get(kHost, "/big").body, body_);
  EXPECT_EQ(origin_.requests(), 2);
}

}  // namespace
}  // namespace meridian::edge

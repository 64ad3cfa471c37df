#include "controller/transfer/zone_transfers.h"

#include <gtest/gtest.h>

#include "controller/test_directory.h"
#include "controller/transfer/test_primary.h"

namespace meridian::control {
namespace {

using testing::address;
using testing::nameserver;
using testing::soa;
using testing::TestPrimary;

constexpr auto kSoa = TestPrimary::kSoa, kIxfr = TestPrimary::kIxfr, kAxfr = TestPrimary::kAxfr;

/// A controller's head, and its transfers under way.
class Transfers : public ::testing::Test {
 protected:
  Transfers() {
    head_->announce_to([this] {
      transfers_.revision_news();
      const std::lock_guard lock(mutex_);
      news_.notify_all();
    });
    transfers_.start();
  }
  ~Transfers() override { transfers_.stop(); }

  void declare(std::initializer_list<const TestPrimary*> primaries) {
    v1::ApplyRequest request;
    auto& resource = *request.add_upserts();
    resource.set_name("shop.test");
    for (const auto* primary : primaries) {
      auto& peer = *resource.mutable_zone()->add_primaries();
      peer.set_address("127.0.0.1");
      peer.set_port(primary->endpoint().port);
    }
    const auto applied = head_->apply(request, {"operator", WallClock::now()});
    ASSERT_TRUE(applied && applied->violations.empty());
  }

  void await_serial(std::uint32_t serial) {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [&] {
      const auto head = head_->current();
      const auto* content = head->configuration.find(v1::KIND_ZONE_CONTENT, "shop.test");
      return content != nullptr && content->zone_content().zone().serial() == serial;
    });
  }

  const TestDirectory directory_;
  const std::unique_ptr<SqliteStore> store_ =
      std::move(SqliteStore::open(directory_.path() / "store.db").value());
  const std::unique_ptr<Head> head_ = std::move(Head::load(*store_, {}).value());
  const Clocks clocks_;
  std::mutex mutex_;
  std::condition_variable news_;
  ZoneTransfers transfers_{*head_, clocks_};
};

TestPrimary::Answers whole(std::uint32_t serial) {
  return {{kSoa, {soa(serial)}}, {kAxfr, {soa(serial), nameserver(), soa(serial)}}};
}

TEST_F(Transfers, AskPrimariesAsSoonAsTheyAreDeclared) {
  TestPrimary before(whole(5));
  declare({&before});
  await_serial(5);
  TestPrimary after(whole(6));
  declare({&after});  // long before REFRESH is over
  await_serial(6);
}

TEST_F(Transfers, TakeTheWholeZoneWhereStepsLeadToNoZone) {
  TestPrimary primary(whole(5));
  declare({&primary});
  await_serial(5);
  auto answers = whole(6);
  answers[kIxfr] = {soa(6), soa(5), nameserver(), soa(6), soa(6)};  // no name server is left
  primary.answer_with(answers);
  declare({&primary, &primary});
  await_serial(6);
  EXPECT_EQ(primary.asked(), (std::vector<std::uint16_t>{kSoa, kAxfr, kSoa, kIxfr, kSoa, kAxfr}));
}

}  // namespace
}  // namespace meridian::control

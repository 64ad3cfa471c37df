#include "controller/transfer/zone_transfers.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "controller/test_directory.h"
#include "controller/transfer/test_primary.h"

namespace meridian::control {
namespace {

using testing::address;
using testing::nameserver;
using testing::soa;
using testing::TestPrimary;
using namespace std::chrono_literals;

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

  /// Zones with this primary.
  void declare_many(const TestPrimary& primary, int count) {
    v1::ApplyRequest request;
    for (int i = 0; i < count; ++i) {
      auto& resource = *request.add_upserts();
      resource.set_name("zone" + std::to_string(i) + ".test");
      auto& peer = *resource.mutable_zone()->add_primaries();
      peer.set_address("127.0.0.1");
      peer.set_port(primary.endpoint().port);
    }
    const auto applied = head_->apply(request, {"operator", WallClock::now()});
    ASSERT_TRUE(applied && applied->violations.empty());
  }

  int zones_held() const {
    const auto head = head_->current();
    const auto& all = head->configuration.resources();
    return static_cast<int>(std::count_if(
        all.begin(), all.end(), [](const auto& entry) { return entry.second.has_zone_content(); }));
  }
  void await_zones(int count) {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [&] { return zones_held() == count; });
  }

  void advance(std::chrono::seconds time) {
    passed_ += time.count();
    transfers_.revision_news();  // wakes who waits
  }
  TransferStatus status() const { return transfers_.status("shop.test").value(); }

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
  std::atomic<std::int64_t> passed_{0};  // seconds
  const Clocks clocks_{
      .wall = [this] { return WallTime() + std::chrono::seconds(1'700'000'000 + passed_); },
      .steady = [this] { return Instant() + std::chrono::seconds(1'000'000 + passed_); }};
  std::mutex mutex_;
  std::condition_variable news_;
  ZoneTransfers transfers_{*head_, clocks_};
};

/// Until it holds; what sees to it is under way.
template <class Condition>
void await(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

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

TEST_F(Transfers, AskAnotherPrimaryWhereAZoneIsRefused) {
  auto answers = whole(5);
  answers[kAxfr] = {soa(5),
                    nameserver(),
                    address("www.shop.test"),
                    {"www.shop.test", 5, zone::parse_name("shop.test").value()},
                    soa(5)};
  TestPrimary wrong(answers);
  TestPrimary right(whole(4));
  declare({&wrong, &right});
  await_serial(4);
  EXPECT_EQ(wrong.asked(), (std::vector<std::uint16_t>{kSoa, kAxfr}));
}

TestPrimary::Answers any_zone() {
  auto start = soa(5);
  auto servers = nameserver();
  start.owner = servers.owner = "@";
  return {{kSoa, {start}}, {kAxfr, {start, servers, start}}};
}

// A revision costs as much as all that is configured: as many revisions as zones would be work for
// the square of their number.
TEST_F(Transfers, MakeFewRevisionsOfManyZones) {
  constexpr int kZones = 200;
  TestPrimary primary(any_zone());
  int revisions = 0;
  head_->complete_with([&](const Configuration& next, const NodeSecrets&, Revision, WallTime) {
    const auto& all = next.resources();
    if (std::any_of(all.begin(), all.end(),
                    [](const auto& entry) { return entry.second.has_zone_content(); })) {
      ++revisions;
      // Meanwhile all others arrive.
      primary.await_queries(std::size_t{2} * kZones);
    }
    return Result<Completion>(Completion{});
  });
  declare_many(primary, kZones);
  await_zones(kZones);
  // The first, what had arrived by its end, and what the other threads were about to bring.
  EXPECT_LE(revisions, 2 + ZoneTransfers::kThreads);
}

TEST_F(Transfers, LookAgainWhenRefreshAndRetrySaySo) {
  TestPrimary primary(whole(5));  // REFRESH 3600, RETRY 600, EXPIRE 1209600
  declare({&primary});
  await_serial(5);
  await([&] { return transfers_.transfers() == 1; });
  EXPECT_EQ(*status().next_check - clocks_.wall(), 3600s);
  primary.answer_with({});  // NOTIMP
  advance(3600s);
  await([&] { return transfers_.failures() == 1; });
  EXPECT_NE(status().error, "");
  EXPECT_EQ(*status().next_check - clocks_.wall(), 600s);
  primary.answer_with(whole(6));
  advance(600s);
  await_serial(6);
  await([&] { return transfers_.transfers() == 2; });
  EXPECT_EQ(status().error, "");
  EXPECT_EQ(*status().next_check - clocks_.wall(), 3600s);
}

TEST_F(Transfers, SayWhenAZoneHasExpiredAndKeepIt) {
  TestPrimary primary(whole(5));
  declare({&primary});
  await_serial(5);
  await([&] { return transfers_.transfers() == 1; });
  primary.answer_with({});
  advance(1'209'600s);
  await([&] { return transfers_.failures() == 1; });
  EXPECT_FALSE(status().expired);
  advance(1s);
  EXPECT_TRUE(status().expired);
  EXPECT_EQ(transfers_.expired(), 1u);
  EXPECT_EQ(zones_held(), 1);
  primary.answer_with(whole(5));
  advance(600s);
  await([&] { return status().error.empty(); });
  EXPECT_FALSE(status().expired);
}

}  // namespace
}  // namespace meridian::control

#include "edge-node/net/ticket_keys.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using std::chrono::hours;

constexpr WallTime kStart{std::chrono::seconds{1'800'000'000 / 43'200 * 43'200}};

std::string_view text(const TicketKey& key) {
  return {reinterpret_cast<const char*>(key.name.data()), key.name.size()};
}

std::shared_ptr<const TicketSecrets> secrets(std::string first, std::string second = {}) {
  TicketSecrets made{{kStart - hours(1000), std::move(first)}};
  if (!second.empty()) made.push_back({kStart + hours(18), std::move(second)});
  return std::make_shared<const TicketSecrets>(std::move(made));
}

TEST(TicketKeys, AreTheSameAtAllEdgesAndOthersInEachPeriod) {
  TicketKeyring here, there;
  here.use(secrets("0123456789abcdef"), kStart);
  there.use(secrets("0123456789abcdef"), kStart + hours(11));
  EXPECT_EQ(here.sealing().name, there.sealing().name);
  EXPECT_EQ(here.sealing().cipher, there.sealing().cipher);
  EXPECT_EQ(here.sealing().mac, there.sealing().mac);
  const auto before = here.sealing();
  here.use(secrets("0123456789abcdef"), kStart + hours(12));
  EXPECT_NE(here.sealing().name, before.name);
  EXPECT_NE(here.sealing().cipher, before.cipher);
}

TEST(TicketKeys, OpenForOnePeriodMore) {
  const auto shared = secrets("0123456789abcdef");
  TicketKeyring keys;
  keys.use(shared, kStart);
  const TicketKey first = keys.sealing();
  keys.use(shared, kStart + hours(23));
  ASSERT_TRUE(keys.opening(text(first)));
  EXPECT_EQ(keys.opening(text(first))->cipher, first.cipher);
  keys.use(shared, kStart + hours(24));
  EXPECT_FALSE(keys.opening(text(first)));
}

TEST(TicketKeys, OfAClockThatGoesAheadOpen) {
  const auto shared = secrets("0123456789abcdef");
  TicketKeyring ahead, keys;
  ahead.use(shared, kStart + hours(12));
  keys.use(shared, kStart + hours(11));
  EXPECT_TRUE(keys.opening(text(ahead.sealing())));
}

TEST(TicketKeys, ComeFromTheSecretThatCountsWhenAPeriodBegins) {
  TicketKeyring changing, old;
  const auto both = secrets("0123456789abcdef", "fedcba9876543210");
  changing.use(both, kStart + hours(20));
  old.use(secrets("0123456789abcdef"), kStart + hours(20));
  EXPECT_EQ(changing.sealing().cipher, old.sealing().cipher);
  changing.use(both, kStart + hours(24));
  old.use(secrets("0123456789abcdef"), kStart + hours(24));
  EXPECT_NE(changing.sealing().cipher, old.sealing().cipher);
}

TEST(TicketKeys, OfOtherSecretsDoNotOpen) {
  TicketKeyring ours, theirs;
  ours.use(secrets("0123456789abcdef"), kStart);
  theirs.use(secrets("0123456789abcdeF"), kStart);
  EXPECT_FALSE(ours.opening(text(theirs.sealing())));
}

}  // namespace
}  // namespace meridian::edge

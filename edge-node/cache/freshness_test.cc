#include "edge-node/cache/freshness.h"

#include <gtest/gtest.h>

#include "edge-node/http/date.h"

namespace meridian::edge {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const WallTime kNow = WallClock::from_time_t(1'700'000'000);

struct Header {
  std::string name, value;
};
http::Fields fields(std::initializer_list<Header> list) {
  http::Fields result;
  for (const auto& header : list) result.add(header.name, header.value);
  return result;
}
std::string date(seconds from_now) { return http::format_date(kNow + from_now); }

seconds lifetime(std::initializer_list<Header> response, int status = 200,
                 const CachePolicy& policy = {}) {
  return freshness_lifetime(status, fields(response), policy, kNow);
}

TEST(Freshness, SMaxageGoesBeforeMaxAgeBeforeExpires) {
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=10, s-maxage=20"}}), seconds(20));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=10"}, {"Expires", date(seconds(99))}}),
            seconds(10));
  EXPECT_EQ(lifetime({{"Date", date(seconds(-5))}, {"Expires", date(seconds(30))}}), seconds(35));
}

TEST(Freshness, InvalidOrRepeatedMeansStale) {
  EXPECT_EQ(lifetime({{"Expires", "0"}}), seconds(0));
  EXPECT_EQ(lifetime({{"Expires", "soon"}}), seconds(0));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=ten"}}), seconds(0));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=-1"}}), seconds(0));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=10, max-age=5"}}), seconds(5));
  EXPECT_EQ(lifetime({{"Expires", date(seconds(9))}, {"Expires", date(seconds(9))}}), seconds(0));
}

TEST(Freshness, TheHeuristicIsATenthOfTheAge) {
  EXPECT_EQ(lifetime({{"Last-Modified", date(seconds(-100))}}), seconds(10));
  EXPECT_EQ(lifetime({{"Last-Modified", date(seconds(100))}}), seconds(0));
  EXPECT_EQ(lifetime({{"Last-Modified", date(seconds(-100))}}, 302), seconds(0));
}

TEST(Freshness, ThePolicyGivesADefaultAndABound) {
  CachePolicy policy;
  policy.default_ttl = seconds(7);
  policy.max_ttl = seconds(60);
  EXPECT_EQ(lifetime({}, 200, policy), seconds(7));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=0"}}, 200, policy), seconds(0));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=99999999999999999999"}}, 200, policy),
            seconds(60));
}

TEST(Freshness, AgeCountsWhatCachesBeforeUsSay) {
  const ExchangeTimes times{.request = kNow - seconds(2), .response = kNow};
  EXPECT_EQ(initial_age(fields({{"Age", "10"}, {"Date", date(seconds(0))}}), times), seconds(12));
  EXPECT_EQ(initial_age(fields({{"Date", date(seconds(-30))}}), times), seconds(30));
  EXPECT_EQ(initial_age(fields({{"Age", "x"}}), times), seconds(2));
}

Store store(std::initializer_list<Header> response, std::initializer_list<Header> request = {},
            int status = 200) {
  return storable(fields(request), status, fields(response), CachePolicy(), kNow);
}

TEST(Storable, FollowsTheDirectives) {
  EXPECT_EQ(store({{"Cache-Control", "max-age=1"}}), Store::yes);
  EXPECT_EQ(store({{"Cache-Control", "max-age=1, no-store"}}), Store::no_store);
  EXPECT_EQ(store({{"Cache-Control", "max-age=1"}}, {{"Cache-Control", "no-store"}}),
            Store::no_store);
  EXPECT_EQ(store({{"Cache-Control", "private, max-age=1"}}), Store::is_private);
  EXPECT_EQ(store({{"Cache-Control", "private=\"x-a, x-b\", max-age=1"}}), Store::is_private);
  EXPECT_EQ(store({{"Cache-Control", "max-age=1"}, {"Vary", "Accept, *"}}), Store::vary_any);
  EXPECT_EQ(store({}), Store::no_lifetime);
  EXPECT_EQ(store({{"ETag", "\"a\""}}), Store::yes);  // to be revalidated each time
  EXPECT_EQ(store({{"Cache-Control", "max-age=1"}}, {}, 206), Store::status);
}

TEST(Storable, AuthorizedRequestsNeedLeave) {
  const std::initializer_list<Header> request = {{"Authorization", "Basic eDp5"}};
  EXPECT_EQ(store({{"Cache-Control", "max-age=1"}}, request), Store::authorization);
  EXPECT_EQ(store({{"Cache-Control", "max-age=1, public"}}, request), Store::yes);
  EXPECT_EQ(store({{"Cache-Control", "s-maxage=1"}}, request), Store::yes);
  EXPECT_EQ(store({{"Cache-Control", "max-age=1, must-revalidate"}}, request), Store::yes);
}

TEST(Storable, ACookieIsForOneUserUnlessSaidOtherwise) {
  EXPECT_EQ(store({{"Cache-Control", "max-age=1"}, {"Set-Cookie", "a=b"}}), Store::set_cookie);
  EXPECT_EQ(store({{"Cache-Control", "public, max-age=1"}, {"Set-Cookie", "a=b"}}), Store::yes);
}

Use use(const Freshness& stored, const std::string& request, seconds later) {
  return may_use(stored, http::parse_cache_control(fields({{"Cache-Control", request}})),
                 kNow + later);
}

TEST(Use, AResponseIsFreshUntilItsLifetimeIsOver) {
  const Freshness stored{.response_time = kNow, .initial_age = seconds(5), .lifetime = seconds(10)};
  EXPECT_EQ(use(stored, "", seconds(4)), Use::fresh);
  EXPECT_EQ(use(stored, "", seconds(5)), Use::stale);
  EXPECT_EQ(use({.response_time = kNow, .lifetime = hours(1), .no_cache = true}, "", seconds(0)),
            Use::stale);
}

TEST(Use, RequestsMayAskForMoreOrLess) {
  const Freshness stored{.response_time = kNow, .lifetime = seconds(10)};
  EXPECT_EQ(use(stored, "no-cache", seconds(1)), Use::client_insists);
  EXPECT_EQ(use(stored, "max-age=0", seconds(1)), Use::client_insists);
  EXPECT_EQ(use(stored, "max-age=5", seconds(4)), Use::fresh);
  EXPECT_EQ(use(stored, "min-fresh=5", seconds(6)), Use::client_insists);
  EXPECT_EQ(use(stored, "max-stale=5", seconds(14)), Use::fresh);
  EXPECT_EQ(use(stored, "max-stale", seconds(9999)), Use::fresh);
  EXPECT_EQ(use(stored, "max-stale=5", seconds(16)), Use::stale);
  const Freshness strict{.response_time = kNow, .lifetime = seconds(10), .must_revalidate = true};
  EXPECT_EQ(use(strict, "max-stale=5", seconds(14)), Use::stale);
}

}  // namespace
}  // namespace meridian::edge

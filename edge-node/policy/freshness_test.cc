#include "edge-node/policy/freshness.h"

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
  const auto headers = fields(response);
  return freshness_lifetime(status, headers, parse_response_directives(headers), policy, kNow);
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
            int status = 200, const CachePolicy& policy = {}) {
  const auto headers = fields(response);
  return storable(fields(request), status, headers, parse_response_directives(headers), policy,
                  kNow);
}

TEST(Storable, FollowsTheDirectives) {
  EXPECT_EQ(store({{"Cache-Control", "max-age=1"}}), Store::yes);
  EXPECT_EQ(store({{"Cache-Control", "max-age=1, no-store"}}), Store::no_store);
  EXPECT_EQ(store({{"Cache-Control", "max-age=1"}}, {{"Cache-Control", "no-store"}}),
            Store::no_store);
  EXPECT_EQ(store({{"Cache-Control", "private, max-age=1"}}), Store::is_private);
  EXPECT_EQ(store({{"Cache-Control", "private=\"x-a, x-b\", max-age=1"}}), Store::yes);
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

TEST(Storable, ACookieIsForAllOnlyIfTheOriginSaysSo) {
  const auto with_cookie = [](const std::string& directives, const std::string& targeted = {},
                              const CachePolicy& policy = {}) {
    http::Fields response = fields({{"ETag", "\"a\""}, {"Set-Cookie", "a=b"}});
    if (!directives.empty()) response.add("Cache-Control", directives);
    if (!targeted.empty()) response.add("CDN-Cache-Control", targeted);
    return storable({}, 200, response, parse_response_directives(response), policy, kNow);
  };
  for (const char* silent :
       {"", "max-age=1", "max-age=0", "no-cache", "must-revalidate, max-age=1"})
    EXPECT_EQ(with_cookie(silent), Store::set_cookie) << silent;
  EXPECT_EQ(store({{"Expires", date(seconds(9))}, {"Set-Cookie", "a=b"}}), Store::set_cookie);
  EXPECT_EQ(with_cookie("public, max-age=1"), Store::yes);
  EXPECT_EQ(with_cookie("s-maxage=1"), Store::yes);
  EXPECT_EQ(with_cookie("max-age=1, no-cache=\"Set-Cookie\""), Store::yes) << "it is left out";
  EXPECT_EQ(with_cookie("no-store", "s-maxage=1"), Store::yes);
  EXPECT_EQ(with_cookie("public", "max-age=1"), Store::set_cookie) << "the targeted field counts";
  CachePolicy policy;
  policy.default_ttl = seconds(7);
  EXPECT_EQ(with_cookie("", "", policy), Store::set_cookie);
  policy.forced_ttl = seconds(7);
  for (const char* silent :
       {"", "max-age=1", "private", "no-store", "private, s-maxage=1", "no-store, public"})
    EXPECT_EQ(with_cookie(silent, "", policy), Store::set_cookie) << "a rule forces " << silent;
  EXPECT_EQ(with_cookie("public", "", policy), Store::yes);
  EXPECT_EQ(with_cookie("private=\"Set-Cookie\"", "", policy), Store::yes) << "it is left out";
}

TEST(Storable, WhatIsChosenByWhoTheVisitorIsServesNobodyElse) {
  for (const char* name : {"X-Forwarded-For", "Accept, forwarded", "traceparent"})
    EXPECT_EQ(store({{"Cache-Control", "max-age=1"}, {"Vary", name}}), Store::vary_any) << name;
  for (const char* name : {"X-Forwarded-Proto", "X-Forwarded-Host", "Via"})
    EXPECT_EQ(store({{"Cache-Control", "max-age=1"}, {"Vary", name}}), Store::yes) << name;
}

TEST(Storable, AnyFinalStatusWithAnExplicitLifetime) {
  for (const int status : {201, 299, 302, 403, 499, 500, 599})
    EXPECT_EQ(store({{"Cache-Control", "max-age=1"}}, {}, status), Store::yes) << status;
  EXPECT_EQ(store({{"Cache-Control", "max-age=1, must-understand"}}, {}, 599), Store::status);
  EXPECT_EQ(store({{"Cache-Control", "max-age=1, must-understand, no-store"}}), Store::yes);
  EXPECT_EQ(store({{"Cache-Control", "max-age=1"}}, {}, 304), Store::status);
}

TEST(Storable, TargetedDirectivesReplaceTheOthers) {
  EXPECT_EQ(store({{"CDN-Cache-Control", "max-age=9"}, {"Cache-Control", "no-store"}}), Store::yes);
  EXPECT_EQ(store({{"CDN-Cache-Control", "no-store"}, {"Cache-Control", "max-age=9"}}),
            Store::no_store);
  EXPECT_EQ(store({{"CDN-Cache-Control", "private"}, {"Expires", date(seconds(9))}}),
            Store::is_private);
  EXPECT_EQ(store({{"CDN-Cache-Control", "max-age=9, &&"}, {"Cache-Control", "no-store"}}),
            Store::no_store);
  EXPECT_EQ(lifetime({{"CDN-Cache-Control", "max-age=0"}, {"Expires", date(seconds(9))}}),
            seconds(0));
}

TEST(Storable, ThePolicyKnowsLifetimesByStatus) {
  CachePolicy policy;
  policy.status_ttls = {{404, seconds(5)}, {410, seconds(0)}, {503, seconds(2)}};
  EXPECT_EQ(lifetime({}, 404, policy), seconds(5));
  EXPECT_EQ(lifetime({}, 503, policy), seconds(2));
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=9"}}, 404, policy), seconds(9));
  EXPECT_EQ(store({{"Last-Modified", date(seconds(-100))}}, {}, 410, policy), Store::no_lifetime);
}

TEST(Storable, ARuleOverridesTheOriginButNotVaryNorAuthorization) {
  CachePolicy policy;
  policy.forced_ttl = seconds(60);
  EXPECT_EQ(store({{"Cache-Control", "no-store, private"}}, {}, 200, policy), Store::yes);
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=1"}}, 200, policy), seconds(60));
  EXPECT_EQ(store({{"Vary", "*"}}, {}, 200, policy), Store::vary_any);
  EXPECT_EQ(store({}, {{"Authorization", "Basic eDp5"}}, 200, policy), Store::authorization);
}

Use use(const Freshness& stored, const std::string& request, seconds later) {
  return judge(stored, parse_request_directives(fields({{"Cache-Control", request}})), kNow + later)
      .use;
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

Freshness made(std::initializer_list<Header> response, const CachePolicy& policy = {}) {
  const auto headers = fields(response);
  return make_freshness(200, headers, parse_response_directives(headers), policy,
                        {.request = kNow, .response = kNow});
}

// The shield has counted since it got the response; caches of the origin do not count.
TEST(Use, ARulesLifetimeIsOneThroughAShield) {
  const auto headers =
      fields({{"Cache-Control", "no-store"}, {"Age", "50"}, {"Date", date(seconds(-500))}});
  CachePolicy policy;
  policy.forced_ttl = seconds(60);
  const auto left = [&](bool with_shield) {
    const auto stored =
        make_freshness(200, headers, parse_response_directives(headers), policy,
                       {.request = kNow, .response = kNow, .with_shield = with_shield});
    EXPECT_TRUE(is_reusable(stored));
    return stored.lifetime - judge(stored, {}, kNow).age;
  };
  EXPECT_EQ(left(false), seconds(60));
  EXPECT_EQ(left(true), seconds(10));
}

bool stands_in(const Freshness& stored, seconds later, const std::string& request = {}) {
  return may_stand_in(stored, parse_request_directives(fields({{"Cache-Control", request}})),
                      kNow + later);
}

TEST(Use, OthersGetWhatNeedsNoValidation) {
  for (const char* says : {"max-age=1", "max-age=0, s-maxage=1", "max-age=1, must-revalidate",
                           "max-age=0, stale-while-revalidate=1"})
    EXPECT_TRUE(is_reusable(made({{"Cache-Control", says}}))) << says;
  for (const char* says : {"no-cache", "max-age=60, no-cache", "max-age=0", "s-maxage=0, max-age=9",
                           "max-age=0, must-revalidate, stale-while-revalidate=1"})
    EXPECT_FALSE(is_reusable(made({{"Cache-Control", says}}))) << says;
  EXPECT_FALSE(is_reusable(made({{"Expires", "0"}})));
  EXPECT_FALSE(is_reusable(made({{"Cache-Control", "max-age=5"}, {"Age", "5"}}))) << "on arrival";
  const http::Fields slow = fields({{"Cache-Control", "max-age=1"}});
  const auto late = make_freshness(200, slow, parse_response_directives(slow), {},
                                   {.request = kNow - seconds(9), .response = kNow});
  EXPECT_EQ(judge(late, {}, kNow).use, Use::stale);
  EXPECT_TRUE(is_reusable(late)) << "for who has waited as long";
  CachePolicy policy;
  policy.forced_ttl = seconds(60);
  EXPECT_TRUE(is_reusable(made({{"Cache-Control", "no-cache"}}, policy)));
}

TEST(Use, StaleWhileItIsRevalidated) {
  const auto stored = made({{"Cache-Control", "max-age=10, stale-while-revalidate=5"}});
  EXPECT_EQ(use(stored, "", seconds(9)), Use::fresh);
  EXPECT_EQ(use(stored, "", seconds(14)), Use::refresh);
  EXPECT_EQ(use(stored, "", seconds(15)), Use::stale);
  EXPECT_EQ(use(stored, "no-cache", seconds(14)), Use::client_insists);
  const auto allowed = made({{"Cache-Control", "s-maxage=10, stale-while-revalidate=5"}});
  EXPECT_EQ(use(allowed, "", seconds(14)), Use::refresh);
  const auto strict =
      made({{"Cache-Control", "max-age=10, must-revalidate, stale-while-revalidate=5"}});
  EXPECT_EQ(use(strict, "", seconds(14)), Use::stale);
  CachePolicy policy;
  policy.stale_while_revalidate = hours(2);
  policy.max_stale = hours(1);
  const auto by_policy = made({{"Cache-Control", "max-age=10"}}, policy);
  EXPECT_EQ(use(by_policy, "", seconds(3000)), Use::refresh);
  EXPECT_EQ(use(by_policy, "", seconds(3611)), Use::stale);
}

TEST(Use, StandsInForAnOriginThatFails) {
  const auto stored = made({{"Cache-Control", "max-age=10, stale-if-error=5"}});
  EXPECT_TRUE(stands_in(stored, seconds(14)));
  EXPECT_FALSE(stands_in(stored, seconds(15)));
  EXPECT_TRUE(stands_in(stored, seconds(15), "stale-if-error=9"));
  EXPECT_FALSE(stands_in(stored, seconds(14), "no-cache"));
  EXPECT_TRUE(stands_in(made({{"Cache-Control", "max-age=10"}}), hours(23)));
  for (const char* strict : {"max-age=10, must-revalidate", "max-age=10, proxy-revalidate",
                             "max-age=10, no-cache", "s-maxage=10"})
    EXPECT_FALSE(stands_in(made({{"Cache-Control", strict}}), seconds(11), "stale-if-error=99"))
        << strict;
}

}  // namespace
}  // namespace meridian::edge

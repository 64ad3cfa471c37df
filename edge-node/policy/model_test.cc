// The policy against RFC 9111 as one would read it aloud: random responses, requests and times.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "edge-node/http/date.h"
#include "edge-node/policy/freshness.h"

namespace meridian::edge {
namespace {

using std::chrono::seconds;
using MaybeSeconds = std::optional<seconds>;

/// What a response says, by meaning. Absent: it does not say so.
struct Says {
  int status = 200;
  MaybeSeconds max_age, s_maxage, stale_while_revalidate, stale_if_error;
  bool no_store = false, no_cache = false, is_private = false, is_public = false;
  bool must_revalidate = false, proxy_revalidate = false, must_understand = false;
  bool targeted = false;                      // all of that in CDN-Cache-Control
  MaybeSeconds date, expires, last_modified;  // before and after its arrival
  MaybeSeconds age;
  bool etag = false, cookie = false;
};
struct Asks {
  MaybeSeconds max_age, min_fresh, max_stale;
  bool any_max_stale = false, no_cache = false, no_store = false, credentials = false;
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  bool one_in(unsigned n) { return random_() % n == 0; }
  seconds time(long least, long most) {
    return seconds(least +
                   static_cast<long>(random_() % static_cast<unsigned long>(most - least + 1)));
  }
  MaybeSeconds maybe(unsigned n, long least, long most) {
    if (!one_in(n)) return std::nullopt;
    return time(least, most);
  }
  std::size_t below(std::size_t n) { return random_() % n; }
  auto& engine() { return random_; }

 private:
  std::mt19937_64 random_;
};

Says any_response(Dice& dice) {
  constexpr int kStatuses[] = {200, 200, 200, 203, 204, 301, 302, 404, 410, 418, 500, 503, 206};
  Says says;
  says.status = kStatuses[dice.below(std::size(kStatuses))];
  says.max_age = dice.maybe(2, 0, 100);
  says.s_maxage = dice.maybe(5, 0, 100);
  says.stale_while_revalidate = dice.maybe(4, 0, 100);
  says.stale_if_error = dice.maybe(4, 0, 100);
  for (bool* flag :
       {&says.no_store, &says.no_cache, &says.is_private, &says.is_public, &says.must_revalidate,
        &says.proxy_revalidate, &says.must_understand, &says.targeted})
    *flag = dice.one_in(8);
  if (!dice.one_in(4)) says.date = -dice.time(0, 20);
  says.expires = dice.maybe(4, -50, 100);
  says.last_modified = dice.maybe(3, -2000, 20);
  says.age = dice.maybe(4, 0, 60);
  says.etag = dice.one_in(2);
  says.cookie = dice.one_in(6);
  return says;
}

Asks any_request(Dice& dice) {
  Asks asks{.max_age = dice.maybe(6, 0, 100),
            .min_fresh = dice.maybe(6, 0, 100),
            .max_stale = dice.maybe(6, 0, 100)};
  asks.any_max_stale = !asks.max_stale && dice.one_in(8);
  asks.no_cache = dice.one_in(12);
  asks.no_store = dice.one_in(20);
  asks.credentials = dice.one_in(6);
  return asks;
}

/// The directives in any order, case and spacing, on one line or more.
void write(http::Fields& fields, const std::string& name, std::vector<std::string> directives,
           bool lower, Dice& dice) {
  std::shuffle(directives.begin(), directives.end(), dice.engine());
  std::string line;
  for (auto& directive : directives) {
    if (!lower && dice.one_in(4)) directive[0] = static_cast<char>(std::toupper(directive[0]));
    if (!line.empty() && dice.one_in(4)) {
      fields.add(name, line);
      line.clear();
    }
    if (!line.empty()) line += lower || dice.one_in(2) ? ", " : " ,";
    line += directive;
  }
  if (!line.empty()) fields.add(name, line);
}

http::Fields fields_of(const Says& says, WallTime arrival, Dice& dice) {
  std::vector<std::string> directives;
  const auto number = [&](const char* name, MaybeSeconds value) {
    if (value) directives.push_back(std::string(name) + "=" + std::to_string(value->count()));
  };
  const auto flag = [&](const char* name, bool is_there) {
    if (is_there) directives.emplace_back(name);
  };
  number("max-age", says.max_age);
  number("s-maxage", says.s_maxage);
  number("stale-while-revalidate", says.stale_while_revalidate);
  number("stale-if-error", says.stale_if_error);
  flag("no-store", says.no_store);
  flag("no-cache", says.no_cache);
  flag("private", says.is_private);
  flag("public", says.is_public);
  flag("must-revalidate", says.must_revalidate);
  flag("proxy-revalidate", says.proxy_revalidate);
  flag("must-understand", says.must_understand);
  http::Fields fields;
  write(fields, says.targeted ? "CDN-Cache-Control" : "Cache-Control", directives, says.targeted,
        dice);
  if (says.targeted && !directives.empty())
    fields.add("Cache-Control", "max-age=7, no-store");  // of no account
  const auto date = [&](const char* name, MaybeSeconds offset) {
    if (offset) fields.add(name, http::format_date(arrival + *offset));
  };
  date("Date", says.date);
  date("Expires", says.expires);
  date("Last-Modified", says.last_modified);
  if (says.age) fields.add("Age", std::to_string(says.age->count()));
  if (says.etag) fields.add("ETag", "\"1\"");
  if (says.cookie) fields.add("Set-Cookie", "a=b");
  return fields;
}

http::Fields fields_of(const Asks& asks, Dice& dice) {
  std::vector<std::string> directives;
  const auto number = [&](const char* name, MaybeSeconds value) {
    if (value) directives.push_back(std::string(name) + "=" + std::to_string(value->count()));
  };
  number("max-age", asks.max_age);
  number("min-fresh", asks.min_fresh);
  number("max-stale", asks.max_stale);
  if (asks.any_max_stale) directives.emplace_back("max-stale");
  if (asks.no_cache) directives.emplace_back("no-cache");
  if (asks.no_store) directives.emplace_back("no-store");
  http::Fields fields;
  write(fields, "Cache-Control", directives, false, dice);
  if (asks.credentials) fields.add("Authorization", "Basic x");
  return fields;
}

/// The simple model. It knows nothing of fields and their syntax.
struct Model {
  const Says& says;
  seconds delay;  // between the request and the arrival

  bool one_of(std::initializer_list<int> statuses) const {
    return std::find(statuses.begin(), statuses.end(), says.status) != statuses.end();
  }
  /// With nothing said but in CDN-Cache-Control that field was not sent at all.
  bool targeted() const {
    return says.targeted &&
           (says.max_age || says.s_maxage || says.stale_while_revalidate || says.stale_if_error ||
            says.no_store || says.no_cache || says.is_private || says.is_public ||
            says.must_revalidate || says.proxy_revalidate || says.must_understand);
  }
  MaybeSeconds explicit_lifetime() const {  // 4.2.1
    if (says.s_maxage) return says.s_maxage;
    if (says.max_age) return says.max_age;
    if (targeted() || !says.expires) return std::nullopt;
    return std::max(seconds(0), *says.expires - says.date.value_or(seconds(0)));
  }
  seconds lifetime() const {
    if (const auto said = explicit_lifetime()) return *said;
    const bool may_guess =  // 4.2.2
        one_of({200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}) || says.is_public;
    const auto date = says.date.value_or(seconds(0));
    if (!may_guess || !says.last_modified || *says.last_modified > date) return seconds(0);
    return (date - *says.last_modified) / 10;
  }
  seconds age(seconds resident) const {  // 4.2.3
    const auto apparent = std::max(seconds(0), -says.date.value_or(seconds(0)));
    return std::max(apparent, says.age.value_or(seconds(0)) + delay) + resident;
  }
  bool may_be_stored(const Asks& asks) const {  // 3
    if (says.status == 206) return false;       // not as a whole
    const bool for_all = says.is_public || says.s_maxage;
    if (asks.credentials && !for_all && !says.must_revalidate) return false;  // 3.5
    if (asks.no_store || says.is_private) return false;
    if (says.must_understand && says.status == 418) return false;  // 5.2.2.3
    if (says.no_store && !says.must_understand) return false;
    if (says.cookie && !for_all) return false;  // nobody said that all may
    const bool can_be_revalidated = says.status == 200 && (says.etag || says.last_modified);
    return lifetime() > seconds(0) || can_be_revalidated;
  }
  Use use(const Asks& asks, seconds resident) const {  // 4, 5.2.1
    const auto now = age(resident), left = lifetime() - now;
    if (says.no_cache) return Use::stale;
    if (asks.no_cache || (asks.max_age && now > *asks.max_age)) return Use::client_insists;
    if (asks.min_fresh && left < *asks.min_fresh) return Use::client_insists;
    if (left > seconds(0)) return Use::fresh;
    const bool strict = says.must_revalidate || says.proxy_revalidate;  // 5.2.2.2, 5.2.2.8
    if (!strict && -left < says.stale_while_revalidate.value_or(seconds(0))) return Use::refresh;
    const bool takes_stale =
        asks.any_max_stale || (asks.max_stale && -left <= *asks.max_stale);  // 5.2.1.2
    return takes_stale && !strict && !says.s_maxage ? Use::fresh : Use::stale;
  }
  bool stands_in(const Asks& asks, seconds resident) const {  // RFC 5861 section 4
    if (says.no_cache || asks.no_cache) return false;
    const bool strict = says.must_revalidate || says.proxy_revalidate;
    const auto left = lifetime() - age(resident);
    if (left > seconds(0)) return !strict && !says.s_maxage;
    return !strict && -left < says.stale_if_error.value_or(seconds(0));
  }
};

TEST(Policy, DecidesLikeASimpleModelOfRfc9111) {
  const WallTime arrival{std::chrono::hours(500'000)};
  CachePolicy policy;
  policy.stale_if_error = seconds(0);  // what the policy grants beyond the RFC
  int stored = 0, fresh = 0, refreshed = 0, substitutes = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    Dice dice(seed);
    const Says says = any_response(dice);
    const Asks first = any_request(dice);
    const Model model{says, dice.time(0, 5)};
    const ExchangeTimes times{arrival - model.delay, arrival};
    const auto fields = fields_of(says, arrival, dice);
    const auto directives = parse_response_directives(fields);
    const auto decision =
        storable(fields_of(first, dice), says.status, fields, directives, policy, arrival);
    ASSERT_EQ(decision == Store::yes, model.may_be_stored(first));
    if (decision != Store::yes) continue;
    ++stored;
    const auto freshness = make_freshness(says.status, fields, directives, policy, times);
    ASSERT_EQ(freshness.lifetime, model.lifetime());
    for (int i = 0; i < 5; ++i) {
      const auto resident = dice.time(0, 150);
      const Asks asks = any_request(dice);
      const auto control = parse_request_directives(fields_of(asks, dice));
      const auto judgement = judge(freshness, control, arrival + resident);
      ASSERT_EQ(judgement.age, model.age(resident));
      ASSERT_EQ(judgement.use, model.use(asks, resident)) << "after " << resident.count() << " s";
      const bool stands_in = may_stand_in(freshness, control, arrival + resident);
      ASSERT_EQ(stands_in, model.stands_in(asks, resident)) << "after " << resident.count() << " s";
      fresh += judgement.use == Use::fresh;
      refreshed += judgement.use == Use::refresh;
      substitutes += stands_in;
    }
  }
  for (const int count : {stored, fresh, refreshed, substitutes}) EXPECT_GT(count, 500);
}

}  // namespace
}  // namespace meridian::edge

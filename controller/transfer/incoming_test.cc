#include "controller/transfer/incoming.h"

#include <gtest/gtest.h>

#include "controller/transfer/test_primary.h"

namespace meridian::control {
namespace {

using testing::address;
using testing::answer;
using testing::Message;
using testing::Rr;
using testing::soa;

constexpr std::uint64_t kNow = 1'800'000'000;
const zone::WireName kApex = zone::parse_name("shop.test").value();
const tsig::Key kKey{zone::parse_name("k").value(), tsig::Algorithm::hmac_sha256,
                     std::string(32, 's')};

/// What becomes of these messages, of a transfer without a key.
std::string outcome(const std::vector<std::vector<Rr>>& messages) {
  const TransferQuery query(kApex, TransferQuery::Type::axfr, 7, nullptr, kNow);
  Incoming incoming(kApex, query, nullptr);
  for (const auto& records : messages) {
    const auto last = incoming.take(answer(7, records), kNow);
    if (!last) return last.error().text();
    if (!*last) continue;
    const auto serial = incoming.serial();
    return "serial " + std::to_string(serial) + ", " +
           std::to_string(incoming.take_records().size()) + " records";
  }
  return "not at its end";
}

TEST(Incoming, TakesAZoneInOneMessageOrMany) {
  EXPECT_EQ(outcome({{soa(5), address("a.shop.test"), soa(5)}}), "serial 5, 2 records");
  EXPECT_EQ(outcome({{soa(5)}, {address("a.shop.test"), address("b.shop.test")}, {soa(5)}}),
            "serial 5, 3 records");
  EXPECT_EQ(outcome({{soa(5), address("a.shop.test")}}), "not at its end");
}

TEST(Incoming, RefusesWhatIsNoTransfer) {
  EXPECT_EQ(outcome({{address("a.shop.test")}}), "its answer does not begin with the zone's SOA");
  EXPECT_EQ(outcome({{soa(5), soa(6)}}), "the zone changed while it was transferred");
  EXPECT_EQ(outcome({{soa(5), soa(5), address("a.shop.test")}}),
            "something follows the end of the zone");
  EXPECT_EQ(outcome({{soa(5)}, {}}), "its answer holds no records");
  const TransferQuery query(kApex, TransferQuery::Type::axfr, 7, nullptr, kNow);
  Incoming incoming(kApex, query, nullptr);
  EXPECT_EQ(incoming.take(answer(7, {}, 0x8405), kNow).error().text(), "it answers REFUSED");
  EXPECT_EQ(incoming.take(answer(8, {soa(5)}), kNow).error().text(),
            "it sends something that is no answer");
  EXPECT_EQ(incoming.take(Message(5), kNow).error().text(), "it sends something that is no answer");
  auto cut = answer(7, {soa(5)});
  cut.resize(cut.size() - 3);
  EXPECT_TRUE(incoming.take(cut, kNow).error().text().starts_with("its answer is malformed"));
}

/// What becomes of these messages, of a query for what changed since serial 5.
std::string steps_outcome(const std::vector<std::vector<Rr>>& messages) {
  const TransferQuery query(kApex, TransferQuery::Type::ixfr, 7, nullptr, kNow, 5);
  Incoming incoming(kApex, query, nullptr);
  for (const auto& records : messages) {
    const auto last = incoming.take(answer(7, records), kNow);
    if (!last) return last.error().text();
    if (!*last) continue;
    auto text = "serial " + std::to_string(incoming.serial());
    if (incoming.is_whole())
      return text + ", " + std::to_string(incoming.take_records().size()) + " records";
    for (const auto& step : incoming.steps())
      text +=
          ", -" + std::to_string(step.deleted.size()) + " +" + std::to_string(step.added.size());
    return text;
  }
  return "not at its end";
}

TEST(Incoming, TakesStepsFromWhatIsHeld) {
  const auto a = address("a.shop.test");
  const auto b = address("b.shop.test");
  EXPECT_EQ(steps_outcome({{soa(6), soa(5), a, soa(6), b, b, soa(6)}}), "serial 6, -1 +2");
  EXPECT_EQ(steps_outcome({{soa(7)}, {soa(5), a}, {soa(6)}, {soa(6), soa(7), b}, {soa(7)}}),
            "serial 7, -1 +0, -0 +1");
  EXPECT_EQ(steps_outcome({{soa(5)}}), "serial 5, 1 records") << "nothing is newer";
  EXPECT_EQ(steps_outcome({{soa(6), a, soa(6)}}), "serial 6, 2 records") << "no steps are kept";
  EXPECT_EQ(steps_outcome({{soa(6), soa(6)}}), "serial 6, 1 records");
}

TEST(Incoming, RefusesStepsThatDoNotFollow) {
  const auto a = address("a.shop.test");
  EXPECT_EQ(steps_outcome({{soa(7), soa(6), a, soa(7), soa(7)}}),
            "its steps do not follow each other");
  EXPECT_EQ(steps_outcome({{soa(7), soa(5), a, soa(6), soa(7)}}),
            "its steps do not follow each other");
  EXPECT_EQ(steps_outcome({{soa(6), soa(5), a, soa(6), soa(6), a}}),
            "something follows the end of the zone");
  EXPECT_EQ(steps_outcome({{soa(6), soa(5), a, soa(6)}}), "not at its end");
}

/// A transfer with a key: which of three messages are signed.
std::string signed_outcome(const std::vector<bool>& is_signed, const tsig::Key& key = kKey) {
  const TransferQuery query(kApex, TransferQuery::Type::axfr, 7, &kKey, kNow);
  Incoming incoming(kApex, query, &kKey);
  const std::vector<std::vector<Rr>> contents{{soa(5)}, {address("a.shop.test")}, {soa(5)}};
  tsig::Mac before = query.mac();
  auto scope = tsig::Scope::whole;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    auto message = answer(7, contents[i]);
    if (is_signed[i]) {
      const auto size = message.size();
      message.resize(size + 500);
      tsig::Mac mac;
      message.resize(
          tsig::sign(key, message, size, {.before = before, .scope = scope, .now = kNow}, mac));
      before = mac;
      scope = tsig::Scope::timers;
    }
    const auto last = incoming.take(message, kNow);
    if (!last) return last.error().text();
    if (*last) return "complete";
  }
  return "not at its end";
}

TEST(Incoming, TrustsOnlyWhatIsSigned) {
  EXPECT_EQ(signed_outcome({true, true, true}), "complete");
  EXPECT_EQ(signed_outcome({false, true, true}), "its answer is not signed");
  EXPECT_EQ(signed_outcome({true, true, false}), "its last message is not signed");
  // The one in the middle counts into the next signature, which was made without it.
  EXPECT_EQ(signed_outcome({true, false, true}),
            "its signature is wrong: do both sides hold the same secret?");
  auto other = kKey;
  other.secret[0] = 'x';
  EXPECT_EQ(signed_outcome({true, true, true}, other),
            "its signature is wrong: do both sides hold the same secret?");
}

}  // namespace
}  // namespace meridian::control

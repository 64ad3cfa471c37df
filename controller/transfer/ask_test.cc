#include "controller/transfer/ask.h"

#include <gtest/gtest.h>

#include "controller/transfer/test_primary.h"

namespace meridian::control {
namespace {

using testing::address;
using testing::nameserver;
using testing::Rrs;
using testing::soa;
using testing::TestPrimary;

constexpr auto kSoa = TestPrimary::kSoa, kIxfr = TestPrimary::kIxfr, kAxfr = TestPrimary::kAxfr;

/// Serial 5, and two records.
v1::Zone held() {
  v1::Zone zone;
  zone.set_serial(5);
  zone.add_nameservers("ns1");
  auto& set = *zone.add_records();
  set.set_name("a");
  set.set_type("A");
  set.add_data("192.0.2.1");
  return zone;
}

const Rrs kStepsToSix{soa(6), soa(5), soa(6), address("b.shop.test"), soa(6)};
const Rrs kWholeSix{soa(6), nameserver(), soa(6)};

/// What comes of asking for what is newer than `held`: its size tells which answer it is.
std::string outcome(TestPrimary::Answers answers, PrimaryQuestion question) {
  TestPrimary primary(std::move(answers));
  const std::atomic<bool> stop{false};
  question.primary = primary.endpoint();
  question.apex = zone::parse_name("shop.test").value();
  const auto answer = ask_primary(question, stop);
  if (!answer) return answer.error().text();
  return "serial " + std::to_string(answer->serial) + ", " +
         std::to_string(answer->records.size()) + " records" +
         (answer->by_steps ? " by steps" : "");
}

std::string outcome(TestPrimary::Answers answers) {
  const auto zone = held();
  return outcome(std::move(answers), {.primary = {}, .apex = {}, .key = {}, .held = &zone});
}

TEST(AskPrimary, TakesTheWholeZoneWhereNothingIsHeld) {
  EXPECT_EQ(outcome({{kSoa, {soa(6)}}, {kIxfr, kStepsToSix}, {kAxfr, kWholeSix}},
                    {.primary = {}, .apex = {}, .key = {}}),
            "serial 6, 2 records");
}

TEST(AskPrimary, TakesWhatIsNewer) {
  EXPECT_EQ(outcome({{kSoa, {soa(5)}}}), "serial 5, 0 records") << "nothing is";
  EXPECT_EQ(outcome({{kSoa, {soa(6)}}, {kIxfr, kStepsToSix}}), "serial 6, 4 records by steps");
  EXPECT_EQ(outcome({{kSoa, {soa(6)}}, {kIxfr, kWholeSix}}), "serial 6, 2 records");
}

TEST(AskPrimary, TakesTheWholeZoneWhereStepsDoNotFit) {
  const Rrs deletes_what_is_not_held{soa(6), soa(5), address("x.shop.test"), soa(6), soa(6)};
  EXPECT_EQ(outcome({{kSoa, {soa(6)}}, {kAxfr, kWholeSix}}), "serial 6, 2 records")
      << "it knows no steps";
  for (const auto& steps : {deletes_what_is_not_held, Rrs{soa(6), soa(4), soa(6), soa(6)}})
    EXPECT_EQ(outcome({{kSoa, {soa(6)}}, {kIxfr, steps}, {kAxfr, kWholeSix}}),
              "serial 6, 2 records");
}

TEST(AskPrimary, TakesNothingOlderWhateverTheSoaSaid) {
  const std::string refused =
      "its serial 4 is not newer than 5, which is held; `gslbctl zone refresh --force` takes it "
      "all the same";
  const Rrs older{soa(4), nameserver(), soa(4)};
  EXPECT_EQ(outcome({{kSoa, {soa(4)}}}), refused);
  EXPECT_EQ(outcome({{kSoa, {soa(6)}}, {kIxfr, older}, {kAxfr, older}}), refused);
  EXPECT_EQ(outcome({{kSoa, {soa(6)}}, {kIxfr, older}, {kAxfr, kWholeSix}}), "serial 6, 2 records");
  EXPECT_EQ(outcome({{kSoa, {soa(6)}}, {kIxfr, {soa(4), soa(5), soa(4), soa(4)}}, {kAxfr, older}}),
            refused);
  const auto zone = held();
  EXPECT_EQ(outcome({{kSoa, {soa(4)}}, {kAxfr, older}},
                    {.primary = {}, .apex = {}, .key = {}, .held = &zone, .force = true}),
            "serial 4, 2 records");
}

}  // namespace
}  // namespace meridian::control

#include "controller/transfer/zone_step.h"

#include <gtest/gtest.h>

#include "common/zone/data.h"

namespace meridian::control {
namespace {

const zone::WireName kApex = zone::parse_name("shop.test").value();

zone::Record record(const std::string& owner, std::uint16_t type, const std::string& data) {
  return {zone::parse_relative_name(owner, kApex).value(), type, 300,
          zone::parse_data(data, type, kApex).value()};
}

zone::Record address(const std::string& owner, int last) {
  return record(owner, 1, "192.0.2." + std::to_string(last));
}

v1::Zone held() {
  v1::Zone zone;
  zone.add_nameservers("ns1");
  auto& set = *zone.add_records();
  set.set_name("www");
  set.set_type("A");
  set.add_data("192.0.2.1");
  set.add_data("192.0.2.2");
  return zone;
}

/// "www.shop.test. A 192.0.2.1", or why not.
std::vector<std::string> after(const std::vector<ZoneStep>& steps) {
  const auto taken = take_steps(kApex, held(), steps);
  if (!taken) return {taken.error().text()};
  std::vector<std::string> lines;
  for (const auto& given : *taken)
    lines.push_back(zone::name_text(given.record.owner) + " " + zone::type_text(given.record.type) +
                    " " + zone::data_text(given.record.type, given.record.rdata));
  return lines;
}

using Lines = std::vector<std::string>;

TEST(TakeSteps, DeletesAndAdds) {
  EXPECT_EQ(after({}), (Lines{"shop.test. NS ns1.shop.test.", "www.shop.test. A 192.0.2.1",
                              "www.shop.test. A 192.0.2.2"}));
  EXPECT_EQ(after({{{address("WWW", 1), record("@", 2, "ns1")},
                    {address("new", 3), record("@", 2, "ns2")}}}),
            (Lines{"www.shop.test. A 192.0.2.2", "new.shop.test. A 192.0.2.3",
                   "shop.test. NS ns2.shop.test."}));
}

TEST(TakeSteps, GoesStepByStep) {
  EXPECT_EQ(after({{{address("www", 1)}, {}},
                   {{address("www", 2)}, {address("www", 1), address("www", 5)}},
                   {{address("www", 5)}, {}}}),
            (Lines{"shop.test. NS ns1.shop.test.", "www.shop.test. A 192.0.2.1"}));
}

TEST(TakeSteps, RefusesWhatDoesNotFit) {
  EXPECT_EQ(after({{{address("www", 9)}, {}}}),
            (Lines{"it deletes a record of www.shop.test. that is not held"}));
  EXPECT_EQ(after({{{}, {address("www", 2)}}}),
            (Lines{"it adds a record of www.shop.test. that is held"}));
}

}  // namespace
}  // namespace meridian::control

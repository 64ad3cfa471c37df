#include "controller/health/utilisation.h"

#include <limits>

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

v1::EdgeLoad load(std::uint32_t requests, std::uint64_t bits, double cpu) {
  v1::EdgeLoad load;
  load.set_requests_in_flight(requests);
  load.set_bits_per_second(bits);
  load.set_cpu(cpu);
  return load;
}

v1::EdgeCapacity capacity(std::uint32_t requests, std::uint64_t bits, double cpu) {
  v1::EdgeCapacity capacity;
  capacity.set_requests_in_flight(requests);
  capacity.set_bits_per_second(bits);
  capacity.set_cpu(cpu);
  return capacity;
}

TEST(Utilisation, IsThatOfTheNearestBound) {
  EXPECT_DOUBLE_EQ(*utilisation(load(50, 100, 0.1), capacity(100, 1000, 1)), 0.5);
  EXPECT_DOUBLE_EQ(*utilisation(load(50, 900, 0.1), capacity(100, 1000, 1)), 0.9);
  EXPECT_DOUBLE_EQ(*utilisation(load(50, 900, 0.6), capacity(100, 1000, 0.5)), 1.2);
}

TEST(Utilisation, LooksAtNothingThatIsNotBounded) {
  EXPECT_DOUBLE_EQ(*utilisation(load(50, 900, 3), capacity(100, 0, 0)), 0.5);
  EXPECT_FALSE(utilisation(load(50, 900, 3), capacity(0, 0, 0)));
}

TEST(Utilisation, MakesSenseOfWhatIsNoNumber) {
  EXPECT_EQ(*utilisation(load(0, 0, std::numeric_limits<double>::quiet_NaN()), capacity(0, 0, 1)),
            0.0);
  EXPECT_EQ(*utilisation(load(0, 0, std::numeric_limits<double>::infinity()), capacity(0, 0, 1)),
            10.0);
  EXPECT_EQ(*utilisation(load(0, 0, -1), capacity(0, 0, 1)), 0.0);
}

}  // namespace
}  // namespace meridian::control

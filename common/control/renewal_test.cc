#include "common/control/renewal.h"

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

TEST(Renewal, IsDueAtTwoThirdsOfTheLife) {
  const WallTime born{std::chrono::hours(1000)};
  EXPECT_EQ(renewal_time(born, born + std::chrono::hours(24)), born + std::chrono::hours(16));
}

TEST(Renewal, IsDueAtOnceForAnUnreadableCertificate) {
  EXPECT_EQ(renewal_time(tls::Identity{"not a chain", {}, {}}), WallTime::min());
}

}  // namespace
}  // namespace meridian::control

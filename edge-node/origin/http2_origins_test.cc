#include "edge-node/origin/http2_origins.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

using namespace std::chrono_literals;

TEST(Http2Origins, WhoHasWaitedForItsTimeBlamesNoOriginForWhatWasLeft) {
  const Instant begin{};
  const auto is_fair = [&](auto waited, auto patience) {
    return Http2Origins::has_fair_time(begin, begin + waited, begin + patience, 5s);
  };
  EXPECT_TRUE(is_fair(0ms, 15s));
  EXPECT_TRUE(is_fair(10s, 15s));
  EXPECT_TRUE(is_fair(12s, 15s));
  EXPECT_FALSE(is_fair(13s, 15s));
  EXPECT_FALSE(is_fair(14'990ms, 15s));
}

/// However little time a pool gives its origins.
TEST(Http2Origins, WhoHasNotWaitedDoes) {
  const Instant begin{};
  EXPECT_TRUE(Http2Origins::has_fair_time(begin, begin + 1ms, begin + 200ms, 5s));
  EXPECT_FALSE(Http2Origins::has_fair_time(begin, begin + 150ms, begin + 200ms, 5s));
}

}  // namespace
}  // namespace meridian::edge

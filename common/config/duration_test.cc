#include "common/config/duration.h"

#include <gtest/gtest.h>

namespace meridian::config {
namespace {

TEST(Duration, ReadsWhatItWrites) {
  for (const auto* text : {"0s", "500ms", "20s", "5m", "1h", "1h30m", "1h30m5s250ms", "24h", "-5s",
                           "-1s500ms", "1us", "2ns", "87660000h"})
    EXPECT_EQ(duration_text(parse_duration(text).value()), text);
}

TEST(Duration, WritesTheLargestUnits) {
  EXPECT_EQ(duration_text(parse_duration("90s").value()), "1m30s");
  EXPECT_EQ(duration_text(parse_duration("1500ms").value()), "1s500ms");
  EXPECT_EQ(duration_text(parse_duration("0h").value()), "0s");
  EXPECT_EQ(duration_text(parse_duration("59s1000ms").value()), "1m");
}

TEST(Duration, RefusesWhatIsNotOne) {
  for (const auto* text : {"", "20", "s", "20 s", "20sec", "1.5s", "+5s", "--5s", "5s1h", "5s5s",
                           "1h-5m", "99999999999999999999s", "87660001h", "-"})
    EXPECT_FALSE(parse_duration(text)) << text;
  EXPECT_EQ(parse_duration("20").error().what,
            "'20' is not a duration such as 500ms, 20s, 5m or 1h30m");
}

}  // namespace
}  // namespace meridian::config

#include "edge-node/http/date.h"

#include <gtest/gtest.h>

namespace meridian::http {
namespace {

const WallTime kExample = WallClock::from_time_t(784111777);  // of RFC 9110 section 5.6.7

TEST(HttpDate, IsWrittenInTheFixedForm) {
  EXPECT_EQ(format_date(kExample), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(HttpDate, IsReadInAllThreeForms) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", kExample), kExample);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kExample), kExample);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", kExample), kExample);
}

TEST(HttpDate, NonsenseIsNoDate) {
  for (const char* text : {"", "0", "-1", "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET",
                           "Sun, 06 Nov 1994 08:49:37 GMT x", "Sun, 06 Foo 1994 08:49:37 GMT"})
    EXPECT_FALSE(parse_date(text, kExample)) << text;
}

}  // namespace
}  // namespace meridian::http

#include "common/base/base64.h"

#include <gtest/gtest.h>

namespace meridian {
namespace {

TEST(Base64, GoesAndComesBack) {
  // RFC 4648 section 10.
  for (const auto& [bytes, text] : {std::pair{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, MayStandInSeveralLines) { EXPECT_EQ(from_base64("Zm9v\n YmFy\r\n"), "foobar"); }

TEST(Base64, RefusesWhatIsNone) {
  for (const auto* text : {"Zg", "Zg=", "====", "Z===", "Zm9v*A==", "Zg==Zg=="})
    EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace meridian

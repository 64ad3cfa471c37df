#include "common/base/nearest.h"

#include <array>

#include <gtest/gtest.h>

namespace meridian {
namespace {

constexpr std::array<std::string_view, 4> kFields{"origin_pool", "hostnames", "rules", "cache"};

TEST(Nearest, FindsTheWordBehindATypo) {
  EXPECT_EQ(nearest("orgin_pool", kFields), "origin_pool");
  EXPECT_EQ(nearest("hostname", kFields), "hostnames");
  EXPECT_EQ(nearest("Cache", kFields), "cache");
  EXPECT_EQ(nearest("rluse", kFields), "") << "two swaps in five letters are too far";
  EXPECT_EQ(nearest("ruels", kFields), "rules");
}

TEST(Nearest, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest("weight", kFields), "");
  EXPECT_EQ(nearest("", kFields), "");
  EXPECT_EQ(did_you_mean("weight", kFields), "");
  EXPECT_EQ(did_you_mean("rule", kFields), "; did you mean 'rules'?");
}

}  // namespace
}  // namespace meridian

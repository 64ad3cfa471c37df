#include "common/base/derive.h"

#include <gtest/gtest.h>

#include "common/base/hash.h"

namespace meridian {
namespace {

TEST(Derive, IsHkdfWithoutSalt) {
  // RFC 5869, appendix A.3.
  const std::string key = derive(std::string(22, '\x0b'), "", 42);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(key.data());
  EXPECT_EQ(to_hex({bytes, key.size()}),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
            "9d201395faa4b61a96c8");
}

TEST(Derive, EachPurposeHasItsOwn) {
  EXPECT_NE(derive("secret", "one", 32), derive("secret", "two", 32));
  EXPECT_NE(derive("secret", "one", 32), derive("other", "one", 32));
}

}  // namespace
}  // namespace meridian

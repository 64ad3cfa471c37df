#include "edge-node/request/own_fields.h"

#include <gtest/gtest.h>

namespace meridian::edge {
namespace {

TEST(OwnFields, HaveTwinsWithUnderscores) {
  OwnFields own;
  own.add("X-Real-Client");
  own.add("X-Internal");
  for (const char* name : {"X_Real_Client", "x-real_client", "X_Real-Client", "X_INTERNAL"})
    EXPECT_TRUE(own.has_twin_of(name)) << name;
  for (const char* name : {"X-Real-Client", "X-Internal", "X_Real", "X_Real_Clients", "", "_"})
    EXPECT_FALSE(own.has_twin_of(name)) << name;
  EXPECT_TRUE(own.has("x-INTERNAL"));
  EXPECT_TRUE(own.has("X_Internal"));
  EXPECT_FALSE(own.has("X-Other"));
}

TEST(OwnFields, AreNoTwinsOfEachOther) {
  OwnFields own;
  own.add("X-Device");
  own.add("X_Device");
  own.add("X_Here_and-there");
  EXPECT_FALSE(own.has_twin_of("x_device"));
  EXPECT_FALSE(own.has_twin_of("X_Here_And-There")) << "what a rule removes here may go on there";
  EXPECT_TRUE(own.has_twin_of("X_Here_And_There"));
}

TEST(OwnFields, OfMostSitesAreNone) {
  EXPECT_FALSE(OwnFields().has_twin_of("X_Client"));
  EXPECT_FALSE(OwnFields().has("X-Client"));
}

}  // namespace
}  // namespace meridian::edge

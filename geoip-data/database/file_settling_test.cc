#include "geoip-data/database/file_settling.h"

#include <gtest/gtest.h>

namespace meridian {
namespace {

using Asked = FileSettling::Asked;

TEST(FileSettling, WaitsUntilFilesHaveComeToRest) {
  FileSettling settling("old");
  EXPECT_FALSE(settling.should_read("old", Asked::nobody));
  EXPECT_FALSE(settling.should_read("half", Asked::nobody));
  EXPECT_FALSE(settling.should_read("whole", Asked::nobody));
  EXPECT_TRUE(settling.should_read("whole", Asked::nobody));
  settling.took("whole");
  EXPECT_FALSE(settling.should_read("whole", Asked::nobody));
}

TEST(FileSettling, DoesNotTryAgainWhatWasRefusedUnlessAsked) {
  FileSettling settling("old");
  EXPECT_FALSE(settling.should_read("bad", Asked::nobody));
  EXPECT_TRUE(settling.should_read("bad", Asked::nobody));
  settling.refused("bad");
  EXPECT_FALSE(settling.should_read("bad", Asked::nobody));
  EXPECT_TRUE(settling.should_read("bad", Asked::somebody));
  EXPECT_FALSE(settling.should_read("good", Asked::nobody));
  EXPECT_TRUE(settling.should_read("good", Asked::nobody));
}

}  // namespace
}  // namespace meridian

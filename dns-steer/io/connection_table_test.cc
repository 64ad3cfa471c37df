#include "dns-steer/io/connection_table.h"

#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

using Room = ConnectionTable::Room;

IpAddress address(const char* text) { return parse_address(text).value(); }

TEST(ConnectionTable, GivesEachNetworkItsShare) {
  ConnectionTable table(10, 2);
  EXPECT_EQ(table.enter(address("192.0.2.1")), Room::granted);
  EXPECT_EQ(table.enter(address("192.0.2.200")), Room::granted);
  EXPECT_EQ(table.enter(address("192.0.2.3")), Room::none_for_client);
  EXPECT_EQ(table.enter(address("192.0.3.3")), Room::granted);
  EXPECT_EQ(table.enter(address("2001:db8::1")), Room::granted);
  EXPECT_EQ(table.enter(address("2001:db8:0:1::1")), Room::granted);
  EXPECT_EQ(table.enter(address("2001:db8:0:ff::1")), Room::none_for_client);
  EXPECT_EQ(table.enter(address("2001:db8:0:100::1")), Room::granted);
}

TEST(ConnectionTable, HasAnEnd) {
  ConnectionTable table(2, 2);
  EXPECT_EQ(table.enter(address("192.0.2.1")), Room::granted);
  EXPECT_EQ(table.enter(address("192.0.3.1")), Room::granted);
  EXPECT_EQ(table.enter(address("192.0.4.1")), Room::none);
}

TEST(ConnectionTable, TakesPlacesBack) {
  ConnectionTable table(2, 1);
  EXPECT_EQ(table.enter(address("192.0.2.1")), Room::granted);
  EXPECT_EQ(table.enter(address("192.0.2.1")), Room::none_for_client);
  table.leave(address("192.0.2.1"));
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.enter(address("192.0.2.9")), Room::granted);
}

}  // namespace
}  // namespace meridian::dns

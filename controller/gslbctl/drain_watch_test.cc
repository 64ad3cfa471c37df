#include "controller/gslbctl/drain_watch.h"

#include <gtest/gtest.h>

namespace meridian::gslbctl {
namespace {

v1::NodeStatus edge(std::uint32_t connections, std::uint32_t in_flight, std::uint64_t bits,
                    double requests = 0) {
  v1::NodeStatus status;
  status.set_connected(true);
  auto* load = status.mutable_verdict()->mutable_load();
  load->set_connections(connections);
  load->set_requests_in_flight(in_flight);
  load->set_bits_per_second(bits);
  load->set_requests_per_second(requests);
  return status;
}

TEST(DrainWatch, ShowsWhatStillComesAndHowMuchIsLeft) {
  DrainWatch watch;
  EXPECT_EQ(watch.look(edge(1200, 17, 82'400'000, 2340.4), 0), DrainWatch::State::drains);
  EXPECT_EQ(
      watch.line(),
      "  0:00          1200         17        2340  82 Mbit/s     ██████████████████████████████");
  EXPECT_EQ(watch.look(edge(40, 2, 9'100, 0.8), 75), DrainWatch::State::drains);
  EXPECT_EQ(watch.line(), "  1:15            40          2           1  9.1 kbit/s    █");
}

TEST(DrainWatch, IsEmptyWhenNearlyNothingCameForAWhile) {
  DrainWatch watch;
  EXPECT_EQ(watch.look(edge(2, 1, 0), 0), DrainWatch::State::drains);
  EXPECT_EQ(watch.look(edge(0, 0, 99'999), 1), DrainWatch::State::drains);
  EXPECT_EQ(watch.look(edge(3, 0, 0), 2), DrainWatch::State::drains) << "more came again";
  EXPECT_EQ(watch.look(edge(0, 0, 0), 3), DrainWatch::State::drains);
  EXPECT_EQ(watch.look(edge(1, 0, 0), 4), DrainWatch::State::drains);
  EXPECT_EQ(watch.look(edge(0, 0, 0), 5), DrainWatch::State::empty);
}

TEST(DrainWatch, DoesNotTakeSilenceForEmptiness) {
  DrainWatch watch;
  v1::NodeStatus silent;
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_EQ(watch.look(silent, i), DrainWatch::State::drains);
  EXPECT_EQ(watch.line(), "  0:04   not connected: it has stopped, or is cut off");
}

}  // namespace
}  // namespace meridian::gslbctl

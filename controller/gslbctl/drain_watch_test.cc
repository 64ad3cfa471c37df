#include "controller/gslbctl/drain_watch.h"

#include <gtest/gtest.h>

namespace meridian::gslbctl {
namespace {

using namespace std::chrono_literals;
using State = DrainWatch::State;

/// Two DNS nodes, and an edge of one address.
const DrainScene kLeftOut{.probes_per_second = 2, .left_out = true};
const DrainScene kNotYet{.probes_per_second = 2, .left_out = false};

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

/// When the watch ends that sees an edge with this load each second, from `begin` on.
std::chrono::seconds end_of(DrainWatch& watch, const v1::NodeStatus& status,
                            std::chrono::seconds begin, std::chrono::seconds give_up = 100s) {
  for (auto passed = begin; passed < give_up; ++passed)
    if (watch.look(status, kLeftOut, passed) == State::empty) return passed;
  return give_up;
}

TEST(DrainWatch, ShowsWhatStillComesAndHowMuchIsLeft) {
  DrainWatch watch(20s);
  EXPECT_EQ(watch.look(edge(1200, 17, 82'400'000, 2340.4), kLeftOut, 0s), State::drains);
  EXPECT_EQ(
      watch.line(),
      "  0:00          1200         17        2340  82 Mbit/s     ██████████████████████████████");
  EXPECT_EQ(watch.look(edge(40, 2, 9'100, 0.8), kLeftOut, 75s), State::drains);
  EXPECT_EQ(watch.line(), "  1:15            40          2           1  9.1 kbit/s    █");
}

TEST(DrainWatch, IsEmptyWhenNearlyNothingCameForAWhile) {
  DrainWatch watch(20s);
  EXPECT_EQ(watch.look(edge(2, 1, 0), kLeftOut, 60s), State::drains);
  EXPECT_EQ(watch.look(edge(0, 0, 99'999), kLeftOut, 61s), State::drains);
  EXPECT_EQ(watch.look(edge(3, 0, 0), kLeftOut, 62s), State::drains) << "more came again";
  for (const auto passed : {63s, 64s, 65s, 66s})
    EXPECT_EQ(watch.look(edge(1, 0, 0), kLeftOut, passed), State::drains);
  EXPECT_EQ(watch.look(edge(0, 0, 0), kLeftOut, 67s), State::empty);
}

TEST(DrainWatch, WaitsForAsLongAsResolversHaveAnswersWithTheEdge) {
  DrainWatch watch(20s);
  EXPECT_EQ(watch.look(edge(0, 0, 0, 2), kLeftOut, 3s), State::drains);
  EXPECT_EQ(watch.line(),
            "  0:03             0          0           2  0 bit/s       "
            "answers with it live for another 22 s");
  EXPECT_EQ(end_of(watch, edge(0, 0, 0, 2), 4s), 25s);
}

TEST(DrainWatch, WaitsForTheDnsNodesThatStillAnswerWithTheEdge) {
  DrainWatch watch(20s);
  EXPECT_EQ(watch.look(edge(0, 0, 0), kNotYet, 40s), State::drains);
  EXPECT_EQ(watch.line().substr(59), "not all DNS nodes leave it out yet");
  EXPECT_EQ(end_of(watch, edge(0, 0, 0), 41s), 65s);
}

TEST(DrainWatch, TellsRequestsOfVisitorsFromProbes) {
  DrainWatch probed(20s);
  EXPECT_EQ(end_of(probed, edge(1, 1, 9'000, 3.4), 0s), 25s) << "probes do not come evenly";
  DrainWatch visited(20s);
  EXPECT_EQ(end_of(visited, edge(1, 1, 9'000, 4), 0s), 100s);
}

TEST(DrainWatch, AllowsForTheConnectionsOfManyProbes) {
  const DrainScene many{.probes_per_second = 20, .left_out = true};
  DrainWatch watch(0s);
  for (auto passed = 10s; passed < 14s; ++passed)
    EXPECT_EQ(watch.look(edge(9, 1, 9'000, 21), many, passed), State::drains);
  EXPECT_EQ(watch.look(edge(9, 1, 9'000, 21), many, 14s), State::empty);
}

TEST(DrainWatch, DoesNotTakeSilenceForEmptiness) {
  DrainWatch watch(0s);
  v1::NodeStatus silent;
  EXPECT_EQ(end_of(watch, silent, 0s), 100s);
  EXPECT_EQ(watch.line(), "  1:39   not connected: it has stopped, or is cut off");
}

}  // namespace
}  // namespace meridian::gslbctl

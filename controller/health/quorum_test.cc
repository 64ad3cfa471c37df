#include "controller/health/quorum.h"

#include <sstream>
#include <vector>

#include <gtest/gtest.h>

namespace meridian::control {
namespace {

// "d1@par +a -b; d2@nyc -a": who, where, and which edges it sees up (+) or down (-).
Ballots ballots(const std::string& text) {
  Ballots all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line, ';');) {
    std::istringstream words(line);
    std::string who;
    words >> who;
    const auto sign = who.find('@');
    auto& ballot = all[who.substr(0, sign)];
    ballot.location = who.substr(sign + 1);
    for (std::string vote; words >> vote;)
      ballot.votes[vote.substr(1)] = {vote[0] == '+', vote[0] == '+' ? "" : "refused"};
  }
  return all;
}

TEST(Quorum, JudgesAnEdge) {
  struct Case {
    const char* name;
    const char* ballots;
    const char* location;  // that asks
    Opinion expected;      // of edge a
  };
  const Case cases[] = {
      {"nobody reports", "", "par", Opinion::silent},
      {"an empty ballot is none", "d1@par", "par", Opinion::silent},
      {"nobody votes on it", "d1@par +b", "par", Opinion::unknown},
      {"all see it up", "d1@par +a; d2@nyc +a", "par", Opinion::up},
      {"all see it down", "d1@par -a +b; d2@nyc -a +b", "par", Opinion::down},
      {"the only one sees it down", "d1@par -a", "par", Opinion::down},
      {"everything is down for all", "d1@par -a -b; d2@nyc -a -b", "par", Opinion::down},
      {"half sees it down, asked from the good half", "d1@par -a +b; d2@nyc +a +b", "nyc",
       Opinion::up},
      {"half sees it down, asked from the bad half", "d1@par -a +b; d2@nyc +a +b", "par",
       Opinion::down},
      {"half sees it down, asked for everybody", "d1@par -a +b; d2@nyc +a +b", "", Opinion::up},
      {"one of two in a location is no location", "d1@par -a +b; d2@par +a +b; d3@nyc +a", "par",
       Opinion::up},
      {"four of five are everybody",
       "d1@par -a +b; d2@par -a +b; d3@nyc -a +b; d4@nyc -a +b; d5@sin +a", "sin", Opinion::down},
      {"three of four are not", "d1@par -a +b; d2@nyc -a +b; d3@fra -a +b; d4@sin +a", "sin",
       Opinion::up},
      {"a location without vantage points follows the world", "d1@par -a +b; d2@nyc +a +b", "sin",
       Opinion::up},
      {"who sees all down alone is cut off", "d1@par -a -b; d2@nyc +a +b", "par", Opinion::up},
      {"cut off ones do not save an edge", "d1@par -a -b; d2@nyc -a +b", "nyc", Opinion::down},
      {"with one edge nobody can be called cut off", "d1@par -a; d2@nyc +a", "par", Opinion::down},
  };
  for (const auto& c : cases)
    EXPECT_EQ(judge("a", c.location, credible(ballots(c.ballots))).opinion, c.expected) << c.name;
}

TEST(Quorum, SaysWhySoThatAPersonUnderstands) {
  const auto reason = [](const char* text, const char* location) {
    return judge("a", location, credible(ballots(text))).reason;
  };
  EXPECT_EQ(reason("d1@par -a +b; d2@nyc -a +b", ""), "2 of 2 vantage points say down (refused)");
  EXPECT_EQ(reason("d1@par -a", ""), "1 of 1 vantage points says down (refused)");
  EXPECT_EQ(reason("d1@par -a +b; d2@nyc +a +b", "par"),
            "1 of 1 vantage points in par says down (refused)");
  EXPECT_EQ(reason("d1@par -a +b; d2@nyc +a +b", "nyc"),
            "1 of 2 vantage points say down (refused), too few to take it from everybody");
  EXPECT_EQ(reason("d1@par +a", "par"), "");
  EXPECT_EQ(reason("d1@par +b", "par"), "no vantage point probes it yet");
}

TEST(BallotBox, ForgetsBallotsThatAreTooOld) {
  BallotBox box;
  const Instant start;
  box.cast("d1", {"par", {{"a", {true, ""}}}, start});
  box.cast("d2", {"nyc", {{"a", {true, ""}}}, start + std::chrono::seconds(3)});
  EXPECT_EQ(box.fresh(start + kVoteLife).size(), 2u);
  EXPECT_EQ(box.fresh(start + kVoteLife + std::chrono::milliseconds(1)).size(), 1u);
}

}  // namespace
}  // namespace meridian::control

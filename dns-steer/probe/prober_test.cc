#include "dns-steer/probe/prober.h"

#include <condition_variable>
#include <mutex>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

namespace meridian::dns {
namespace {

namespace asio = boost::asio;

/// The newest votes, and waiting until they say something; bounded by the test's own time limit.
class Votes {
 public:
  Prober::OnVotes sink() {
    return [this](std::vector<v1::EdgeVote> votes) {
      const std::lock_guard lock(mutex_);
      votes_ = std::move(votes);
      changed_.notify_one();
    };
  }
  v1::EdgeVote wait_for(const std::string& node, bool healthy) {
    std::unique_lock lock(mutex_);
    std::optional<v1::EdgeVote> found;
    changed_.wait(lock, [&] {
      for (const auto& vote : votes_)
        if (vote.node() == node && vote.healthy() == healthy) found = vote;
      return found.has_value();
    });
    return *found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<v1::EdgeVote> votes_;
};

class ProberTest : public testing::Test {
 protected:
  asio::io_context context_;
  std::optional<asio::ip::tcp::acceptor> acceptor_{
      std::in_place, context_, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)};
  const Endpoint endpoint_{parse_address("127.0.0.1").value(), acceptor_->local_endpoint().port()};
  Votes votes_;
};

TEST_F(ProberTest, SeesAnEdgeGoAndComeBack) {
  const ProbeSchedule quick{.interval = std::chrono::milliseconds(10),
                            .suspicion_interval = std::chrono::milliseconds(5)};
  Prober prober(votes_.sink(), quick);
  prober.set_targets({{"par-1", {endpoint_}, {}}});
  votes_.wait_for("par-1", true);
  acceptor_.reset();
  const auto down = votes_.wait_for("par-1", false);
  EXPECT_EQ(down.reason(), endpoint_.text() + ": TCP: Connection refused");
  acceptor_.emplace(context_,
                    asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), endpoint_.port));
  votes_.wait_for("par-1", true);
  EXPECT_GT(prober.counts().succeeded, 0u);
  EXPECT_GT(prober.counts().failed, 0u);
}

TEST_F(ProberTest, SaysThatAPortThatSpeaksNoTlsIsDown) {
  // Nobody accepts: the connection is made by the backlog, and then nothing is ever said.
  const ProbeSchedule quick{.deadline = std::chrono::milliseconds(50)};
  Prober prober(votes_.sink(), quick);
  prober.set_targets({{"par-1", {endpoint_}, {"www.shop.example"}}});
  EXPECT_EQ(votes_.wait_for("par-1", false).reason(),
            endpoint_.text() + ": no answer within 50 ms");
}

TEST_F(ProberTest, KeepsWhatItKnowsOfAnEdgeThatStays) {
  acceptor_.reset();
  Prober prober(votes_.sink());
  prober.set_targets({{"par-1", {endpoint_}, {}}});
  votes_.wait_for("par-1", false);
  prober.set_targets({{"par-1", {endpoint_}, {"www.shop.example"}}, {"par-2", {endpoint_}, {}}});
  // par-2's first result brings votes on both: par-1's is there without a probe of its own.
  votes_.wait_for("par-2", false);
  votes_.wait_for("par-1", false);
}

}  // namespace
}  // namespace meridian::dns

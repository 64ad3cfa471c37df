// The two ends of the control plane together: this controller and the client that nodes use.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include <gtest/gtest.h>

#include "common/control/enroll.h"
#include "common/control/node_client.h"
#include "controller/test_world.h"

namespace meridian::control {
namespace {

using namespace std::chrono_literals;

// What a node was told, for a test to wait on.
class Told {
 public:
  void note(const std::function<void()>& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }
  bool wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, condition);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class WholeNode : public testing::Test {
 protected:
  WholeNode() { world_.declare_fleet(); }

  // Enrols a new node in par as `gslbctl` and the node would.
  Result<tls::Identity> enroll(v1::Role role, const std::string& name,
                               const std::string& key_pem = "") {
    v1::CreateJoinTokenRequest request;
    request.set_role(role);
    request.set_location("par");
    v1::CreateJoinTokenResponse made;
    Call call;
    EXPECT_TRUE(world_.admin()->CreateJoinToken(&call, request, &made).ok());
    EnrollOptions options;
    options.controller = world_.address();
    options.token = made.token();
    options.name = name;
    options.role = role;
    options.addresses = {"192.0.2.50"};
    options.key_pem = key_pem;
    return control::enroll(options);
  }
  std::unique_ptr<NodeClient> join(v1::Role role, const std::string& name, NodeHandlers handlers) {
    const auto identity = enroll(role, name);
    EXPECT_TRUE(identity) << identity.error().text();
    EXPECT_TRUE(tls::save_identity(directory_.path() / "identity", *identity));
    NodeClientOptions options;
    options.controllers = {world_.address()};
    options.directory = directory_.path();
    options.role = role;
    auto client = NodeClient::create(options, std::move(handlers));
    EXPECT_TRUE(client) << client.error().text();
    (*client)->start();
    return std::move(*client);
  }

  TestWorld world_;
  TestDirectory directory_;
  Told told_;
};

TEST_F(WholeNode, EnrolsServesAndIsPurged) {
  std::uint64_t revision = 0;
  std::string purged;
  NodeHandlers handlers;
  handlers.on_snapshot = [&](const v1::Snapshot& snapshot) -> Result<void> {
    told_.note([&] { revision = snapshot.revision(); });
    return {};
  };
  handlers.on_purge = [&](const v1::Purge& purge) -> Result<void> {
    told_.note([&] { purged = purge.url(); });
    return {};
  };
  handlers.on_purge_reset = [](PurgeSequence) {};
  const auto client = join(v1::ROLE_EDGE, "edge-new", handlers);
  ASSERT_TRUE(told_.wait([&] { return revision == 2; }));
  EXPECT_TRUE(eventually([&] { return world_.node_status("edge-new").revision() == 2; }));

  v1::PurgeRequest request;
  request.mutable_purge()->set_url("https://www.shop.example/a.css");
  v1::PurgeResponse response;
  Call call;
  ASSERT_TRUE(world_.admin()->Purge(&call, request, &response).ok());
  EXPECT_EQ(purged, "https://www.shop.example/a.css");
  for (const auto& edge : response.edges())
    EXPECT_EQ(edge.acknowledged(), edge.node() == "edge-new") << edge.node();
}

TEST_F(WholeNode, TellsTheOperatorWhyItRefusesARevision) {
  NodeHandlers handlers;
  handlers.on_snapshot = [](const v1::Snapshot&) -> Result<void> {
    return Error("zone shop.example", "has no nameserver");
  };
  const auto client = join(v1::ROLE_DNS, "dns-new", handlers);
  EXPECT_TRUE(eventually([&] { return world_.node_status("dns-new").nack_revision() == 2; }));
  EXPECT_EQ(world_.node_status("dns-new").nack_reason(), "zone shop.example: has no nameserver");
}

TEST_F(WholeNode, VotesFollowsVerdictsAndExplains) {
  bool e1_healthy = true;
  NodeHandlers handlers;
  handlers.on_snapshot = [](const v1::Snapshot&) -> Result<void> { return {}; };
  handlers.on_health = [&](const v1::HealthUpdate& update) {
    told_.note([&] {
      for (const auto& verdict : update.edges())
        if (verdict.node() == "e1") e1_healthy = verdict.healthy();
    });
  };
  handlers.on_explain = [](const v1::ExplainRequest& request) {
    v1::ExplainResponse response;
    response.set_reason("because of " + request.hostname());
    response.set_id(request.id());
    return response;
  };
  const auto client = join(v1::ROLE_DNS, "dns-new", handlers);
  v1::HealthReport report;
  report.add_votes()->set_node("e1");
  client->report(report);
  EXPECT_TRUE(told_.wait([&] { return !e1_healthy; }));

  v1::ExplainQuery query;
  query.set_hostname("www.shop.example");
  query.set_client("192.0.2.1");
  v1::ExplainResponse response;
  Call call;
  ASSERT_TRUE(world_.admin()->Explain(&call, query, &response).ok());
  EXPECT_EQ(response.reason(), "because of www.shop.example");
}

// Here a report is done only when the next verdicts have come.
TEST_F(WholeNode, ReportsWithoutHoldingUpVerdicts) {
  NodeHandlers::Reply reply;
  bool connected = false;
  NodeHandlers handlers;
  handlers.on_snapshot = [&](const v1::Snapshot&) -> Result<void> {
    told_.note([&] { connected = true; });
    return {};
  };
  handlers.on_health = [&](const v1::HealthUpdate&) {
    told_.note([&] {
      if (!reply) return;
      v1::SteeringReport report;
      report.set_revision(7);
      std::exchange(reply, nullptr)(report);
    });
  };
  handlers.on_steering_report = [&](const v1::SteeringReportRequest& request,
                                    NodeHandlers::Reply answer) {
    EXPECT_EQ(request.steering_policy(), "near");
    told_.note([&] { reply = std::move(answer); });
  };
  const auto client = join(v1::ROLE_DNS, "dns-new", handlers);
  ASSERT_TRUE(told_.wait([&] { return connected; }));
  v1::SteeringReportQuery query;
  query.set_steering_policy("near");
  v1::SteeringReport response;
  Call call;
  const auto status = world_.admin()->ReportSteering(&call, query, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.node(), "dns-new");
  EXPECT_EQ(response.revision(), 7u);
}

TEST_F(WholeNode, WillNotGiveItsTokenToAnotherController) {
  const TestWorld impostor;
  v1::CreateJoinTokenRequest request;
  request.set_role(v1::ROLE_EDGE);
  request.set_location("par");
  v1::CreateJoinTokenResponse made;
  Call call;
  ASSERT_TRUE(world_.admin()->CreateJoinToken(&call, request, &made).ok());
  EnrollOptions options;
  options.controller = impostor.address();
  options.token = made.token();
  options.name = "edge-new";
  options.role = v1::ROLE_EDGE;
  options.addresses = {"192.0.2.50"};
  EXPECT_FALSE(control::enroll(options));
}

TEST_F(WholeNode, ServesWithAnExpiredCertificateAndEnrolsAnewWhenItCan) {
  const auto directory = directory_.path() / "identity";
  const auto expired = world_.identity(v1::ROLE_EDGE, "e1", WallClock::now() - 24h);
  ASSERT_TRUE(tls::save_identity(directory, expired));
  NodeClientOptions options;
  options.controllers = {world_.address()};
  options.directory = directory_.path();
  options.role = v1::ROLE_EDGE;
  options.enrolment_retry = 0ms;
  int asked = 0;
  options.enroll = [&](const tls::Identity& held) -> Result<tls::Identity> {
    EXPECT_EQ(held.key_pem, expired.key_pem);
    if (++asked == 1) return Error("the join token is used up");
    if (asked == 2) return world_.identity(v1::ROLE_EDGE, "e2");  // nobody is to become another
    return world_.identity(v1::ROLE_EDGE, "e1");
  };
  std::uint64_t revision = 0;
  NodeHandlers handlers;
  handlers.on_snapshot = [&](const v1::Snapshot& snapshot) -> Result<void> {
    told_.note([&] { revision = snapshot.revision(); });
    return {};
  };
  handlers.on_purge_reset = [](PurgeSequence) {};
  const auto client = NodeClient::create(options, handlers);
  ASSERT_TRUE(client) << client.error().text();
  (*client)->start();
  EXPECT_TRUE(told_.wait([&] { return revision == 1; }));
  (*client)->stop();
  EXPECT_EQ(asked, 3);
  const auto kept = tls::load_identity(directory).value().value();
  EXPECT_GT(kept.expires().value(), WallClock::now());
  EXPECT_EQ(kept.name().value().name, "e1");
}

TEST_F(WholeNode, EnrolsAnewWithTheKeyThatItHas) {
  const auto first = enroll(v1::ROLE_EDGE, "edge-new");
  ASSERT_TRUE(first) << first.error().text();
  const auto again = enroll(v1::ROLE_EDGE, "edge-new", first->key_pem);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->key_pem, first->key_pem);
  EXPECT_NE(again->chain_pem, first->chain_pem);
}

}  // namespace
}  // namespace meridian::control

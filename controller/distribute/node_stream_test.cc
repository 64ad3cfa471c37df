#include "controller/distribute/node_stream.h"

#include <gtest/gtest.h>

#include "common/snapshot/snapshot.h"
#include "controller/test_world.h"

namespace meridian::control {
namespace {

using grpc::StatusCode;

class Stream : public testing::Test {
 protected:
  Stream() : revision_(world_.declare_fleet()) {}

  TestNode node(v1::Role role, const std::string& name) {
    return TestNode(world_.channel(role, name), TestNode::hello(role));
  }
  v1::PurgeResponse purge(const std::string& url, std::chrono::seconds wait) {
    v1::PurgeRequest request;
    request.mutable_purge()->set_url(url);
    request.mutable_wait()->set_seconds(wait.count());
    v1::PurgeResponse response;
    Call call;
    const auto status = world_.admin()->Purge(&call, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  TestWorld world_;
  std::uint64_t revision_;
};

TEST_F(Stream, PushesTheSnapshotAndEachNewRevisionAndTakesAcks) {
  auto edge = node(v1::ROLE_EDGE, "e1");
  const auto first = edge.next_snapshot();
  EXPECT_EQ(first.snapshot().revision(), revision_);
  EXPECT_EQ(first.snapshot().node(), "e1");
  EXPECT_EQ(first.snapshot().role(), v1::ROLE_EDGE);
  const auto hash = snapshot_hash(first.snapshot());
  EXPECT_EQ(first.hash(), std::string(hash.begin(), hash.end()));
  ASSERT_TRUE(edge.ack(revision_));
  EXPECT_TRUE(eventually([&] { return world_.node_status("e1").revision() == revision_; }));

  const auto next = world_.change_description("Paris");
  EXPECT_EQ(edge.next_snapshot().snapshot().revision(), next);
  ASSERT_TRUE(edge.ack(next));
  EXPECT_TRUE(eventually([&] { return world_.node_status("e1").revision() == next; }));
  EXPECT_TRUE(world_.node_status("e1").connected());
  EXPECT_EQ(world_.node_status("e1").software_version(), "test");
}

TEST_F(Stream, GivesAllDnsNodesTheSameCookieSecretForGood) {
  const auto secret = [&](const std::string& name) {
    return node(v1::ROLE_DNS, name).next_snapshot().snapshot().cookie_secrets(0);
  };
  const auto first = secret("d1");
  EXPECT_GE(first.size(), 16u);
  EXPECT_EQ(secret("d2"), first);
  world_.start();
  EXPECT_EQ(secret("d1"), first);
}

TEST_F(Stream, GivesTheNextCookieSecretWhenOneComesIntoForce) {
  auto dns = node(v1::ROLE_DNS, "d1");
  const auto first = dns.next_snapshot().snapshot();
  ASSERT_EQ(first.cookie_secrets_size(), 2);
  ASSERT_TRUE(dns.ack(revision_));
  ASSERT_TRUE(world_.plane().rotate_secrets());  // nothing is due
  world_.clock_offset = std::chrono::hours(24 * 30 + 1);
  ASSERT_TRUE(world_.plane().rotate_secrets());
  const auto next = dns.next_snapshot().snapshot();
  EXPECT_EQ(next.revision(), revision_ + 1);
  ASSERT_EQ(next.cookie_secrets_size(), 3);
  for (const int i : {0, 1}) EXPECT_EQ(next.cookie_secrets(i), first.cookie_secrets(i));
}

TEST_F(Stream, GivesAllEdgesTheSameSecretsOfStickyCookies) {
  const auto push = [&](const std::string& name) {
    return node(v1::ROLE_EDGE, name).next_snapshot();
  };
  const auto first = push("e1");
  ASSERT_EQ(first.snapshot().edge_secrets_size(), 2);
  const auto hash = snapshot_hash(first.snapshot());
  EXPECT_EQ(first.hash(), std::string(hash.begin(), hash.end()));
  EXPECT_EQ(push("e2").snapshot().edge_secrets(0), first.snapshot().edge_secrets(0));
  EXPECT_EQ(node(v1::ROLE_DNS, "d1").next_snapshot().snapshot().edge_secrets_size(), 0);
  world_.start();
  EXPECT_EQ(push("e1").snapshot().edge_secrets(1), first.snapshot().edge_secrets(1));
}

TEST_F(Stream, SendsNoSnapshotToANodeThatHasIt) {
  auto hello = TestNode::hello(v1::ROLE_EDGE);
  {
    auto edge = node(v1::ROLE_EDGE, "e1");
    const auto push = edge.next_snapshot();
    hello.set_revision(push.snapshot().revision());
    hello.set_hash(push.hash());
  }
  TestNode again(world_.channel(v1::ROLE_EDGE, "e1"), hello);
  EXPECT_TRUE(eventually([&] { return world_.node_status("e1").revision() == revision_; }));
  const auto next = world_.change_description("Paris");
  EXPECT_EQ(again.next_snapshot().snapshot().revision(), next);
}

TEST_F(Stream, RecordsWhoRefusesARevisionAndWhy) {
  auto edge = node(v1::ROLE_EDGE, "e1");
  edge.next_snapshot();
  v1::NodeMessage message;
  message.mutable_nack()->set_revision(revision_);
  message.mutable_nack()->set_reason("site www: no certificate");
  ASSERT_TRUE(edge.send(message));
  EXPECT_TRUE(eventually([&] { return world_.node_status("e1").nack_revision() == revision_; }));
  EXPECT_EQ(world_.node_status("e1").nack_reason(), "site www: no certificate");
  EXPECT_EQ(world_.node_status("e1").revision(), 0u);
}

TEST_F(Stream, RefusesADnsCertificateThatAsksForAnEdgesSnapshot) {
  TestNode node(world_.channel(v1::ROLE_DNS, "d1"), TestNode::hello(v1::ROLE_EDGE));
  const auto status = node.end();
  EXPECT_EQ(status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(status.error_message(),
            "a certificate of role dns cannot ask for what is for role edge");
}

TEST_F(Stream, RefusesWhoIsNotDeclaredOrWithAnotherRole) {
  EXPECT_EQ(node(v1::ROLE_EDGE, "nobody").end().error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(node(v1::ROLE_EDGE, "d1").end().error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(node(v1::ROLE_ADMIN, "root").end().error_code(), StatusCode::PERMISSION_DENIED);
}

TEST_F(Stream, RefusesWhoHasNoCertificate) {
  TestNode node(world_.stranger(), TestNode::hello(v1::ROLE_EDGE));
  EXPECT_EQ(node.end().error_code(), StatusCode::UNAUTHENTICATED);
}

TEST_F(Stream, RefusesPlaintext) {
  TestNode node(grpc::CreateChannel(world_.address(), grpc::InsecureChannelCredentials()),
                TestNode::hello(v1::ROLE_EDGE));
  EXPECT_EQ(node.end().error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(Stream, RefusesACertificateOfAnotherAuthority) {
  const TestWorld other;
  auto identity = other.identity(v1::ROLE_EDGE, "e1");
  identity.ca_pem = world_.identity(v1::ROLE_EDGE, "e1").ca_pem;
  TestNode node(world_.channel(identity), TestNode::hello(v1::ROLE_EDGE));
  EXPECT_EQ(node.end().error_code(), StatusCode::UNAVAILABLE);
}

TEST_F(Stream, EndsWhenItsNodeIsDeleted) {
  auto edge = node(v1::ROLE_EDGE, "e1");
  edge.next_snapshot();
  v1::ApplyRequest request;
  request.add_deletes()->set_kind(v1::KIND_NODE);
  request.mutable_deletes(0)->set_name("e1");
  world_.apply(request);
  EXPECT_EQ(edge.end().error_code(), StatusCode::NOT_FOUND);
}

TEST_F(Stream, IsReplacedByANewerOneOfTheSameNode) {
  auto first = node(v1::ROLE_EDGE, "e1");
  first.next_snapshot();
  auto second = node(v1::ROLE_EDGE, "e1");
  second.next_snapshot();
  EXPECT_EQ(first.end().error_code(), StatusCode::ABORTED);
  const auto next = world_.change_description("Paris");
  EXPECT_EQ(second.next_snapshot().snapshot().revision(), next);
  EXPECT_TRUE(world_.node_status("e1").connected());
}

TEST_F(Stream, TellsPurgesInOrderFromWhereTheNodeStopped) {
  for (const auto* url : {"https://a/1", "https://a/2", "https://a/3"})
    purge(url, std::chrono::seconds(0));
  auto hello = TestNode::hello(v1::ROLE_EDGE);
  hello.set_purge_sequence(1);
  TestNode edge(world_.channel(v1::ROLE_EDGE, "e1"), hello);
  const auto batch = edge.next_purges();
  ASSERT_EQ(batch.purges_size(), 2);
  EXPECT_EQ(batch.reset_to(), 0u);
  EXPECT_EQ(batch.purges(0).sequence(), 2u);
  EXPECT_EQ(batch.purges(0).url(), "https://a/2");
  EXPECT_EQ(batch.purges(1).sequence(), 3u);
}

TEST_F(Stream, ResetsANodeThatIsAheadOfTheLog) {
  purge("https://a/1", std::chrono::seconds(0));
  auto hello = TestNode::hello(v1::ROLE_EDGE);
  hello.set_purge_sequence(99);
  TestNode edge(world_.channel(v1::ROLE_EDGE, "e1"), hello);
  EXPECT_EQ(edge.next_purges().reset_to(), 1u);
  EXPECT_EQ(world_.node_status("e1").purge_sequence(), 0u);
  ASSERT_TRUE(edge.ack_purges(99));
  EXPECT_TRUE(eventually([&] { return world_.node_status("e1").purge_sequence() == 1; }));
  purge("https://a/2", std::chrono::seconds(0));
  EXPECT_EQ(edge.next_purges().purges(0).sequence(), 2u);
}

TEST_F(Stream, BeginsTheLogForANodeThatKnowsPurgesWhenThereAreNone) {
  auto hello = TestNode::hello(v1::ROLE_EDGE);
  hello.set_purge_sequence(99);
  TestNode edge(world_.channel(v1::ROLE_EDGE, "e1"), hello);
  EXPECT_EQ(edge.next_purges().reset_to(), 1u);
}

TEST_F(Stream, LetsTheOperatorWaitForEveryConnectedEdge) {
  auto edge = node(v1::ROLE_EDGE, "e1");
  edge.next_snapshot();
  std::thread node_thread([&] {
    const auto batch = edge.next_purges();
    edge.ack_purges(batch.purges(batch.purges_size() - 1).sequence());
  });
  const auto response = purge("https://a/1", kPatience);
  node_thread.join();
  ASSERT_EQ(response.edges_size(), 2);
  EXPECT_EQ(response.edges(0).node(), "e1");
  EXPECT_TRUE(response.edges(0).acknowledged());
  EXPECT_FALSE(response.edges(1).acknowledged());
  EXPECT_FALSE(response.edges(1).connected());
}

TEST_F(Stream, CountsNoPurgeAsAppliedBeforeItWasTold) {
  auto edge = node(v1::ROLE_EDGE, "e1");
  edge.next_snapshot();
  ASSERT_TRUE(edge.ack_purges(1000));
  EXPECT_FALSE(purge("https://a/1", std::chrono::seconds(0)).edges(0).acknowledged());
}

// A node that does not read gets the newest state when it reads again, not all that it missed.
TEST_F(Stream, CostsLittleForANodeThatDoesNotRead) {
  auto slow = node(v1::ROLE_EDGE, "e1");
  slow.next_snapshot();
  const std::string large(1024 * 1024, 'x');
  auto fast = node(v1::ROLE_EDGE, "e2");
  std::uint64_t newest = 0;
  constexpr int kChanges = 50;
  for (int i = 0; i < kChanges; ++i) {
    newest = world_.change_description(large + std::to_string(i));
    while (fast.next_snapshot().snapshot().revision() != newest) {
    }
  }
  int read = 0;
  while (slow.next_snapshot().snapshot().revision() != newest) ++read;
  EXPECT_LT(read, kChanges / 2);
}

/// As a node that has `revision` of a store that is gone.
v1::Hello of_another_store(v1::Role role, std::uint64_t revision) {
  auto hello = TestNode::hello(role);
  hello.set_revision(revision);
  hello.set_hash(std::string(32, 'x'));
  return hello;
}

TEST_F(Stream, NumbersRevisionsOnFromWhatANodeHasOfAnotherStore) {
  TestNode edge(world_.channel(v1::ROLE_EDGE, "e1"), of_another_store(v1::ROLE_EDGE, 5000));
  EXPECT_EQ(edge.next_snapshot().snapshot().revision(), 5001u);
  EXPECT_EQ(world_.node_status("e1").revision(), 0u) << "it has acknowledged nothing yet";
  ASSERT_TRUE(edge.ack(5001));
  EXPECT_TRUE(eventually([&] { return world_.node_status("e1").revision() == 5001; }));
  EXPECT_EQ(world_.change_description("Paris"), 5002u);
  EXPECT_EQ(edge.next_snapshot().snapshot().revision(), 5002u);
  world_.start();
  EXPECT_EQ(world_.change_description("Lutetia"), 5003u);
}

TEST_F(Stream, NumbersThemOnOnceForNodesThatComeTogether) {
  TestNode first(world_.channel(v1::ROLE_EDGE, "e1"), of_another_store(v1::ROLE_EDGE, 5000));
  TestNode second(world_.channel(v1::ROLE_EDGE, "e2"), of_another_store(v1::ROLE_EDGE, 5000));
  TestNode behind(world_.channel(v1::ROLE_DNS, "d1"), of_another_store(v1::ROLE_DNS, 4990));
  for (auto* node : {&first, &second, &behind}) {
    // d1, if it comes first, jumps less far, and is told of the others' jump after that.
    auto revision = node->next_snapshot().snapshot().revision();
    if (revision == 4991) revision = node->next_snapshot().snapshot().revision();
    EXPECT_EQ(revision, 5001u);
  }
  EXPECT_EQ(world_.node_status("d1").revision(), 0u);
}

TEST_F(Stream, CountsNothingThatHasTheNumberAloneOfTheNewestRevision) {
  TestNode edge(world_.channel(v1::ROLE_EDGE, "e1"), of_another_store(v1::ROLE_EDGE, revision_));
  EXPECT_EQ(edge.next_snapshot().snapshot().revision(), revision_);
  EXPECT_EQ(world_.node_status("e1").revision(), 0u);
}

TEST_F(Stream, LetsNoNodePushTheNumberToTheEndOfItsRange) {
  for (const auto held : {~std::uint64_t{0}, kMostLeast.value}) {
    TestNode edge(world_.channel(v1::ROLE_EDGE, "e1"), of_another_store(v1::ROLE_EDGE, held));
    EXPECT_EQ(edge.next_snapshot().snapshot().revision(), revision_);
  }
  EXPECT_EQ(world_.change_description("Paris"), revision_ + 1);
}

TEST_F(Stream, CountsNoRevisionThatANodeWasNotSent) {
  auto edge = node(v1::ROLE_EDGE, "e1");
  edge.next_snapshot();
  ASSERT_TRUE(edge.ack(~std::uint64_t{0}));
  EXPECT_TRUE(eventually([&] { return world_.node_status("e1").revision() == revision_; }));
  v1::NodeMessage message;
  message.mutable_nack()->set_revision(~std::uint64_t{0});
  message.mutable_nack()->set_reason("no");
  ASSERT_TRUE(edge.send(message));
  EXPECT_TRUE(eventually([&] { return world_.node_status("e1").nack_revision() == revision_; }));
}

}  // namespace
}  // namespace meridian::control

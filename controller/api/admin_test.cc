#include "controller/api/admin.h"

#include <thread>

#include <gtest/gtest.h>

#include "controller/test_world.h"

namespace meridian::control {
namespace {

using grpc::StatusCode;

class Admin : public testing::Test {
 protected:
  Admin() : revision_(world_.declare_fleet()) {}

  v1::ApplyResponse apply(const v1::ApplyRequest& request, StatusCode expected = StatusCode::OK) {
    Call call;
    v1::ApplyResponse response;
    EXPECT_EQ(world_.admin()->Apply(&call, request, &response).error_code(), expected);
    return response;
  }
  std::uint64_t newest() {
    Call call;
    v1::ListResourcesResponse response;
    EXPECT_TRUE(world_.admin()->ListResources(&call, {}, &response).ok());
    return response.revision();
  }

  TestWorld world_;
  std::uint64_t revision_;
};

TEST_F(Admin, IsForAdministratorsOnly) {
  struct Case {
    const char* name;
    std::shared_ptr<grpc::Channel> channel;
    StatusCode expected;
  };
  const Case cases[] = {
      {"no certificate", world_.stranger(), StatusCode::UNAUTHENTICATED},
      {"edge", world_.channel(v1::ROLE_EDGE, "e1"), StatusCode::PERMISSION_DENIED},
      {"dns", world_.channel(v1::ROLE_DNS, "d1"), StatusCode::PERMISSION_DENIED},
      {"controller", world_.channel(v1::ROLE_CONTROLLER, "controller"),
       StatusCode::PERMISSION_DENIED},
  };
  for (const auto& c : cases) {
    const auto stub = v1::Admin::NewStub(c.channel);
    const auto refused = [&](auto method, auto request, auto response) {
      Call call;
      return ((*stub).*method)(&call, request, &response).error_code();
    };
    using Stub = v1::Admin::Stub;
    EXPECT_EQ(refused(&Stub::Apply, v1::ApplyRequest(), v1::ApplyResponse()), c.expected) << c.name;
    EXPECT_EQ(
        refused(&Stub::ListResources, v1::ListResourcesRequest(), v1::ListResourcesResponse()),
        c.expected);
    EXPECT_EQ(refused(&Stub::CreateJoinToken, v1::CreateJoinTokenRequest(),
                      v1::CreateJoinTokenResponse()),
              c.expected);
    EXPECT_EQ(refused(&Stub::Purge, v1::PurgeRequest(), v1::PurgeResponse()), c.expected);
    EXPECT_EQ(refused(&Stub::Explain, v1::ExplainQuery(), v1::ExplainResponse()), c.expected);
    EXPECT_EQ(refused(&Stub::ReportSteering, v1::SteeringReportQuery(), v1::SteeringReport()),
              c.expected);
    EXPECT_EQ(refused(&Stub::GetStatus, v1::GetStatusRequest(), v1::GetStatusResponse()),
              c.expected);
  }
}

TEST_F(Admin, RefusesABadChangeWholeAndSaysWhy) {
  v1::ApplyRequest request;
  auto& good = *request.add_upserts();
  good.set_name("sin");
  good.mutable_location()->set_latitude(1);
  good.mutable_location()->set_longitude(103);
  auto& bad = *request.add_upserts();
  bad.set_name("e9");
  bad.mutable_node()->set_role(v1::ROLE_EDGE);
  bad.mutable_node()->set_location("nowhere");
  bad.mutable_node()->add_addresses("192.0.2.9");
  const auto response = apply(request);
  ASSERT_EQ(response.violations_size(), 1);
  EXPECT_EQ(response.violations(0).resource().name(), "e9");
  EXPECT_EQ(response.violations(0).field(), "spec.location");
  EXPECT_EQ(response.revision(), revision_);
  EXPECT_EQ(newest(), revision_);
}

TEST_F(Admin, ChangesNothingOnADryRunOrWithoutADifference) {
  v1::ApplyRequest request;
  auto& resource = *request.add_upserts();
  resource.set_name("sin");
  resource.mutable_location()->set_latitude(1);
  resource.mutable_location()->set_longitude(103);
  request.set_dry_run(true);
  EXPECT_EQ(apply(request).changes_size(), 1);
  EXPECT_EQ(newest(), revision_);
  request.set_dry_run(false);
  EXPECT_EQ(apply(request).revision(), revision_ + 1);
  const auto again = apply(request);
  EXPECT_EQ(again.changes_size(), 0);
  EXPECT_EQ(again.revision(), revision_ + 1);
}

TEST_F(Admin, RefusesAChangeMadeFromAnOlderRevision) {
  world_.change_description("Paris");
  v1::ApplyRequest request;
  request.set_expected_revision(revision_);
  apply(request, StatusCode::ABORTED);
  request.set_expected_revision(revision_ + 1);
  apply(request);
}

TEST_F(Admin, KeepsTheHistory) {
  world_.change_description("Paris");
  Call call;
  v1::ListRevisionsRequest request;
  request.set_limit(1);
  v1::ListRevisionsResponse response;
  ASSERT_TRUE(world_.admin()->ListRevisions(&call, request, &response).ok());
  ASSERT_EQ(response.revisions_size(), 1);
  EXPECT_EQ(response.revisions(0).revision(), revision_ + 1);
  EXPECT_EQ(response.revisions(0).author(), "admin/root");
  EXPECT_EQ(response.revisions(0).changes(0).action(), v1::Change::ACTION_UPDATED);
}

TEST_F(Admin, ListsResourcesByKindAndName) {
  Call call;
  v1::ListResourcesRequest request;
  request.set_kind(v1::KIND_NODE);
  request.set_name("e2");
  v1::ListResourcesResponse response;
  ASSERT_TRUE(world_.admin()->ListResources(&call, request, &response).ok());
  ASSERT_EQ(response.resources_size(), 1);
  EXPECT_EQ(response.resources(0).node().location(), "nyc");
}

TEST_F(Admin, ListsTokensWithoutTheirSecrets) {
  v1::CreateJoinTokenRequest request;
  request.set_role(v1::ROLE_DNS);
  request.set_location("par");
  request.set_uses(3);
  v1::CreateJoinTokenResponse made;
  Call create;
  ASSERT_TRUE(world_.admin()->CreateJoinToken(&create, request, &made).ok());
  Call list;
  v1::ListJoinTokensResponse tokens;
  ASSERT_TRUE(world_.admin()->ListJoinTokens(&list, {}, &tokens).ok());
  ASSERT_EQ(tokens.tokens_size(), 1);
  EXPECT_EQ(tokens.tokens(0).uses_left(), 3u);
  const auto secret = tls::parse_join_token(made.token()).value().secret;
  EXPECT_EQ(tokens.SerializeAsString().find(secret), std::string::npos);
}

TEST_F(Admin, RefusesTokensForNowhereAndForTooLong) {
  const auto refused = [&](auto change) {
    v1::CreateJoinTokenRequest request;
    request.set_role(v1::ROLE_EDGE);
    request.set_location("par");
    change(request);
    Call call;
    v1::CreateJoinTokenResponse response;
    return world_.admin()->CreateJoinToken(&call, request, &response).error_message();
  };
  EXPECT_EQ(refused([](auto& r) { r.set_location("x"); }),
            "location: there is no location 'x'; apply it first");
  EXPECT_EQ(refused([](auto& r) { r.set_role(v1::ROLE_ADMIN); }), "role: must be dns or edge");
  EXPECT_EQ(refused([](auto& r) { r.mutable_ttl()->set_seconds(168 * 3600 + 1); }),
            "ttl: must be more than 0 and at most 168h");
}

TEST_F(Admin, RefusesPurgesOfNothingAndOfUnknownSites) {
  const auto refused = [&](auto change) {
    v1::PurgeRequest request;
    change(request);
    Call call;
    v1::PurgeResponse response;
    return world_.admin()->Purge(&call, request, &response).error_message();
  };
  EXPECT_EQ(refused([](auto&) {}),
            "purge: names neither a url, a prefix, a site, a tag, nor everything");
  EXPECT_EQ(refused([](auto& r) { r.mutable_purge()->set_site("x"); }),
            "purge.site: there is no site 'x'");
  EXPECT_EQ(refused([](auto& r) { r.mutable_purge()->set_url("/a"); }),
            "purge.url: must begin with https:// or http://");
}

TEST_F(Admin, AsksADnsNodeToExplain) {
  TestNode dns(world_.channel(v1::ROLE_DNS, "d1"), TestNode::hello(v1::ROLE_DNS));
  dns.next_snapshot();
  std::thread node([&] {
    const auto question = dns.next(v1::ControllerMessage::kExplain).explain();
    v1::NodeMessage message;
    message.mutable_explain()->set_id(question.id());
    message.mutable_explain()->set_reason("nearest to " + question.client());
    dns.send(message);
  });
  v1::ExplainQuery query;
  query.set_hostname("www.shop.example");
  query.set_client("192.0.2.1");
  v1::ExplainResponse response;
  Call call;
  const auto status = world_.admin()->Explain(&call, query, &response);
  node.join();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.node(), "d1");
  EXPECT_EQ(response.reason(), "nearest to 192.0.2.1");
}

TEST_F(Admin, SaysWhenNoDnsNodeCanExplain) {
  v1::ExplainQuery query;
  query.set_hostname("www.shop.example");
  query.set_client("192.0.2.1");
  v1::ExplainResponse response;
  Call none;
  const auto status = world_.admin()->Explain(&none, query, &response);
  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "no dns node is connected");

  TestNode dns(world_.channel(v1::ROLE_DNS, "d1"), TestNode::hello(v1::ROLE_DNS));
  dns.next_snapshot();
  Call silent;
  EXPECT_EQ(world_.admin()->Explain(&silent, query, &response).error_message(),
            "node d1: did not answer in time");
}

}  // namespace
}  // namespace meridian::control

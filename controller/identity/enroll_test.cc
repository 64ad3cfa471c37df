#include "controller/identity/enroll.h"

#include <gtest/gtest.h>

#include "controller/test_world.h"

namespace meridian::control {
namespace {

using namespace std::chrono_literals;
using grpc::StatusCode;

class Enrolment : public testing::Test {
 protected:
  Enrolment() { world_.declare_fleet(); }

  v1::CreateJoinTokenResponse token(v1::Role role, const std::string& node = "") {
    v1::CreateJoinTokenRequest request;
    request.set_role(role);
    request.set_location("par");
    request.set_node(node);
    v1::CreateJoinTokenResponse response;
    Call call;
    const auto status = world_.admin()->CreateJoinToken(&call, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // An edge "new" that asks with `token`; `change` makes the request another.
  template <class Change>
  grpc::Status enroll(const std::string& token, Change change) {
    v1::EnrollRequest request;
    request.set_token(token);
    request.set_csr_pem(tls::make_request(*key_));
    request.set_name("new");
    request.set_role(v1::ROLE_EDGE);
    request.add_addresses("192.0.2.77");
    change(request);
    Call call;
    response_.Clear();
    return v1::Enrollment::NewStub(world_.stranger())->Enroll(&call, request, &response_);
  }
  grpc::Status enroll(const std::string& token) {
    return enroll(token, [](v1::EnrollRequest&) {});
  }
  tls::Identity identity() const {
    return {response_.chain_pem(), tls::key_to_pem(*key_), response_.ca_pem()};
  }

  TestWorld world_;
  tls::KeyPtr key_ = tls::make_key();
  v1::EnrollResponse response_;
};

TEST_F(Enrolment, TradesATokenForACertificateAndDeclaresTheNode) {
  const auto status = enroll(token(v1::ROLE_EDGE).token());
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(identity().name().value().uri(), "spiffe://test.example/edge/new");
  EXPECT_EQ(response_.location(), "par");
  const auto node = world_.node_status("new").node();
  EXPECT_EQ(node.role(), v1::ROLE_EDGE);
  EXPECT_EQ(node.location(), "par");
  EXPECT_EQ(node.addresses(0), "192.0.2.77");
  TestNode stream(world_.channel(identity()), TestNode::hello(v1::ROLE_EDGE));
  EXPECT_EQ(stream.next_snapshot().snapshot().node(), "new");
}

TEST_F(Enrolment, KeepsTheDeclarationOfANodeThatIsDeclaredAlready) {
  const auto status =
      enroll(token(v1::ROLE_EDGE).token(), [](v1::EnrollRequest& r) { r.set_name("e1"); });
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(world_.node_status("e1").node().addresses(0), "192.0.2.1");
}

TEST_F(Enrolment, RefusesWithoutAToken) {
  EXPECT_EQ(enroll("").error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(enroll("mrd1.nonsense").error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(enroll(make_join_token({}).value().text()).error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(world_.node_status("new").name(), "");
}

TEST_F(Enrolment, RefusesAWrongSecretForAnExistingToken) {
  auto presented = tls::parse_join_token(token(v1::ROLE_EDGE).token()).value();
  presented.secret = make_join_token({}).value().secret;
  const auto status = enroll(presented.text());
  EXPECT_EQ(status.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(status.error_message(), "the join token is not known");
}

TEST_F(Enrolment, RefusesAUsedToken) {
  const auto text = token(v1::ROLE_EDGE).token();
  ASSERT_TRUE(enroll(text).ok());
  const auto again = enroll(text, [](v1::EnrollRequest& r) { r.set_name("other"); });
  EXPECT_EQ(again.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(again.error_message(), "the join token has been used up");
  EXPECT_TRUE(response_.chain_pem().empty());
  EXPECT_EQ(world_.node_status("other").name(), "");
}

TEST_F(Enrolment, RefusesAnExpiredToken) {
  const auto text = token(v1::ROLE_EDGE).token();
  world_.clock_offset = 3601s;
  const auto status = enroll(text);
  EXPECT_EQ(status.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(status.error_message(), "the join token has expired");
}

TEST_F(Enrolment, RefusesARevokedToken) {
  const auto made = token(v1::ROLE_EDGE);
  Call call;
  v1::RevokeJoinTokenRequest revoke;
  revoke.set_id(made.description().id());
  v1::RevokeJoinTokenResponse revoked;
  ASSERT_TRUE(world_.admin()->RevokeJoinToken(&call, revoke, &revoked).ok());
  const auto status = enroll(made.token());
  EXPECT_EQ(status.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(status.error_message(), "the join token has been revoked");
}

TEST_F(Enrolment, RefusesATokenOfAnotherRoleNodeOrLocation) {
  EXPECT_EQ(enroll(token(v1::ROLE_DNS).token()).error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(enroll(token(v1::ROLE_EDGE, "other").token()).error_code(),
            StatusCode::PERMISSION_DENIED);
  const auto elsewhere =
      enroll(token(v1::ROLE_EDGE).token(), [](v1::EnrollRequest& r) { r.set_name("e2"); });
  EXPECT_EQ(elsewhere.error_code(), StatusCode::ALREADY_EXISTS);
}

TEST_F(Enrolment, KeepsTheTokenGoodWhenTheRequestIsMalformed) {
  const auto text = token(v1::ROLE_EDGE).token();
  const auto no_address = enroll(text, [](v1::EnrollRequest& r) { r.clear_addresses(); });
  EXPECT_EQ(no_address.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(no_address.error_message().find("--address"), std::string::npos);
  EXPECT_EQ(enroll(text, [](v1::EnrollRequest& r) { r.set_csr_pem("x"); }).error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(enroll(text, [](v1::EnrollRequest& r) { r.set_name("a/b"); }).error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(enroll(text, [](v1::EnrollRequest& r) { r.set_addresses(0, "nowhere"); }).error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(enroll(text).ok());
}

TEST_F(Enrolment, BoundsFailedAttempts) {
  std::optional<StatusCode> last;
  for (int i = 0; i < 2000 && last != StatusCode::RESOURCE_EXHAUSTED; ++i)
    last = enroll("wrong").error_code();
  EXPECT_EQ(last, StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Enrolment, RenewsForWhoHoldsAValidCertificate) {
  const auto next_key = tls::make_key();
  v1::RenewRequest request;
  request.set_csr_pem(tls::make_request(*next_key));
  v1::EnrollResponse response;
  Call call;
  const auto status =
      v1::Enrollment::NewStub(world_.channel(v1::ROLE_DNS, "d1"))->Renew(&call, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const tls::Identity renewed{response.chain_pem(), tls::key_to_pem(*next_key), response.ca_pem()};
  EXPECT_EQ(renewed.name().value().uri(), "spiffe://test.example/dns/d1");
}

TEST_F(Enrolment, DoesNotRenewForStrangersAndNodesThatAreNotDeclared) {
  v1::RenewRequest request;
  request.set_csr_pem(tls::make_request(*tls::make_key()));
  const auto renew = [&](const std::shared_ptr<grpc::Channel>& channel) {
    Call call;
    v1::EnrollResponse response;
    return v1::Enrollment::NewStub(channel)->Renew(&call, request, &response).error_code();
  };
  EXPECT_EQ(renew(world_.stranger()), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(renew(world_.channel(v1::ROLE_DNS, "gone")), StatusCode::NOT_FOUND);
  EXPECT_EQ(renew(world_.channel(v1::ROLE_EDGE, "d1")), StatusCode::PERMISSION_DENIED);
}

}  // namespace
}  // namespace meridian::control

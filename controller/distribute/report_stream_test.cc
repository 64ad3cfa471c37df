#include "controller/distribute/report_stream.h"

#include <gtest/gtest.h>

#include "controller/test_world.h"

namespace meridian::control {
namespace {

using grpc::StatusCode;

// One node's Health.Report stream, by hand.
class Reporting {
 public:
  explicit Reporting(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::Health::NewStub(channel)), writer_(stub_->Report(&call_, &summary_)) {}
  void send(const v1::HealthReport& report) { writer_->Write(report); }
  grpc::Status end() {
    writer_->WritesDone();
    return writer_->Finish();
  }
  const v1::HealthReportSummary& summary() const { return summary_; }

 private:
  Call call_;
  v1::HealthReportSummary summary_;
  std::unique_ptr<v1::Health::Stub> stub_;
  std::unique_ptr<grpc::ClientWriter<v1::HealthReport>> writer_;
};

v1::HealthReport votes(bool e1, bool e2) {
  v1::HealthReport report;
  for (const auto& [edge, healthy] : {std::pair("e1", e1), std::pair("e2", e2)}) {
    auto& vote = *report.add_votes();
    vote.set_node(edge);
    vote.set_healthy(healthy);
    if (!healthy) vote.set_reason("connection refused");
  }
  return report;
}

const v1::EdgeVerdict& on(const v1::HealthUpdate& update, const std::string& edge) {
  for (const auto& verdict : update.edges())
    if (verdict.node() == edge) return verdict;
  return v1::EdgeVerdict::default_instance();
}

class Report : public testing::Test {
 protected:
  Report() { world_.declare_fleet(); }
  TestWorld world_;
};

TEST_F(Report, OfVotesBecomesAVerdictThatDnsNodesAreTold) {
  TestNode dns(world_.channel(v1::ROLE_DNS, "d1"), TestNode::hello(v1::ROLE_DNS));
  Reporting reporting(world_.channel(v1::ROLE_DNS, "d1"));
  reporting.send(votes(false, true));
  v1::HealthUpdate update;
  std::uint64_t last = 0;
  do {
    update = dns.next_health();
    ASSERT_GT(update.sequence(), last);
    last = update.sequence();
  } while (on(update, "e1").healthy());
  EXPECT_EQ(on(update, "e1").reason(), "1 of 1 vantage points says down (connection refused)");
  EXPECT_TRUE(on(update, "e2").healthy());
  EXPECT_EQ(update.valid_for().seconds(), 5);
  EXPECT_FALSE(world_.node_status("e1").verdict().healthy());
  EXPECT_TRUE(reporting.end().ok());
  EXPECT_EQ(reporting.summary().reports(), 1u);
}

TEST_F(Report, OfAnEdgeTellsWhichSitesItCannotServe) {
  TestNode dns(world_.channel(v1::ROLE_DNS, "d1"), TestNode::hello(v1::ROLE_DNS));
  Reporting reporting(world_.channel(v1::ROLE_EDGE, "e2"));
  v1::HealthReport report;
  report.add_unserviceable_sites()->set_site("www");
  reporting.send(report);
  v1::HealthUpdate update;
  do {
    update = dns.next_health();
    ASSERT_NE(update.sequence(), 0u);
  } while (on(update, "e2").unserviceable_sites().empty());
  EXPECT_TRUE(on(update, "e2").healthy());
  EXPECT_EQ(on(update, "e2").unserviceable_sites(0), "www");
}

TEST_F(Report, SaysNoMoreThanItsRoleAllows) {
  v1::HealthReport condition;
  condition.mutable_load()->set_connections(1);
  struct Case {
    const char* name;
    std::shared_ptr<grpc::Channel> channel;
    v1::HealthReport report;
    StatusCode expected;
  };
  const Case cases[] = {
      {"an edge votes", world_.channel(v1::ROLE_EDGE, "e1"), votes(true, false),
       StatusCode::PERMISSION_DENIED},
      {"a dns node has load", world_.channel(v1::ROLE_DNS, "d1"), condition,
       StatusCode::PERMISSION_DENIED},
      {"an administrator votes", world_.channel(v1::ROLE_ADMIN, "root"), votes(true, true),
       StatusCode::PERMISSION_DENIED},
      {"an undeclared node votes", world_.channel(v1::ROLE_DNS, "d9"), votes(true, true),
       StatusCode::NOT_FOUND},
      {"a stranger votes", world_.stranger(), votes(true, true), StatusCode::UNAUTHENTICATED},
  };
  for (const auto& c : cases) {
    Reporting reporting(c.channel);
    reporting.send(c.report);
    EXPECT_EQ(reporting.end().error_code(), c.expected) << c.name;
  }
}

}  // namespace
}  // namespace meridian::control

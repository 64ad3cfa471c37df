#include "controller/distribute/report_stream.h"

#include <string>
#include <utility>

namespace meridian::control {

using grpc::Status;
using grpc::StatusCode;

ReportStream::ReportStream(ReportContext& shared, tls::PeerName peer,
                           v1::HealthReportSummary& summary)
    : shared_(shared), peer_(std::move(peer)), summary_(summary) {
  StartRead(&report_);
}

void ReportStream::OnReadDone(bool ok) {
  if (!ok) return Finish(Status::OK);
  if (auto status = take(); !status.ok()) return Finish(status);
  StartRead(&report_);
}

// Its role bounds what a node may say: an edge that votes, or a DNS node that speaks for an edge,
// is refused (health.proto).
Status ReportStream::take() {
  const auto head = shared_.head.current();
  const auto* declared = head->configuration.find(v1::KIND_NODE, peer_.name);
  if (declared == nullptr || declared->node().role() != peer_.role)
    return {StatusCode::NOT_FOUND,
            "the node '" + peer_.name + "' is not declared with its certificate's role"};
  const Reporter from{peer_.name, declared->node().location()};
  const bool condition = report_.has_load() || !report_.unserviceable_sites().empty();
  if (peer_.role == v1::ROLE_DNS) {
    if (condition) return {StatusCode::PERMISSION_DENIED, "a dns node may report votes only"};
    shared_.board.take_votes(from, report_, shared_.clocks.steady());
  } else {
    if (!report_.votes().empty())
      return {StatusCode::PERMISSION_DENIED, "an edge may report its own condition only"};
    shared_.board.take_condition(from, report_, shared_.clocks.steady());
  }
  ++shared_.reports;
  summary_.set_reports(summary_.reports() + 1);
  shared_.news();
  return Status::OK;
}

}  // namespace meridian::control

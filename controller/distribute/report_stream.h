#pragma once

#include <atomic>
#include <functional>

#include <grpcpp/grpcpp.h>

#include "common/tls/identity.h"
#include "controller/distribute/health_board.h"
#include "controller/store/clocks.h"
#include "controller/store/head.h"
#include "meridian/v1/health.pb.h"

namespace meridian::control {

/// What all report streams share; outlives them.
struct ReportContext {
  Head& head;
  HealthBoard& board;
  const Clocks& clocks;
  std::function<void()> news;  // the board has something new to judge
  std::atomic<std::uint64_t> reports{0};
};

/// The controller's end of one Health.Report. Deletes itself in OnDone.
class ReportStream final : public grpc::ServerReadReactor<v1::HealthReport> {
 public:
  ReportStream(ReportContext& shared, tls::PeerName peer, v1::HealthReportSummary& summary);

  void OnReadDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  grpc::Status take();

  ReportContext& shared_;
  const tls::PeerName peer_;
  v1::HealthReportSummary& summary_;
  v1::HealthReport report_;
};

}  // namespace meridian::control

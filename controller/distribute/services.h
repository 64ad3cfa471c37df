#pragma once

#include <string>

#include "controller/distribute/node_stream.h"
#include "controller/distribute/report_stream.h"
#include "meridian/v1/distribution.grpc.pb.h"
#include "meridian/v1/health.grpc.pb.h"

namespace meridian::control {

/// Opens a NodeStream for every node that may have one.
class DistributionService final : public v1::Distribution::CallbackService {
 public:
  DistributionService(StreamContext& shared, std::string trust_domain);
  grpc::ServerBidiReactor<v1::NodeMessage, v1::ControllerMessage>* Stream(
      grpc::CallbackServerContext* context) override;

 private:
  StreamContext& shared_;
  std::string trust_domain_;
};

/// Opens a ReportStream for every node that may have one.
class HealthService final : public v1::Health::CallbackService {
 public:
  HealthService(ReportContext& shared, std::string trust_domain);
  grpc::ServerReadReactor<v1::HealthReport>* Report(grpc::CallbackServerContext* context,
                                                    v1::HealthReportSummary* summary) override;

 private:
  ReportContext& shared_;
  std::string trust_domain_;
};

}  // namespace meridian::control

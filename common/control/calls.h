#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "meridian/v1/distribution.pb.h"
#include "meridian/v1/health.pb.h"

namespace grpc {
class Channel;
}

namespace meridian::control {

/// Where gRPC's threads leave news for the control thread, and where it waits. Bounded: of
/// snapshots and verdicts only the newest waits; of purges and questions a few messages, after
/// which nothing more is read from the stream until the control thread has taken them.
struct Inbox {
  static constexpr std::size_t kMostQueued = 64;

  std::mutex mutex;
  std::condition_variable changed;
  // All below under `mutex`.
  std::optional<v1::SnapshotPush> snapshot;
  std::optional<v1::HealthUpdate> health;
  std::deque<v1::PurgeBatch> purges;
  std::deque<v1::ExplainRequest> questions;
  std::deque<v1::HttpExplainRequest> http_questions;
  std::deque<v1::SteeringReportRequest> report_requests;
  std::deque<v1::NodeMessage> answers;     // ours, made on other threads, on their way out
  std::uint64_t connection = 0;            // what is for an earlier one is for nobody
  std::optional<v1::HealthReport> report;  // ours, on its way out
  bool welcome = false;                    // the controller has taken the Distribution stream
  std::string broken;                      // why a stream ended
  int open_calls = 0;                      // streams whose last callback has not run yet
  bool stopping = false;

  /// A stream begins.
  void begin_call();
  /// A stream is of no more use; the first reason stands.
  void break_off(const std::string& reason);
  /// A stream has ended, as this reason says better than what was known; empty: no reason. The
  /// last thing that it does.
  void end_call(const std::string& reason);

  bool full() const {
    return purges.size() + questions.size() + http_questions.size() + report_requests.size() >=
           kMostQueued;
  }
};

/// The Distribution stream. Reads into the inbox; writes one message at a time, with the newest
/// ack of each sort and at most kMostQueued answers waiting behind it. Methods: control thread.
class DistributionCall {
 public:
  DistributionCall(std::shared_ptr<grpc::Channel> channel, std::shared_ptr<Inbox> inbox,
                   v1::NodeMessage hello);
  /// The stream must have been closed.
  ~DistributionCall();
  DistributionCall(const DistributionCall&) = delete;
  DistributionCall& operator=(const DistributionCall&) = delete;

  void send(v1::NodeMessage message);
  /// To be called when the inbox is no longer full.
  void resume_reading();
  /// Cancels. The stream has ended when the inbox counts it out of `open_calls`.
  void close();

 private:
  class Reactor;
  Reactor* reactor_;  // lives until gRPC is done with it
};

/// The Health stream: writes one report at a time, only the newest waits. Methods: control thread.
class ReportCall {
 public:
  ReportCall(std::shared_ptr<grpc::Channel> channel, std::shared_ptr<Inbox> inbox);
  ~ReportCall();
  ReportCall(const ReportCall&) = delete;
  ReportCall& operator=(const ReportCall&) = delete;

  void send(v1::HealthReport report);
  void close();

 private:
  class Reactor;
  Reactor* reactor_;
};

}  // namespace meridian::control

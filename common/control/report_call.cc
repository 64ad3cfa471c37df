#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include "common/control/calls.h"
#include "meridian/v1/health.grpc.pb.h"

namespace meridian::control {

/// Owns itself until OnDone, as the Distribution stream's reactor does.
class ReportCall::Reactor final : public grpc::ClientWriteReactor<v1::HealthReport> {
 public:
  Reactor(const std::shared_ptr<grpc::Channel>& channel, std::shared_ptr<Inbox> inbox)
      : stub_(v1::Health::NewStub(channel)), inbox_(std::move(inbox)) {
    inbox_->begin_call();
    stub_->async()->Report(&context_, &summary_, this);
    AddHold();
    StartCall();
  }

  void send(v1::HealthReport report) {
    {
      const std::lock_guard lock(mutex_);
      if (writing_) {
        next_ = std::move(report);
        return;
      }
      current_ = std::move(report);
      writing_ = true;
    }
    StartWrite(&current_);
  }

  void close() {
    context_.TryCancel();
    RemoveHold();
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return inbox_->break_off("the report stream ended");
    {
      const std::lock_guard lock(mutex_);
      writing_ = next_.has_value();
      if (!writing_) return;
      current_ = std::move(*next_);
      next_.reset();
    }
    StartWrite(&current_);
  }

  void OnDone(const grpc::Status& status) override {
    const auto inbox = inbox_;
    const auto reason = status.ok() || status.error_code() == grpc::StatusCode::CANCELLED
                            ? std::string()
                            : status.error_message();
    delete this;
    // Last: were the channel's last reference dropped on this thread of gRPC's, the thread would
    // wait for itself. Until the call is counted out, the control thread holds one.
    inbox->end_call(reason);
  }

 private:
  std::unique_ptr<v1::Health::Stub> stub_;
  std::shared_ptr<Inbox> inbox_;
  grpc::ClientContext context_;
  v1::HealthReportSummary summary_;

  std::mutex mutex_;
  v1::HealthReport current_;  // being written; touched by whoever set writing_
  bool writing_ = false;
  std::optional<v1::HealthReport> next_;
};

ReportCall::ReportCall(std::shared_ptr<grpc::Channel> channel, std::shared_ptr<Inbox> inbox)
    : reactor_(new Reactor(channel, std::move(inbox))) {}

ReportCall::~ReportCall() { close(); }

void ReportCall::send(v1::HealthReport report) {
  if (reactor_) reactor_->send(std::move(report));
}

void ReportCall::close() {
  if (auto* reactor = std::exchange(reactor_, nullptr)) reactor->close();
}

}  // namespace meridian::control

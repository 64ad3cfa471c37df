#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include "common/control/calls.h"
#include "meridian/v1/distribution.grpc.pb.h"

namespace meridian::control {

/// Owns itself until OnDone, gRPC's last call. The hold taken at the start lets the control thread
/// start writes at any time up to close().
class DistributionCall::Reactor final
    : public grpc::ClientBidiReactor<v1::NodeMessage, v1::ControllerMessage> {
 public:
  Reactor(const std::shared_ptr<grpc::Channel>& channel, std::shared_ptr<Inbox> inbox,
          v1::NodeMessage hello)
      : stub_(v1::Distribution::NewStub(channel)), inbox_(std::move(inbox)) {
    inbox_->begin_call();
    stub_->async()->Stream(&context_, this);
    AddHold();
    StartRead(&incoming_);
    current_ = std::move(hello);
    writing_ = true;
    StartWrite(&current_);
    StartCall();
  }

  void send(v1::NodeMessage message) {
    {
      const std::lock_guard lock(outbox_mutex_);
      put(std::move(message));
      if (writing_ || !take_next()) return;
    }
    StartWrite(&current_);
  }

  void resume_reading() {
    {
      const std::lock_guard lock(inbox_->mutex);
      if (!paused_ || inbox_->full()) return;
      paused_ = false;
    }
    StartRead(&incoming_);
  }

  void close() {
    context_.TryCancel();
    RemoveHold();
  }

  void OnReadInitialMetadataDone(bool ok) override {
    if (!ok) return;  // OnReadDone and OnDone tell
    {
      const std::lock_guard lock(inbox_->mutex);
      inbox_->welcome = true;
    }
    inbox_->changed.notify_one();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return inbox_->break_off("the stream ended");
    bool read_on = false;
    {
      const std::lock_guard lock(inbox_->mutex);
      deliver();
      read_on = !inbox_->full();
      paused_ = !read_on;
    }
    inbox_->changed.notify_one();
    if (read_on) StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return;  // OnReadDone and OnDone tell
    {
      const std::lock_guard lock(outbox_mutex_);
      if (!take_next()) return;
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
  /// With the inbox locked.
  void deliver() {
    switch (incoming_.message_case()) {
      case v1::ControllerMessage::kSnapshot:
        inbox_->snapshot = std::move(*incoming_.mutable_snapshot());
        break;
      case v1::ControllerMessage::kHealth:
        inbox_->health = std::move(*incoming_.mutable_health());
        break;
      case v1::ControllerMessage::kPurges:
        inbox_->purges.push_back(std::move(*incoming_.mutable_purges()));
        break;
      case v1::ControllerMessage::kExplain:
        inbox_->questions.push_back(std::move(*incoming_.mutable_explain()));
        break;
      case v1::ControllerMessage::kSteeringReport:
        inbox_->report_requests.push_back(std::move(*incoming_.mutable_steering_report()));
        break;
      case v1::ControllerMessage::kExplainHttp:
        inbox_->http_questions.push_back(std::move(*incoming_.mutable_explain_http()));
        break;
      case v1::ControllerMessage::MESSAGE_NOT_SET:
        break;  // news of a later version
    }
  }

  void put(v1::NodeMessage message) {
    if (message.has_ack() || message.has_nack()) {
      verdict_ = std::move(message);
    } else if (message.has_purge_ack()) {
      purge_ack_ = std::move(message);
    } else {
      if (answers_.size() >= Inbox::kMostQueued) answers_.pop_front();
      answers_.push_back(std::move(message));
    }
  }

  /// Moves what is to be written next into current_, and says whether there is anything.
  bool take_next() {
    writing_ = true;
    if (verdict_) {
      current_ = std::move(*verdict_);
      verdict_.reset();
    } else if (purge_ack_) {
      current_ = std::move(*purge_ack_);
      purge_ack_.reset();
    } else if (!answers_.empty()) {
      current_ = std::move(answers_.front());
      answers_.pop_front();
    } else {
      writing_ = false;
    }
    return writing_;
  }

  std::unique_ptr<v1::Distribution::Stub> stub_;
  std::shared_ptr<Inbox> inbox_;
  grpc::ClientContext context_;
  v1::ControllerMessage incoming_;
  bool paused_ = false;  // under the inbox's mutex

  std::mutex outbox_mutex_;
  v1::NodeMessage current_;  // being written; touched by whoever set writing_
  bool writing_ = false;
  std::optional<v1::NodeMessage> verdict_;
  std::optional<v1::NodeMessage> purge_ack_;
  std::deque<v1::NodeMessage> answers_;
};

DistributionCall::DistributionCall(std::shared_ptr<grpc::Channel> channel,
                                   std::shared_ptr<Inbox> inbox, v1::NodeMessage hello)
    : reactor_(new Reactor(channel, std::move(inbox), std::move(hello))) {}

DistributionCall::~DistributionCall() { close(); }

void DistributionCall::send(v1::NodeMessage message) {
  if (reactor_) reactor_->send(std::move(message));
}

void DistributionCall::resume_reading() {
  if (reactor_) reactor_->resume_reading();
}

void DistributionCall::close() {
  if (auto* reactor = std::exchange(reactor_, nullptr)) reactor->close();
}

}  // namespace meridian::control

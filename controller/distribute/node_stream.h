#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <grpcpp/grpcpp.h>

#include "common/base/hash.h"
#include "common/base/id.h"
#include "common/tls/identity.h"
#include "controller/distribute/health_board.h"
#include "controller/distribute/outbox.h"
#include "controller/distribute/questions.h"
#include "controller/distribute/registry.h"
#include "controller/store/clocks.h"
#include "controller/store/head.h"
#include "controller/store/sqlite_store.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::control {

/// What all streams share; outlives them.
struct StreamContext {
  Head& head;
  SqliteStore& store;
  HealthBoard& board;
  NodeRegistry& registry;
  Questions& questions;
  const Clocks& clocks;
  std::function<void()> progress;  // a node came, went or acknowledged purges
  std::atomic<std::uint64_t> pushes{0};
  std::atomic<std::uint64_t> purges_sent{0};
};

/// The controller's end of one Distribution.Stream. gRPC calls the On... functions; it never does
/// so from within StartRead, StartWrite or Finish, so these may be called under the lock. Keeps
/// itself alive from begin() to OnDone; others hold a weak_ptr.
class NodeStream final : public grpc::ServerBidiReactor<v1::NodeMessage, v1::ControllerMessage>,
                         public std::enable_shared_from_this<NodeStream> {
 public:
  static constexpr std::size_t kPurgesInBatch = 256;

  /// `peer` is whom the certificate names. The stream belongs to gRPC until OnDone.
  static NodeStream* begin(StreamContext& shared, grpc::CallbackServerContext& call,
                           tls::PeerName peer);
  NodeStream(StreamContext& shared, grpc::CallbackServerContext& call, tls::PeerName peer);

  /// There is news; written when what is being written is done. Any thread.
  void offer_snapshot();
  void offer_health();
  void offer_purges();
  /// False: too many questions wait already. Any thread.
  bool ask(v1::ControllerMessage question);
  /// Ends the stream as soon as nothing is being written. Any thread.
  void close(const grpc::Status& status);
  /// Breaks off, for a node that does not read what is being written. Any thread.
  void cancel();

  const tls::PeerName& peer() const { return peer_; }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override;

 private:
  // What follows is called with mutex_ held.
  void handle(const v1::NodeMessage& message);
  void hello(const v1::Hello& hello);
  bool take_position(PurgeSequence claimed);
  void overtake(Revision held);
  /// Never more than it was sent, whatever it says.
  Revision answered(std::uint64_t claimed) const;
  void refused(Revision revision, const std::string& reason);
  void end(grpc::Status status);
  void pump();
  bool compose(Outbox::Kind kind);
  bool compose_snapshot();
  bool compose_purges();
  bool compose_health();
  /// Null: not at all, or not with the certificate's role; not_declared() says which.
  const v1::Node* declared(const ConfigurationAt& head) const;
  grpc::Status not_declared(const ConfigurationAt& head) const;

  StreamContext& shared_;
  grpc::CallbackServerContext& call_;
  const tls::PeerName peer_;
  std::shared_ptr<NodeStream> self_;

  std::mutex mutex_;  // guards what follows
  bool greeted_ = false;
  bool writing_ = false;
  bool finished_ = false;
  bool done_ = false;  // call_ is gone
  std::optional<grpc::Status> ending_;
  Outbox outbox_;
  Revision held_;  // what the node has, or was sent
  std::string held_hash_;
  Revision pushed_;  // of these the newest; 0: none
  PurgeSequence purges_sent_;
  bool purge_reset_ = false;
  v1::NodeMessage incoming_;
  v1::ControllerMessage outgoing_;
};

}  // namespace meridian::control

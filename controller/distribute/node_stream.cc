#include "controller/distribute/node_stream.h"

#include <algorithm>
#include <utility>

#include "common/observe/log.h"
#include "common/snapshot/snapshot.h"
#include "controller/identity/peer.h"
#include "controller/model/node_snapshot.h"

namespace meridian::control {
namespace {

using grpc::Status;
using grpc::StatusCode;

constexpr std::size_t kMostSnapshotBytes = (64 << 20) - 4'096;  // gRPC's limit, with room
constexpr std::size_t kLongestReason = 4'096;                   // of a NACK, as kept and shown

std::string hash_text(const v1::Snapshot& snapshot) {
  const auto hash = snapshot_hash(snapshot);
  return std::string(hash.begin(), hash.end());
}

}  // namespace

NodeStream* NodeStream::begin(StreamContext& shared, grpc::CallbackServerContext& call,
                              tls::PeerName peer) {
  auto stream = std::make_shared<NodeStream>(shared, call, std::move(peer));
  stream->self_ = stream;
  stream->StartRead(&stream->incoming_);
  return stream.get();
}

NodeStream::NodeStream(StreamContext& shared, grpc::CallbackServerContext& call, tls::PeerName peer)
    : shared_(shared), call_(call), peer_(std::move(peer)) {}

void NodeStream::offer_snapshot() {
  const std::lock_guard lock(mutex_);
  if (!greeted_) return;
  outbox_.want_snapshot();
  pump();
}

void NodeStream::offer_health() {
  const std::lock_guard lock(mutex_);
  if (!greeted_ || peer_.role != v1::ROLE_DNS) return;
  outbox_.want_health();
  pump();
}

void NodeStream::offer_purges() {
  const std::lock_guard lock(mutex_);
  if (!greeted_ || peer_.role != v1::ROLE_EDGE) return;
  outbox_.want_purges();
  pump();
}

bool NodeStream::ask(v1::ControllerMessage question) {
  const std::lock_guard lock(mutex_);
  if (!greeted_ || ending_ || !outbox_.ask(std::move(question))) return false;
  pump();
  return true;
}

void NodeStream::close(const Status& status) {
  const std::lock_guard lock(mutex_);
  end(status);
}

void NodeStream::cancel() {
  const std::lock_guard lock(mutex_);
  if (!done_) call_.TryCancel();
}

void NodeStream::OnReadDone(bool ok) {
  const std::lock_guard lock(mutex_);
  if (!ok) return end(Status::OK);  // the node has gone, or wants to
  handle(incoming_);
  if (!finished_) StartRead(&incoming_);
}

void NodeStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  outgoing_.Clear();
  if (!ok) return end(Status(StatusCode::UNAVAILABLE, "the stream is broken"));
  pump();
}

void NodeStream::OnDone() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  if (greeted_) {
    if (shared_.registry.leave(peer_.name, this, shared_.clocks.wall()))
      shared_.questions.lose(peer_.name);
    log::info("node disconnected", {{"node", peer_text(peer_)}});
    shared_.progress();
  }
  self_.reset();  // may destroy this: nothing follows
}

void NodeStream::handle(const v1::NodeMessage& message) {
  if (ending_) return;
  if (message.message_case() == v1::NodeMessage::kHello) return hello(message.hello());
  if (!greeted_)
    return end({StatusCode::INVALID_ARGUMENT, "the first message of a stream must be Hello"});
  switch (message.message_case()) {
    case v1::NodeMessage::kAck:
      if (pushed_ != Revision{})
        shared_.registry.acknowledge(peer_.name, answered(message.ack().revision()));
      break;
    case v1::NodeMessage::kNack:
      if (pushed_ != Revision{})
        refused(answered(message.nack().revision()),
                message.nack().reason().substr(0, kLongestReason));
      break;
    case v1::NodeMessage::kPurgeAck:
      // Never more than it was told, whatever it says.
      shared_.registry.acknowledge_purges(
          peer_.name, std::min(purges_sent_, PurgeSequence{message.purge_ack().sequence()}));
      shared_.progress();
      break;
    case v1::NodeMessage::kExplain: {
      auto answer = message;
      answer.mutable_explain()->set_node(peer_.name);
      shared_.questions.answer(peer_.name, message.explain().id(), std::move(answer));
      break;
    }
    case v1::NodeMessage::kHttpExplanation: {
      auto answer = message;
      answer.mutable_http_explanation()->set_node(peer_.name);
      shared_.questions.answer(peer_.name, message.http_explanation().id(), std::move(answer));
      break;
    }
    case v1::NodeMessage::kSteeringReport: {
      auto answer = message;
      answer.mutable_steering_report()->set_node(peer_.name);
      shared_.questions.answer(peer_.name, message.steering_report().id(), std::move(answer));
      break;
    }
    default:
      break;  // of a newer node: it knows that we may not understand
  }
}

Revision NodeStream::answered(std::uint64_t claimed) const {
  return std::min(pushed_, Revision{claimed});
}

void NodeStream::refused(Revision revision, const std::string& reason) {
  log::warn("revision refused by a node",
            {{"node", peer_text(peer_)}, {"revision", revision.value}, {"reason", reason}});
  shared_.registry.refuse(peer_.name, revision, reason);
}

void NodeStream::hello(const v1::Hello& hello) {
  if (greeted_) return end({StatusCode::INVALID_ARGUMENT, "Hello was said already"});
  if (hello.role() != peer_.role)
    return end({StatusCode::PERMISSION_DENIED, "a certificate of role " +
                                                   std::string(tls::role_text(peer_.role)) +
                                                   " cannot ask for what is for role " +
                                                   std::string(tls::role_text(hello.role()))});
  const auto head = shared_.head.current();
  const auto* node = declared(*head);
  if (node == nullptr) return end(not_declared(*head));
  if (!take_position({hello.purge_sequence()})) return;
  greeted_ = true;
  StartSendInitialMetadata();  // tells the node that it is welcome, though there be no news for it
  held_ = {hello.revision()};
  held_hash_ = hello.hash();
  if (held_ > head->revision) overtake(held_);
  NodeRecord record;
  record.role = peer_.role;
  record.peer = call_.peer();
  record.software_version = hello.software_version().substr(0, 64);
  // What it has of another store counts for nothing, and the number alone does not tell: only what
  // it has acknowledged here does, or, when its snapshot is made, the same content.
  if (shared_.registry.record(peer_.name).acknowledged == held_) record.acknowledged = held_;
  record.purged = purges_sent_;
  record.since = shared_.clocks.wall();
  const auto replaced = shared_.registry.enter(peer_.name, weak_from_this(), std::move(record));
  log::info("node connected", {{"node", peer_text(peer_)},
                               {"peer", call_.peer()},
                               {"version", hello.software_version()},
                               {"revision", hello.revision()}});
  if (replaced)
    replaced->close({StatusCode::ABORTED, "replaced by a newer stream of the same node"});
  outbox_.want_snapshot();
  if (peer_.role == v1::ROLE_EDGE) outbox_.want_purges();
  if (peer_.role == v1::ROLE_DNS) outbox_.want_health();
  shared_.progress();
  pump();
}

// The store was lost, or an old one put back. Nodes refuse what is older than what they hold, so
// the fleet would follow only after as many changes as are missing.
void NodeStream::overtake(Revision held) {
  const auto done = shared_.head.overtake(held, peer_.name, shared_.clocks.wall());
  if (done)
    log::warn(
        "a node holds a newer revision than the store: it is of a store that was lost or replaced. "
        "Revisions are numbered on from there, and all nodes follow what is in this store",
        {{"node", peer_text(peer_)},
         {"revision", held.value},
         {"newest", shared_.head.current()->revision.value}});
  else
    log::error("a node holds a newer revision than the store, and cannot be overtaken",
               {{"node", peer_text(peer_)}, {"reason", done.error()}});
}

const v1::Node* NodeStream::declared(const ConfigurationAt& head) const {
  const auto* resource = head.configuration.find(v1::KIND_NODE, peer_.name);
  if (resource != nullptr && resource->node().role() == peer_.role) return &resource->node();
  return nullptr;
}

Status NodeStream::not_declared(const ConfigurationAt& head) const {
  if (head.configuration.find(v1::KIND_NODE, peer_.name) == nullptr)
    return {StatusCode::NOT_FOUND, "the node '" + peer_.name + "' is not declared"};
  return {StatusCode::PERMISSION_DENIED,
          "the node '" + peer_.name + "' is declared with another role than " +
              std::string(tls::role_text(peer_.role)) + ", which its certificate has"};
}

void NodeStream::end(Status status) {
  if (!ending_) ending_ = std::move(status);
  pump();
}

void NodeStream::pump() {
  while (!writing_ && !finished_) {
    if (ending_) {
      finished_ = true;
      Finish(*ending_);
      return;
    }
    const auto kind = outbox_.take();
    if (kind == Outbox::Kind::nothing) return;
    if (!compose(kind)) continue;
    writing_ = true;
    StartWrite(&outgoing_);
  }
}

// False: there is nothing to write after all.
bool NodeStream::compose(Outbox::Kind kind) {
  switch (kind) {
    case Outbox::Kind::snapshot:
      return compose_snapshot();
    case Outbox::Kind::purges:
      return compose_purges();
    case Outbox::Kind::health:
      return compose_health();
    case Outbox::Kind::question:
      outgoing_ = outbox_.question();
      return true;
    case Outbox::Kind::nothing:
      break;
  }
  return false;
}

bool NodeStream::compose_snapshot() {
  const auto head = shared_.head.current();
  if (declared(*head) == nullptr) {
    ending_ = not_declared(*head);
    return false;
  }
  auto snapshot = node_snapshot(head->configuration, *head->secrets, head->revision, peer_.name);
  if (!snapshot) {
    ending_ = Status(StatusCode::INTERNAL, snapshot.error().text());
    return false;
  }
  if (snapshot->ByteSizeLong() > kMostSnapshotBytes) {
    refused(head->revision,
            "its snapshot is too large to send: " + std::to_string(snapshot->ByteSizeLong()) +
                " bytes, at most " + std::to_string(kMostSnapshotBytes));
    return false;
  }
  auto hash = hash_text(*snapshot);
  if (held_ == head->revision && held_hash_ == hash) {
    if (pushed_ == Revision{}) shared_.registry.hold(peer_.name, held_);
    return false;
  }
  held_ = head->revision;
  pushed_ = held_;
  held_hash_ = hash;
  auto& push = *outgoing_.mutable_snapshot();
  *push.mutable_snapshot() = std::move(*snapshot);
  push.set_hash(std::move(hash));
  ++shared_.pushes;
  return true;
}

// An edge that claims more than the log holds knew a store that has been replaced by an older one:
// nothing it claims counts, and it must begin anew.
bool NodeStream::take_position(PurgeSequence claimed) {
  auto bounds = shared_.store.purge_bounds();
  if (bounds && bounds->last.value == 0 && claimed.value != 0) {
    // A sequence of 0 cannot be reset to: begin the log.
    v1::Purge everything;
    everything.set_everything(true);
    const auto begun = shared_.store.append_purge(everything);
    if (!begun) bounds = begun.error();
    if (begun) bounds = PurgeBounds{*begun, *begun};
  }
  if (!bounds) {
    end({StatusCode::INTERNAL, bounds.error().text()});
    return false;
  }
  purge_reset_ = claimed > bounds->last;
  purges_sent_ = purge_reset_ ? PurgeSequence() : claimed;
  return true;
}

bool NodeStream::compose_purges() {
  const auto bounds = shared_.store.purge_bounds();
  const auto purges = shared_.store.purges_after(purges_sent_, kPurgesInBatch);
  if (!bounds || !purges) {
    ending_ = Status(StatusCode::INTERNAL, (bounds ? purges.error() : bounds.error()).text());
    return false;
  }
  auto& batch = *outgoing_.mutable_purges();
  const bool missed = purges_sent_.value + 1 < bounds->first.value;
  if (missed || purge_reset_) {
    purge_reset_ = false;
    batch.set_reset_to(bounds->last.value);
    purges_sent_ = bounds->last;
    return true;
  }
  if (purges->empty()) return false;
  for (const auto& purge : *purges) *batch.add_purges() = purge;
  purges_sent_ = {purges->back().sequence()};
  shared_.purges_sent += purges->size();
  outbox_.want_purges();  // until there are no more
  return true;
}

bool NodeStream::compose_health() {
  const auto head = shared_.head.current();
  const auto* node = declared(*head);
  if (node == nullptr) return false;  // the snapshot's turn says so
  const auto update = shared_.board.update_for(node->location());
  if (!update) return false;
  *outgoing_.mutable_health() = *update;
  return true;
}

}  // namespace meridian::control

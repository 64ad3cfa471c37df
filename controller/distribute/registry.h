#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/base/id.h"
#include "common/base/time.h"
#include "meridian/v1/config.pb.h"

namespace meridian::control {

class NodeStream;

/// What is known of one node from its streams.
struct NodeRecord {
  v1::Role role = v1::ROLE_UNSPECIFIED;
  bool connected = false;
  std::string peer;
  std::string software_version;
  Revision acknowledged;  // of this store; 0: none that is known of
  Revision refused;
  std::string refusal;  // empty: `refused` is 0 or was followed by an acknowledgement
  PurgeSequence purged;
  WallTime since;  // its stream came or went last
};

/// Which nodes are connected, and what they have acknowledged. Any thread; never calls a stream.
class NodeRegistry {
 public:
  /// `stream` becomes the node's one. Returns the one that it replaces, if any.
  std::shared_ptr<NodeStream> enter(const std::string& node, std::weak_ptr<NodeStream> stream,
                                    NodeRecord record);
  /// False, and nothing changes, if another stream has replaced `stream` meanwhile.
  bool leave(const std::string& node, const NodeStream* stream, WallTime now);

  void acknowledge(const std::string& node, Revision revision);
  /// It has `revision` since before it came.
  void hold(const std::string& node, Revision revision);
  void refuse(const std::string& node, Revision revision, std::string reason);
  void acknowledge_purges(const std::string& node, PurgeSequence sequence);
  /// Forgets all nodes but these.
  void keep_only(const std::set<std::string>& declared);

  std::vector<std::shared_ptr<NodeStream>> streams() const;
  /// Replaced streams that are still there since the call before this one: their nodes do not
  /// read.
  std::vector<std::shared_ptr<NodeStream>> overdue();
  /// Null if it is not connected.
  std::shared_ptr<NodeStream> stream(const std::string& node) const;
  /// All zero if it never connected.
  NodeRecord record(const std::string& node) const;
  std::size_t connected(v1::Role role) const;
  /// The purge that every connected edge has acknowledged; the greatest number if there is none.
  PurgeSequence purged_by_all() const;

  /// For metrics.
  std::uint64_t acknowledgements() const;
  std::uint64_t refusals() const;

 private:
  struct Entry {
    NodeRecord record;
    std::weak_ptr<NodeStream> stream;
    const NodeStream* identity = nullptr;  // for comparison only
  };
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Entry> entries_;
  std::vector<std::weak_ptr<NodeStream>> replaced_;  // since the last overdue()
  std::vector<std::weak_ptr<NodeStream>> overdue_;
  std::uint64_t acknowledgements_ = 0;
  std::uint64_t refusals_ = 0;
};

}  // namespace meridian::control

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/base/result.h"
#include "edge-node/compile/compile_pool.h"
#include "edge-node/request/snapshot.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::edge {

/// Turns what the controller sends into what requests read, off the data path. One thread.
class Compiler {
 public:
  /// `peers`: by which edges know each other. Null: pools have no shields. `workers`: that read
  /// what is compiled.
  explicit Compiler(std::shared_ptr<const PeerIdentity> peers = nullptr, unsigned workers = 1)
      : peers_(std::move(peers)), workers_(workers) {}

  /// The Error names resource and field; the node then keeps what it has. Origins that were there
  /// before keep their health and connections, certificates that did not change their context.
  Result<std::shared_ptr<const Snapshot>> compile(const v1::Snapshot& snapshot);

 private:
  std::shared_ptr<const PeerIdentity> peers_;
  unsigned workers_;
  KnownOrigins origins_;
  std::map<std::string, std::weak_ptr<SSL_CTX>> contexts_;  // by the hash of what they are made of
};

}  // namespace meridian::edge

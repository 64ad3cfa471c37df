#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/base/result.h"
#include "edge-node/compile/compile_pool.h"
#include "edge-node/compile/compile_tls.h"
#include "edge-node/request/snapshot.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::edge {

/// Turns what the controller sends into what requests read, off the data path. One thread.
class Compiler {
 public:
  /// `peers`: by which edges know each other. Null: pools have no shields. `workers`: that read
  /// what is compiled. `limits`: where the settings say nothing.
  explicit Compiler(std::shared_ptr<const PeerIdentity> peers = nullptr, unsigned workers = 1,
                    const VisitorLimits& limits = {});

  /// The Error names resource and field; the node then keeps what it has. Origins that were there
  /// before keep their health and connections, certificates that did not change their context.
  Result<std::shared_ptr<const Snapshot>> compile(const v1::Snapshot& snapshot);
  /// Certificates of what was compiled last, whose proofs are to be fetched.
  std::vector<StapledCertificate> stapled() const { return contexts_.stapled(); }

 private:
  std::shared_ptr<const PeerIdentity> peers_;
  unsigned workers_;
  VisitorLimits limits_;
  KnownOrigins origins_;
  TlsContexts contexts_;
  std::map<std::string, std::shared_ptr<SiteMeter>> meters_;  // by the name of the site
  std::string own_secret_;  // of tickets, until the controller has sent one
};

}  // namespace meridian::edge

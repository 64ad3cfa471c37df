#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "common/base/result.h"
#include "edge-node/net/tls.h"

namespace meridian::tls {
struct Identity;
}

namespace meridian::edge {

/// How edges prove to each other that they belong to one fleet: by the certificates by which the
/// controller knows them. Any thread; taken for handshakes only.
class PeerIdentity {
 public:
  /// For connections from now on: again whenever the certificate was renewed.
  Result<void> use(const tls::Identity& identity);

  /// For who is asked, and for who asks. Null: there is no identity.
  TlsContext server() const;
  TlsContext client() const;

  /// The node that `session`, whose handshake is done, is with, if it is an edge of this fleet;
  /// otherwise empty.
  std::string edge_of(const TlsSession& session) const;

 private:
  struct Side {
    TlsContext server, client;
    std::string trust_domain;
  };
  std::shared_ptr<const Side> side() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Side> side_;
};

}  // namespace meridian::edge

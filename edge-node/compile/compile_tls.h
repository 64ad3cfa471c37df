#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "edge-node/ocsp/stapler.h"
#include "edge-node/request/snapshot.h"
#include "meridian/v1/distribution.pb.h"

namespace meridian::edge {

/// The Certificate resources of one snapshot, by name.
using CertificatesByName = std::map<std::string, const v1::Certificate*>;

/// Makes TLS contexts, the same for sites that prove themselves in the same way, and keeps them
/// for as long as a site does: a visitor's session is good for all sites of one context. One
/// thread.
class TlsContexts {
 public:
  /// Before the sites of each snapshot: what a certificate's name stands for may have changed.
  void begin_snapshot();
  Result<TlsContext> make(const v1::Site& site, const CertificatesByName& certificates);
  void forget_unused();
  /// Of certificates of this snapshot's sites whose proofs are to be fetched.
  std::vector<StapledCertificate> stapled() const;

 private:
  const std::string& digest_of(const std::string& name, const v1::Certificate& certificate);
  Result<std::shared_ptr<const Staple>> staple_of(const std::string& name,
                                                  const v1::Certificate& certificate);

  struct Fetched {
    StapledCertificate certificate;  // without the staple
    std::weak_ptr<Staple> staple;    // sessions of before may keep it for a while
    std::uint64_t snapshot = 0;      // the last that named the certificate
  };
  std::uint64_t snapshot_ = 0;
  std::map<std::string, std::string> digests_;          // by name, of this snapshot
  std::map<std::string, Fetched> fetched_;              // by their chains
  std::map<std::string, std::weak_ptr<SSL_CTX>> made_;  // by the hash of what they are made of
};

std::optional<ClientCertificatePolicy> compile_client_certificate(const v1::Site& from);

/// `from`: the edges' common secrets. `own_secret`: for an edge whose controller has sent none yet.
/// Without the default site.
VisitorTls compile_visitor_tls(const std::vector<v1::CookieSecret>& from,
                               const v1::EdgeSettings& settings, const std::string& own_secret);

}  // namespace meridian::edge

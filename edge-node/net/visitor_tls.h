#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"
#include "edge-node/net/ticket_keys.h"
#include "edge-node/net/tls.h"

/// TLS with visitors: with whose certificate, how sessions are resumed, and who the visitors are.
namespace meridian::edge {

/// The proof that a certificate is not revoked (RFC 6960), renewed as time goes by. Any thread.
class Staple {
 public:
  /// In DER. Null: none that is good now.
  std::shared_ptr<const std::string> response(WallTime now) const {
    const std::lock_guard lock(mutex_);
    return now < until_ ? response_ : nullptr;
  }
  /// A proof that is out of date is worse than none: visitors who look at it refuse the session.
  void use(std::shared_ptr<const std::string> response, WallTime until) {
    const std::lock_guard lock(mutex_);
    response_.swap(response);
    until_ = until;
  }

 private:
  // Held for a few instructions of a handshake. g++ 12's std::atomic<std::shared_ptr> locks too,
  // and lets go of its lock without ordering the read before.
  mutable std::mutex mutex_;
  std::shared_ptr<const std::string> response_;
  WallTime until_{};
};

/// One certificate of a site.
struct CertificateSource {
  std::string name;  // for errors
  std::string_view chain_pem;
  std::string_view key_pem;
  std::shared_ptr<const Staple> staple{};  // null: none ever
};

/// What sessions of a site are made with.
struct SiteTlsSource {
  /// With keys of different kinds; a visitor gets ECDSA if it can use that.
  std::span<const CertificateSource> certificates;
  std::string_view id;               // keeps tickets of one site from another
  std::string_view client_ca_pem{};  // who signs visitors' certificates; empty: none is asked for
  bool client_required = true;       // visitors without one are refused
};
/// The Error's `where`: the certificate's name and a field; or "ca_pem".
Result<TlsContext> make_site_context(const SiteTlsSource& source);

/// Whom a handshake is with. Lives as long as the handshake; one thread.
class TlsHost {
 public:
  /// What the session for a server name proves itself with. `server_name` is in lower case; empty:
  /// none was named. Null: refuse with unrecognized_name. Asked once, of the first ClientHello:
  /// this is the session's name, whatever a second one says after a HelloRetryRequest, and whatever
  /// a ticket was made for.
  virtual SSL_CTX* choose(std::string_view server_name) = 0;
  /// Null: sessions are not resumed.
  virtual TicketKeyring* tickets() = 0;
  virtual bool allows_tls12() const = 0;

 protected:
  ~TlsHost() = default;
};

/// For all visitors of a process: TLS 1.2 and 1.3, ALPN h2 and http/1.1.
Result<TlsContext> make_front_context();
/// `host` is asked during the handshake.
TlsSession accept_visitor(SSL_CTX& front, TlsHost& host);

/// What a visitor has proven to be, verified.
struct VisitorCertificate {
  std::string der;
  std::string subject;      // RFC 4514
  std::string fingerprint;  // SHA-256, hexadecimal
  std::string authority;    // that of whom it was verified by
};
/// Null: it has shown none. After the handshake.
std::shared_ptr<const VisitorCertificate> visitor_certificate(const TlsSession& session);

}  // namespace meridian::edge

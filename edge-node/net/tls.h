#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/types.h>

#include "common/base/result.h"

/// All that the edge knows of TLS: the only files that speak to OpenSSL's record layer. Sessions
/// work on a non-blocking socket and say what they wait for.
namespace meridian::edge {

/// Settings of many sessions. Immutable; shared by threads.
using TlsContext = std::shared_ptr<SSL_CTX>;

/// What a visitor's session proves itself with. `id` keeps tickets of one site from another.
Result<TlsContext> make_certificate_context(std::string_view chain_pem, std::string_view key_pem,
                                            std::string_view id);

/// Picks the certificate for a server name, in lower case. Null: refuse with unrecognized_name.
class CertificateChooser {
 public:
  virtual SSL_CTX* choose(std::string_view server_name) = 0;

 protected:
  ~CertificateChooser() = default;
};

/// TLS 1.2 and 1.3 towards visitors, ALPN h2 and http/1.1. Lives as long as the process: it holds
/// the keys of session tickets, so that new configuration ends no session's resumption.
Result<TlsContext> make_front_context();

/// Towards origins: verified against `ca_pem`, or the system's authorities where it is empty.
Result<TlsContext> make_origin_context(std::string_view ca_pem);

/// What sessions of `context` prove themselves with when the origin asks.
Result<void> use_client_certificate(SSL_CTX& context, std::string_view chain_pem,
                                    std::string_view key_pem);

enum class TlsWant : std::uint8_t {
  nothing,  // done
  read,     // again when the socket is readable
  write,    // again when the socket is writable
  closed,   // the peer has ended the session
  failed,
};

/// One end of one session. Moves; one thread.
class TlsSession {
 public:
  /// `chooser` is asked once, during the handshake, and lives that long.
  static TlsSession accept(SSL_CTX& front, int socket, CertificateChooser& chooser);
  /// `server_name` is sent and verified; an IP address is verified only.
  /// `protocol` is offered by ALPN; empty: none.
  static TlsSession connect(SSL_CTX& context, int socket, const std::string& server_name,
                            std::string_view protocol = {});

  /// `server_name` is sent only: the certificate must be good, and peer_uris() says whose it is.
  static TlsSession connect_to_peer(SSL_CTX& context, int socket, std::string_view server_name);

  struct Step {
    TlsWant want = TlsWant::nothing;
    std::size_t size = 0;
  };
  Step handshake();
  /// The peer begins the handshake.
  bool speaks_second() const;
  Step read(std::span<char> into);
  /// After `read` or `write` was wanted: again with the same bytes at the front.
  Step write(std::string_view bytes);
  /// Tells the peer, if that is possible at once.
  void close();

  /// Of the visitor, in lower case; after the handshake.
  std::string server_name() const;
  /// What ALPN has chosen: "h2", "http/1.1"; empty: nothing. After the handshake.
  std::string_view protocol() const;
  /// URIs that the other side's certificate names; none if it has shown none. After the handshake.
  std::vector<std::string> peer_uris() const;
  /// Why the handshake failed, for a log.
  const std::string& failure() const { return failure_; }

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const;
  };
  explicit TlsSession(SSL* ssl) : ssl_(ssl) {}
  Step outcome(int result);

  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string failure_;
};

}  // namespace meridian::edge

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

enum class TlsSide : std::uint8_t { server, client };
/// TLS 1.2 and 1.3 with what is sound today; without any certificate.
Result<TlsContext> make_tls_context(TlsSide side);

/// What sessions of `context` prove themselves with, beside what was there with another kind of
/// key. PEM.
Result<void> use_certificate(SSL_CTX& context, std::string_view chain_pem,
                             std::string_view key_pem);

/// Towards origins: verified against `ca_pem`, or the system's authorities where it is empty.
Result<TlsContext> make_origin_context(std::string_view ca_pem);

enum class TlsWant : std::uint8_t {
  nothing,  // done
  read,     // again when the socket is readable
  write,    // again when the socket is writable
  closed,   // the peer has ended the session
  failed,
};

/// What carries a session's bytes: a socket that does not block.
class TlsTransport {
 public:
  static constexpr int kEnd = 0;
  static constexpr int kWouldBlock = -1;
  static constexpr int kFailed = -2;
  /// How many bytes have moved, or one of the above.
  virtual int receive(std::span<char> into) = 0;
  virtual int transmit(std::string_view bytes) = 0;
  /// Sends what transmit() has taken and holds back. False: not all of it has gone.
  virtual bool flush() = 0;
  virtual int socket() const = 0;

 protected:
  ~TlsTransport() = default;
};

/// One end of one session. Moves; one thread.
class TlsSession {
 public:
  /// Takes `ssl`, which knows its side and settings.
  explicit TlsSession(SSL* ssl) : ssl_(ssl) {}
  /// `server_name` is sent and verified; an IP address is verified only.
  /// `protocol` is offered by ALPN; empty: none.
  static TlsSession connect(SSL_CTX& context, const std::string& server_name,
                            std::string_view protocol = {});

  /// `server_name` is sent only: the certificate must be good, and peer_uris() says whose it is.
  static TlsSession connect_to_peer(SSL_CTX& context, std::string_view server_name);

  /// Before anything else. `transport` outlives the session.
  void attach(TlsTransport& transport);

  struct Step {
    TlsWant want = TlsWant::nothing;
    std::size_t size = 0;
  };
  Step handshake();
  /// The peer begins the handshake.
  bool speaks_second() const;
  /// The peer does not wait for what was transmitted last; after the handshake.
  bool last_flight_can_wait() const;
  Step read(std::span<char> into);
  /// The peer has sent too many records that bring no data: read() has failed, or will soon.
  bool is_flooded() const;
  /// Bytes have been received that read() has not looked at yet; they may be less than it needs.
  bool has_received() const;
  /// After `read` or `write` was wanted: again with the same bytes at the front.
  Step write(std::string_view bytes);
  /// Tells the peer, if that is possible at once.
  void close();

  /// What ALPN has chosen: "h2", "http/1.1"; empty: nothing. After the handshake.
  std::string_view protocol() const;
  /// Of the other side, verified. Null: it has shown none. After the handshake.
  const X509* peer_certificate() const;
  /// Whom that was verified by: the end of its chain, which is trusted. Null: as above.
  const X509* peer_authority() const;
  /// Why the handshake failed, for a log.
  const std::string& failure() const { return failure_; }

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const;
  };
  Step outcome(int result);

  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string failure_;
};

}  // namespace meridian::edge

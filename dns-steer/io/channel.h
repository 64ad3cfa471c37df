#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <openssl/types.h>

#include "dns-steer/zone/name.h"

namespace meridian::dns {

/// What became of an attempt to move octets without waiting.
struct Moved {
  enum class Outcome : std::uint8_t { done, wants_read, wants_write, ended, failed };
  Outcome outcome = Outcome::done;
  std::size_t octets = 0;  // if done
};

/// The octets of a connection, plain or within TLS. Never waits. Borrows the socket.
class Channel {
 public:
  virtual ~Channel() = default;
  /// Until it is done, nothing else may be called.
  virtual Moved open() = 0;
  virtual Moved read(std::span<std::uint8_t> into) = 0;
  virtual Moved write(Bytes from) = 0;
  /// Says that no more will come, as well as can be said without waiting.
  virtual void close() = 0;
};

/// Of a connected socket that does not block.
std::unique_ptr<Channel> plain_channel(int socket);
/// As a server. Null: there is no memory for it.
std::unique_ptr<Channel> tls_channel(int socket, SSL_CTX& context);

}  // namespace meridian::dns

#pragma once

#include <cstdint>
#include <utility>

#include "common/base/result.h"
#include "common/net/address.h"

namespace meridian::edge {

/// A socket that is bound, and not yet listening: the port is known and taken before there is
/// anything to serve. Closes it.
class BoundSocket {
 public:
  /// SO_REUSEPORT: each worker binds its own. Port 0 takes a free one.
  static Result<BoundSocket> bind(const Endpoint& endpoint);

  /// Of one that another process has bound. Takes it.
  explicit BoundSocket(int fd) : fd_(fd) {}
  BoundSocket(BoundSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  BoundSocket& operator=(BoundSocket&&) = delete;
  ~BoundSocket();

  Endpoint endpoint() const;
  Result<void> listen() const;
  /// The caller closes it.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace meridian::edge

#pragma once

#include <cstddef>
#include <map>
#include <mutex>

#include "common/net/address.h"

namespace meridian::dns {

/// How many connections each client network has, over all workers: the kernel spreads one client's
/// connections over them. Locked when a connection begins or ends, never for a query; its size is
/// bounded by the connections. Any thread.
class ConnectionTable {
 public:
  ConnectionTable(std::size_t most, std::size_t most_per_client)
      : most_(most), most_per_client_(most_per_client) {}

  enum class Room : unsigned char { granted, none, none_for_client };

  /// Granted: leave() must follow.
  Room enter(const IpAddress& client);
  void leave(const IpAddress& client);
  std::size_t size() const;

 private:
  const std::size_t most_;
  const std::size_t most_per_client_;
  mutable std::mutex mutex_;
  std::map<IpPrefix, std::size_t> connections_;
  std::size_t all_ = 0;
};

}  // namespace meridian::dns

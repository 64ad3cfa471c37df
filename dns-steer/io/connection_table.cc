#include "dns-steer/io/connection_table.h"

#include "dns-steer/query/rate_limit.h"

namespace meridian::dns {
namespace {

IpPrefix network_of(const IpAddress& client) {
  return prefix_of(client,
                   client.is_v4() ? RateLimiter::kNetworkBits4 : RateLimiter::kNetworkBits6);
}

}  // namespace

ConnectionTable::Room ConnectionTable::enter(const IpAddress& client) {
  const std::lock_guard lock(mutex_);
  if (all_ >= most_) return Room::none;
  const auto network = network_of(client);
  const auto found = connections_.find(network);
  if (found == connections_.end()) {
    connections_.emplace(network, 1);
  } else {
    if (found->second >= most_per_client_) return Room::none_for_client;
    ++found->second;
  }
  ++all_;
  return Room::granted;
}

void ConnectionTable::leave(const IpAddress& client) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(network_of(client));
  if (--found->second == 0) connections_.erase(found);
  --all_;
}

std::size_t ConnectionTable::size() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

}  // namespace meridian::dns

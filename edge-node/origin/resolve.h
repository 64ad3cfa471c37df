#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "common/base/result.h"
#include "common/net/address.h"
#include "edge-node/net/stream.h"

namespace meridian::edge {

/// Host names of origins to addresses, by c-ares on one worker's loop. Names in use are asked for
/// again when their TTL is over (1 s to 1 h), one query for each name at a time, while the
/// addresses of before are used on; so they are when a name can no longer be resolved. A failure is
/// believed for a few seconds. Everything on the worker's thread.
class Resolver {
 public:
  static Result<std::unique_ptr<Resolver>> create(const Loop& loop);
  ~Resolver();

  /// In the order in which to try them. Empty: the name does not resolve, or not in time. Addresses
  /// are taken as such.
  asio::awaitable<std::vector<IpAddress>> resolve(std::string host, Instant deadline);
  /// `address` took no connection: it is tried last until the next answer.
  void demote(const std::string& host, const IpAddress& address);
  /// Lets queries time out and asks again for what is due; every tick of the loop.
  void tick();
  /// Ends all queries; none can be made afterwards.
  void close();

 private:
  struct State;
  explicit Resolver(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace meridian::edge

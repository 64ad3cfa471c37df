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

/// Host names of origins to addresses, by c-ares on one worker's loop. Answers are kept for as
/// long as their TTL says (1 s to 1 h), one query for each name at a time. When a name can no
/// longer be resolved its last addresses are used on. Everything on the worker's thread.
class Resolver {
 public:
  static Result<std::unique_ptr<Resolver>> create(const Loop& loop);
  ~Resolver();

  /// IPv4 first. Empty: the name does not resolve, or not in time. Addresses are taken as such.
  asio::awaitable<std::vector<IpAddress>> resolve(std::string host, Instant deadline);
  /// Lets queries time out; every tick of the loop.
  void tick();
  /// Ends all queries; none can be made afterwards.
  void close();

 private:
  struct State;
  explicit Resolver(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace meridian::edge

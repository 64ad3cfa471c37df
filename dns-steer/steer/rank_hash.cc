#include <cmath>
#include <limits>

#include "dns-steer/steer/rank.h"
#include "dns-steer/steer/spread.h"

namespace meridian::dns {
namespace {

/// Weighted rendezvous hashing: the lowest cost wins with a probability in proportion to its
/// weight, and nobody's cost depends on who else is there.
double cost(std::uint64_t network, const Member& member) {
  const auto score = spread_score(network, member.hash) >> 11;  // what a double holds exactly
  const auto chance = (static_cast<double>(score) + 1) / 9007199254740993.0;  // above 0, below 1
  return -std::log(chance) / member.weight;
}

}  // namespace

std::uint32_t MemberOrder::next_hashed() {
  if (tries_ == tried_.size() || asked_.health.members.empty()) return kNobody;
  // Of the whole network always, so that a narrower place does not move it.
  const auto bits = asked_.client.is_v4() ? kSpreadBits4 : kSpreadBits6;
  const auto network = network_hash(asked_.client, bits);
  if (asked_.health.members.size() > 1) scope_ = bits;
  // By how many there are configured: health must not change the way to choose.
  if (asked_.policy.members.empty() && !asked_.fleet.ring.empty()) return hashed_on_ring(network);
  auto best = kNobody;
  auto lowest = std::numeric_limits<double>::infinity();
  for (const auto number : asked_.health.members) {
    if (!may(number) || !is_untried(number)) continue;
    const auto now = cost(network, member(number));
    if (now >= lowest) continue;
    lowest = now;
    best = number;
  }
  return best;
}

std::uint32_t MemberOrder::hashed_on_ring(std::uint64_t network) const {
  const auto location = asked_.fleet.ring.find(network, [this](LocationId one) {
    return asked_.candidates.contains(one) && asked_.restriction.allows(one) && is_untried(one);
  });
  return location == kMostLocations ? kNobody : static_cast<std::uint32_t>(location);
}

}  // namespace meridian::dns

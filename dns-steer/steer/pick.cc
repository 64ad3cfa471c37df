#include "dns-steer/steer/pick.h"

#include <algorithm>

#include "dns-steer/steer/spread.h"

namespace meridian::dns {
namespace {

/// By score, the highest first; no sorting, for there is no room to sort in.
void by_network(const PickFrom& from, std::size_t wanted, const IpAddress& client, Choice& choice) {
  const auto bits = client.is_v4() ? kSpreadBits4 : kSpreadBits6;
  choice.scope = std::max(choice.scope, bits);
  const auto network = network_hash(client, bits);
  for (; wanted > 0; --wanted) {
    const Candidate* best = nullptr;
    std::uint64_t best_score = 0;
    for (const auto number : from.eligible) {
      const auto& candidate = from.candidates[number];
      if (choice.has(&candidate)) continue;
      const auto score = spread_score(network, candidate.hash);
      if (best != nullptr && score <= best_score) continue;
      best = &candidate;
      best_score = score;
    }
    if (best == nullptr) return;
    choice.take(best);
  }
}

/// The `skip`-th of those that are not in the answer yet.
void take_nth(const PickFrom& from, std::uint64_t skip, Choice& choice) {
  for (const auto number : from.eligible) {
    const auto* candidate = &from.candidates[number];
    if (choice.has(candidate)) continue;
    if (skip-- == 0) return choice.take(candidate);
  }
}

void by_turn(const PickFrom& from, std::size_t wanted, Choice& choice) {
  const auto start = from.turn % from.eligible.size();
  for (std::size_t i = 0; i < from.eligible.size() && wanted > 0; ++i) {
    const auto number = from.eligible[(start + i) % from.eligible.size()];
    if (choice.has(&from.candidates[number])) continue;
    choice.take(&from.candidates[number]);
    --wanted;
  }
}

}  // namespace

void pick(const PickFrom& from, const IpAddress& client, Draws& draws, Choice& choice) {
  const auto is_left = [&](std::uint32_t number) { return !choice.has(&from.candidates[number]); };
  if (choice.count == 0 && from.eligible.size() == 1) {  // as a rule
    if (from.wanted > 0) choice.take(&from.candidates[from.eligible[0]]);
    return;
  }
  const auto left =
      static_cast<std::size_t>(std::count_if(from.eligible.begin(), from.eligible.end(), is_left));
  const auto wanted = std::min(from.wanted, left);
  if (left == 1 || (wanted == left && !from.order_matters)) {
    for (std::size_t i = 0; i < wanted; ++i) take_nth(from, 0, choice);
    return;
  }
  if (wanted == 0) return;
  if (from.by == SpreadBy::network) return by_network(from, wanted, client, choice);
  if (from.by == SpreadBy::turn) return by_turn(from, wanted, choice);
  for (std::size_t i = 0; i < wanted; ++i) take_nth(from, draws.below(left - i), choice);
}

}  // namespace meridian::dns

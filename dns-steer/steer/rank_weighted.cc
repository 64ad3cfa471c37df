#include <algorithm>

#include "dns-steer/steer/rank.h"

namespace meridian::dns {

std::uint32_t MemberOrder::next_drawn() {
  constexpr int kQuickDraws = 4;
  const auto& members = asked_.health.members;
  const auto& weights = asked_.health.weights;
  if (members.empty() || tries_ == tried_.size()) return kNobody;
  // To draw again when somebody comes who cannot be had leaves the shares of the others as they
  // are; so does to add up the weights of the others, which takes longer.
  for (int i = 0; i < kQuickDraws; ++i) {
    const auto drawn = draws_.below(weights.back());
    const auto place = std::upper_bound(weights.begin(), weights.end(), drawn) - weights.begin();
    const auto number = members[static_cast<std::size_t>(place)];
    if (may(number) && is_untried(number)) return number;
  }
  const auto weight_of = [&](std::size_t i) {
    if (!may(members[i]) || !is_untried(members[i])) return std::uint64_t{0};
    return weights[i] - (i == 0 ? 0 : weights[i - 1]);
  };
  std::uint64_t together = 0;
  for (std::size_t i = 0; i < members.size(); ++i) together += weight_of(i);
  if (together == 0) return kNobody;
  auto drawn = draws_.below(together);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto weight = weight_of(i);
    if (drawn < weight) return members[i];
    drawn -= weight;
  }
  return kNobody;
}

}  // namespace meridian::dns

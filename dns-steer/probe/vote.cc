#include "dns-steer/probe/vote.h"

#include <algorithm>

namespace meridian::dns {

v1::EdgeVote vote_on(const std::string& node, const std::vector<ProbedAddress>& addresses) {
  v1::EdgeVote vote;
  vote.set_node(node);
  const bool one_answers = std::any_of(addresses.begin(), addresses.end(),
                                       [](const auto& address) { return address.state->up(); });
  const auto down = std::find_if(addresses.begin(), addresses.end(), [&](const auto& address) {
    return !address.state->up() && (address.state->ever_up() || !one_answers);
  });
  vote.set_healthy(down == addresses.end());
  if (down != addresses.end()) vote.set_reason(down->text + ": " + down->state->reason());
  return vote;
}

}  // namespace meridian::dns

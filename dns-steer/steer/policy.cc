#include "dns-steer/steer/policy.h"

#include <algorithm>

#include "dns-steer/steer/spread.h"

namespace meridian::dns {
namespace {

/// Chooses for one client; a step of the chain each.
class Chooser {
 public:
  Chooser(const HealthTable& health, std::uint32_t site, Eligible rule, const IpAddress& client,
          std::size_t wanted, Choice& choice)
      : health_(health),
        site_(site),
        rule_(rule),
        client_(client),
        wanted_(wanted),
        choice_(choice) {}

  /// Takes from one location. False: there are enough.
  bool take_from(std::span<const Candidate> location) {
    const Candidate* only = nullptr;
    std::size_t eligible = 0;
    for (const auto& candidate : location) {
      if (!health_.may_answer(candidate, site_, rule_)) continue;
      only = &candidate;
      ++eligible;
    }
    if (eligible == 1)
      take(only);
    else if (eligible > 1)
      spread(location);
    return choice_.count < wanted_;
  }

 private:
  void take(const Candidate* candidate) { choice_.addresses[choice_.count++] = candidate; }

  /// By score, the highest first; no sorting, for there is no room to sort in.
  void spread(std::span<const Candidate> location) {
    const auto bits = client_.is_v4() ? kSpreadBits4 : kSpreadBits6;
    choice_.scope = std::max(choice_.scope, bits);
    const auto network = network_hash(client_, choice_.scope);
    const auto before = choice_.count;
    while (choice_.count < wanted_) {
      const Candidate* best = nullptr;
      std::uint64_t best_score = 0;
      for (const auto& candidate : location) {
        if (!health_.may_answer(candidate, site_, rule_)) continue;
        const auto taken = choice_.all().subspan(before);
        if (std::find(taken.begin(), taken.end(), &candidate) != taken.end()) continue;
        const auto score = spread_score(network, candidate.hash);
        if (best != nullptr && score <= best_score) continue;
        best = &candidate;
        best_score = score;
      }
      if (best == nullptr) return;
      take(best);
    }
  }

  const HealthTable& health_;
  std::uint32_t site_;
  Eligible rule_;
  const IpAddress& client_;
  std::size_t wanted_;
  Choice& choice_;
};

}  // namespace

Choice choose(const Fleet& fleet, const HealthTable& health, std::uint32_t site, Family family,
              const IpAddress& client) {
  const auto& policy = fleet.policies[fleet.sites[site].policy];
  const auto& candidates = fleet.candidates_of(fleet.sites[site], family);
  Choice choice;
  choice.ttl = policy.ttl;
  const auto rule = health.eligible(site, family);
  if (rule == Eligible::nobody) return choice;  // for everybody: the scope is the world
  const auto place = policy.places->find(client);
  choice.scope = place.scope;
  const auto* allowed =
      place.restriction == kNoOverride ? nullptr : &policy.allowed[place.restriction];
  const auto take = [&](Eligible whom) {
    Chooser chooser(health, site, whom, client, policy.answers, choice);
    for (const auto location : place.ranking) {
      if (allowed != nullptr && !allowed->contains(location)) continue;
      if (!chooser.take_from(candidates.at(location))) break;
    }
  };
  take(rule);
  // A client that may be led to few places only must not lose them to their health.
  if (choice.count == 0 && allowed != nullptr && policy.panic_mode == PanicMode::all)
    take(Eligible::all_drained);
  return choice;
}

}  // namespace meridian::dns

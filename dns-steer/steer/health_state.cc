#include "dns-steer/steer/health_state.h"

#include <algorithm>

namespace meridian::dns {
namespace {

// A controller that promises more than this would keep dead edges in answers after its own death.
constexpr std::chrono::seconds kMostValid{60};
// Without a promise: three of the updates that come once a second are lost.
constexpr std::chrono::seconds kUsualValid{3};

}  // namespace

void HealthState::take(const v1::HealthUpdate& update, Instant now) {
  verdicts_ = update;
  std::chrono::nanoseconds valid = kUsualValid;
  if (update.has_valid_for()) {
    const std::chrono::seconds whole{std::clamp<std::int64_t>(update.valid_for().seconds(), 0, 60)};
    valid = std::min<std::chrono::nanoseconds>(
        whole + std::chrono::nanoseconds(update.valid_for().nanos()), kMostValid);
  }
  fresh_until_ = now + valid;
}

void HealthState::take(const std::vector<v1::EdgeVote>& own_votes) { votes_ = own_votes; }

HealthView HealthState::view(Instant now) const {
  HealthView view;
  view.verdicts_fresh = now < fresh_until_;
  for (const auto& vote : votes_) {
    auto& state = view.edges[vote.node()];
    state.up = vote.healthy();
    state.reason = vote.healthy() ? "" : "own probe: " + vote.reason();
  }
  for (const auto& verdict : verdicts_.edges()) {
    auto& state = view.edges[verdict.node()];
    if (view.verdicts_fresh) {
      state.up = verdict.healthy();
      state.reason = verdict.reason();
    }
    // No probe of ours sees this: what was said last holds until something newer is said.
    state.unserviceable_sites = {verdict.unserviceable_sites().begin(),
                                 verdict.unserviceable_sites().end()};
  }
  return view;
}

Utilisations HealthState::utilisations() const {
  Utilisations all;
  for (const auto& verdict : verdicts_.edges()) {
    // Far more than full is full; what is no number is not known.
    if (verdict.has_utilisation() && verdict.utilisation() >= 0)
      all[verdict.node()] = std::min(verdict.utilisation(), 10.0);
  }
  return all;
}

}  // namespace meridian::dns

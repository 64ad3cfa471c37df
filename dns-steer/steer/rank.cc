#include "dns-steer/steer/rank.h"

#include <algorithm>

namespace meridian::dns {

MemberOrder::Next MemberOrder::next() {
  if (const auto place = next_place(); place.found) return place;
  auto number = kNobody;
  switch (asked_.policy.method) {
    case Method::proximity:
      return {};  // its whole order is by place
    case Method::failover:
      number = next_in_order();
      break;
    case Method::round_robin:
      number = next_in_turn();
      break;
    case Method::weighted:
      number = next_drawn();
      break;
    case Method::consistent_hash:
      number = next_hashed();
      break;
  }
  if (number == kNobody) return {};
  if (tries_ < tried_.size()) tried_[tries_++] = number;
  return as_next(number);
}

MemberOrder::Next MemberOrder::next_spare() {
  while (spares_ < asked_.health.spare.size()) {
    const auto number = asked_.health.spare[spares_++];
    if (may(number)) return as_next(number);
  }
  return {};
}

std::uint32_t MemberOrder::inner_turn() const {
  const auto members = asked_.health.members.size();
  if (asked_.policy.method != Method::round_robin || members == 0) return asked_.turn;
  return asked_.turn / static_cast<std::uint32_t>(members);
}

MemberOrder::Next MemberOrder::next_place() {
  while (places_ < asked_.ranking.size()) {
    const auto location = asked_.ranking[places_++];
    if (asked_.candidates.contains(location) && asked_.restriction.allows(location))
      return {true, location, 0};
  }
  return {};
}

std::uint32_t MemberOrder::next_in_order() {
  while (looked_ < asked_.health.members.size()) {
    const auto number = asked_.health.members[looked_++];
    if (may(number)) return number;
  }
  return kNobody;
}

std::uint32_t MemberOrder::next_in_turn() {
  const auto& members = asked_.health.members;
  if (members.empty()) return kNobody;
  if (looked_ == 0) {
    start_ = asked_.turn % members.size();
    if (!asked_.restriction.allows_all()) {
      // In turn among those that the client may be led to.
      const auto allowed = std::count_if(members.begin(), members.end(),
                                         [this](std::uint32_t number) { return may(number); });
      if (allowed == 0) return kNobody;
      auto skip = asked_.turn % allowed;
      for (start_ = 0; !may(members[start_]) || skip-- > 0;) ++start_;
    }
  }
  while (looked_ < members.size()) {
    const auto number = members[(start_ + looked_++) % members.size()];
    if (may(number)) return number;
  }
  return kNobody;
}

Member MemberOrder::member(std::uint32_t number) const {
  if (!asked_.policy.members.empty()) return asked_.policy.members[number];
  Member location;
  location.location = static_cast<LocationId>(number);
  location.hash = asked_.fleet.locations[number].hash;
  return location;
}

bool MemberOrder::may(std::uint32_t number) const {
  const auto one = member(number);
  return !one.is_location() || asked_.restriction.allows(one.location);
}

bool MemberOrder::is_untried(std::uint32_t number) const {
  const auto* end = tried_.begin() + tries_;
  return std::find(tried_.begin(), end, number) == end;
}

MemberOrder::Next MemberOrder::as_next(std::uint32_t number) const {
  const auto one = member(number);
  if (one.is_location()) return {true, one.location, 0};
  return {true, 0, asked_.branch.below[number]};
}

}  // namespace meridian::dns

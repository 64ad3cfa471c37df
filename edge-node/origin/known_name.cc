#include "edge-node/origin/known_name.h"

#include <algorithm>
#include <utility>

namespace meridian::edge {

std::vector<IpAddress> interleave(const std::vector<IpAddress>& addresses) {
  std::vector<IpAddress> v4, v6, both;
  for (const auto& address : addresses) (address.is_v4() ? v4 : v6).push_back(address);
  for (std::size_t i = 0; i < std::max(v4.size(), v6.size()); ++i) {
    if (i < v6.size()) both.push_back(v6[i]);
    if (i < v4.size()) both.push_back(v4[i]);
  }
  return both;
}

void KnownName::answer(std::vector<IpAddress> addresses, std::chrono::seconds ttl, Instant now) {
  addresses_ = interleave(addresses);
  expires_ = now + std::clamp(ttl, kLeastTtl, kMostTtl);
  asking_ = failing_ = false;
  known_ = true;
}

void KnownName::fail(Instant now) {
  expires_ = now + kFailureTtl;
  asking_ = false;
  known_ = failing_ = true;
}

const std::vector<IpAddress>* KnownName::use(Instant now) {
  used_ = now;
  if (!known_) return nullptr;
  return failing_ || now < expires_ + kGrace ? &addresses_ : nullptr;
}

bool KnownName::is_due(Instant now) const {
  return !asking_ && now >= expires_ && now < used_ + kUseful;
}

void KnownName::demote(const IpAddress& address) {
  const auto found = std::find(addresses_.begin(), addresses_.end(), address);
  if (found != addresses_.end()) std::rotate(found, found + 1, addresses_.end());
}

}  // namespace meridian::edge

#include "dns-steer/steer/load.h"

#include <cmath>

#include "dns-steer/steer/spread.h"

namespace meridian::dns {
namespace {

// So that who is shed, who overflows and who is spread where do not depend on each other.
constexpr std::uint64_t kOverflow = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kScore = 0xd1b54a32d192ed03;

}  // namespace

void LoadStep::pass(LocationId location) {
  if (plan_ == nullptr) return;
  for (const auto& loss : plan_->losses) {
    // Of several that were lost, the last one had the clients of those before.
    if (loss.location == location && (lost_ == nullptr || loss.age < lost_->age)) lost_ = &loss;
  }
}

bool LoadStep::falls_into(std::uint32_t share, std::uint64_t salt) {
  if (share >= kWholeShare) return true;
  if (!narrows_) {
    network_ = network_hash(client_, client_.is_v4() ? kSpreadBits4 : kSpreadBits6);
    narrows_ = true;
  }
  return spread_score(network_, salt) >> 48 < share;
}

bool LoadStep::admits(LocationId location) {
  if (plan_ == nullptr) return true;
  const auto hash = table_.hashes[location];
  if (!falls_into(plan_->kept[location], hash)) return false;
  if (lost_ == nullptr || falls_into(lost_->takes[location], hash ^ kOverflow)) {
    lost_ = nullptr;  // further answers are for who cannot reach the first
    return true;
  }
  overflows_ = true;
  refused_ = location;
  return false;
}

// Weighted rendezvous hashing: -weight / ln(hash).
double LoadStep::score(LocationId location) const {
  if (location == refused_) return -1;
  const double weight = overflows_ ? lost_->weights[location] : table_.capacities[location];
  const auto draw = spread_score(network_, table_.hashes[location] ^ kScore) >> 11;
  const double unit = (static_cast<double>(draw) + 0.5) * 0x1p-53;
  return weight > 0 ? -weight / std::log(unit) : 0;
}

}  // namespace meridian::dns

#include "edge-node/origin/choose.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace meridian::edge {
namespace {

/// An origin has at most this many times its share of the requests under way (consistent_hash).
constexpr double kBoundedLoad = 1.25;
constexpr double kCreditUnit =
    1000;  // credits are whole numbers, weights during slow start are not

std::uint64_t mix(std::uint64_t x) {  // the finalizer of SplitMix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

double weight_of(const Standing& origin) { return origin.weight * origin.share; }

/// Who may be chosen, without a list: one pass of each algorithm over the pool.
class Eligible {
 public:
  Eligible(std::span<const Standing> origins, bool panic) : origins_(origins), panic_(panic) {
    for (const auto& origin : origins)
      if (is_open(origin)) tier_ = std::min(tier_, origin.tier);
    for (const auto& origin : origins)
      if (is_open(origin) && origin.tier == tier_ && !origin.crowded) crowded_too_ = false;
  }
  bool has(std::size_t i) const {
    const Standing& origin = origins_[i];
    return is_open(origin) && origin.tier == tier_ && (crowded_too_ || !origin.crowded);
  }
  bool none() const { return tier_ == kNoTier; }
  double total_weight() const {
    double total = 0;
    for (std::size_t i = 0; i < origins_.size(); ++i)
      if (has(i)) total += weight_of(origins_[i]);
    return total;
  }

 private:
  static constexpr std::uint32_t kNoTier = std::numeric_limits<std::uint32_t>::max();
  bool is_open(const Standing& origin) const { return !origin.tried && (origin.usable || panic_); }

  std::span<const Standing> origins_;
  bool panic_;
  bool crowded_too_ = true;
  std::uint32_t tier_ = kNoTier;
};

std::size_t next_in_turn(std::span<const Standing> origins, const Eligible& eligible) {
  std::size_t best = origins.size();
  std::int64_t most = 0, given = 0;
  for (std::size_t i = 0; i < origins.size(); ++i) {
    if (!eligible.has(i)) continue;
    const auto credit =
        std::max<std::int64_t>(1, std::llround(weight_of(origins[i]) * kCreditUnit));
    const auto now = origins[i].credit->fetch_add(credit, std::memory_order_relaxed) + credit;
    given += credit;
    if (best != origins.size() && now <= most) continue;
    best = i;
    most = now;
  }
  origins[best].credit->fetch_sub(given, std::memory_order_relaxed);
  return best;
}

/// By weight; `draw` in [0, 1). Never `except`.
std::size_t drawn(std::span<const Standing> origins, const Eligible& eligible, double draw,
                  std::size_t except) {
  double total = eligible.total_weight();
  if (except < origins.size()) total -= weight_of(origins[except]);
  double left = draw * total;
  std::size_t last = origins.size();
  for (std::size_t i = 0; i < origins.size(); ++i) {
    if (!eligible.has(i) || i == except) continue;
    last = i;
    left -= weight_of(origins[i]);
    if (left < 0) break;
  }
  return last;
}

std::size_t less_busy(std::span<const Standing> origins, const Eligible& eligible,
                      std::uint64_t random) {
  constexpr double kRange = 4294967296.0;
  const auto none = origins.size();
  const auto first =
      drawn(origins, eligible, static_cast<double>(random & 0xffffffffu) / kRange, none);
  const auto second = drawn(origins, eligible, static_cast<double>(random >> 32) / kRange, first);
  if (second == none) return first;
  const auto busy = [&](std::size_t i) {
    return (origins[i].in_flight + 1) / weight_of(origins[i]);
  };
  return busy(second) < busy(first) ? second : first;
}

/// Weighted rendezvous: each origin has its own score for the key, the best one with room wins; so
/// that the loss of one moves its own keys only.
std::size_t by_hash(std::span<const Standing> origins, const Eligible& eligible,
                    std::uint64_t key) {
  const double total_weight = eligible.total_weight();
  double in_flight = 1;  // with this one
  for (std::size_t i = 0; i < origins.size(); ++i)
    if (eligible.has(i)) in_flight += origins[i].in_flight;
  std::size_t best = origins.size(), best_with_room = origins.size();
  double top = 0, top_with_room = 0;
  for (std::size_t i = 0; i < origins.size(); ++i) {
    if (!eligible.has(i)) continue;
    const auto bits = mix(key ^ mix(origins[i].hash)) >> 11;
    const double unit = (static_cast<double>(bits) + 0.5) / 9007199254740992.0;  // 2^53
    const double score = -weight_of(origins[i]) / std::log(unit);
    if (best == origins.size() || score > top) {
      best = i;
      top = score;
    }
    const double share = in_flight * weight_of(origins[i]) / total_weight;
    if (origins[i].in_flight + 1 > std::ceil(kBoundedLoad * share)) continue;
    if (best_with_room == origins.size() || score > top_with_room) {
      best_with_room = i;
      top_with_room = score;
    }
  }
  return best_with_room == origins.size() ? best : best_with_room;
}

}  // namespace

std::optional<Choice> choose(std::span<const Standing> origins, const Selection& how) {
  const bool panic =
      std::none_of(origins.begin(), origins.end(), [](const Standing& o) { return o.usable; });
  if (how.sticky && *how.sticky < origins.size()) {
    const Standing& sticky = origins[*how.sticky];
    if (!sticky.tried && (sticky.usable || panic)) return Choice{*how.sticky, panic};
  }
  if (origins.size() == 1) {  // nearly always: nothing to weigh
    if (origins[0].tried) return std::nullopt;
    return Choice{0, panic};
  }
  const Eligible eligible(origins, panic);
  if (eligible.none()) return std::nullopt;
  switch (how.method) {
    case BalanceMethod::least_request:
      return Choice{less_busy(origins, eligible, how.random), panic};
    case BalanceMethod::consistent_hash:
      return Choice{by_hash(origins, eligible, how.key), panic};
    case BalanceMethod::round_robin:
      break;
  }
  return Choice{next_in_turn(origins, eligible), panic};
}

std::uint64_t hash_of(std::span<const char> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  return mix(hash);
}

}  // namespace meridian::edge

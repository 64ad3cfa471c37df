#include "dns-steer/geo/ranking.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace meridian::dns {
namespace {

constexpr std::uint32_t kFree = 0xffffffff;
constexpr std::size_t kMostInserted = 256;

std::uint64_t hash_of(std::span<const LocationId> locations, std::uint32_t restriction) {
  std::uint64_t hash = restriction;
  for (const auto location : locations) {
    hash = (hash ^ location) * 0xff51afd7ed558ccd;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

std::uint32_t RankingList::add(std::span<const LocationId> locations, std::uint32_t restriction) {
  if (entries_.size() * 2 >= slots_.size()) grow();
  auto& number = slot(locations, restriction);
  if (number == kFree) {
    number = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({flat_.size(), static_cast<std::uint32_t>(locations.size()), restriction});
    flat_.insert(flat_.end(), locations.begin(), locations.end());
  }
  return number;
}

void RankingList::seal() {
  slots_ = {};
  entries_.shrink_to_fit();
  flat_.shrink_to_fit();
}

void RankingList::grow() {
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), kFree);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const auto known = at(i);
    slot(known.locations, known.restriction) = i;
  }
}

std::uint32_t& RankingList::slot(std::span<const LocationId> locations, std::uint32_t restriction) {
  const auto mask = slots_.size() - 1;
  for (auto i = hash_of(locations, restriction);; ++i) {
    auto& number = slots_[i & mask];
    if (number == kFree) return number;
    const auto known = at(number);
    if (known.restriction == restriction && std::ranges::equal(known.locations, locations))
      return number;
  }
}

Ranker::Ranker(std::span<const geo::Coordinates> locations, std::span<const LocationId> among)
    : nearness_(locations.size()), unknown_(among.begin(), among.end()), taken_(locations.size()) {
  for (const auto& at : locations) locations_.push_back(vector_of(at));
  if (!among.empty()) return;
  unknown_.resize(locations.size());
  std::iota(unknown_.begin(), unknown_.end(), LocationId{0});
}

Ranker::Vector Ranker::vector_of(const geo::Coordinates& at) {
  constexpr double kRadians = std::numbers::pi / 180.0;
  const double level = std::cos(at.latitude * kRadians);
  return {level * std::cos(at.longitude * kRadians), level * std::sin(at.longitude * kRadians),
          std::sin(at.latitude * kRadians)};
}

void Ranker::order(const Place& place, std::vector<LocationId>& by_distance) {
  const auto at = vector_of(*place.coordinates);
  for (const auto location : unknown_) {
    const auto& other = locations_[location];
    nearness_[location] = at.x * other.x + at.y * other.y + at.z * other.z;
  }
  const auto before = [this](LocationId a, LocationId b) {
    return nearness_[a] != nearness_[b] ? nearness_[a] > nearness_[b] : a < b;
  };
  if (by_distance.size() > kMostInserted) {
    std::sort(by_distance.begin(), by_distance.end(), before);
    return;
  }
  // Insertion: few steps where the order is nearly right already.
  for (std::size_t i = 1; i < by_distance.size(); ++i) {
    const auto moved = by_distance[i];
    auto hole = i;
    for (; hole > 0 && before(moved, by_distance[hole - 1]); --hole)
      by_distance[hole] = by_distance[hole - 1];
    by_distance[hole] = moved;
  }
}

std::span<const LocationId> Ranker::rank(const Place& place,
                                         std::span<const LocationId> preferred) {
  std::span<const LocationId> by_distance = unknown_;
  if (place.coordinates && !locations_.empty()) {
    const auto letter = [&](int i) { return static_cast<unsigned>(place.country[i]) & 31; };
    const auto country = std::size_t{letter(0)} << 5 | letter(1);
    if (by_country_.size() <= country) by_country_.resize(1024);
    auto& last = by_country_[country];
    if (last.empty()) last = unknown_;
    order(place, last);
    by_distance = last;
  }
  if (preferred.empty()) return by_distance;
  result_.clear();
  std::fill(taken_.begin(), taken_.end(), char{0});
  for (const auto list : {preferred, by_distance}) {
    for (const auto location : list) {
      if (taken_[location] == 0) result_.push_back(location);
      taken_[location] = 1;
    }
  }
  return result_;
}

}  // namespace meridian::dns

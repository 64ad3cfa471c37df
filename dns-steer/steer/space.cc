#include "dns-steer/steer/space.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace meridian::dns {
namespace {

/// Numbers pairs of numbers in the order in which they are first seen.
class Pairs {
 public:
  std::uint32_t number(std::uint32_t a, std::uint32_t b) {
    const auto [known, added] =
        numbers_.try_emplace(std::uint64_t{a} << 32 | b, static_cast<std::uint32_t>(pairs_.size()));
    if (added) pairs_.emplace_back(a, b);
    return known->second;
  }
  const std::vector<std::pair<std::uint32_t, std::uint32_t>>& all() const { return pairs_; }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_;
};

/// Addresses [first, end), and how many of them weigh 1.
template <class Key>
struct Window {
  Key first, end;
  double unit;
};
constexpr Window<std::uint32_t> kWindow4{0, std::uint32_t{224} << 24, 1};
constexpr Window<U128> kWindow6{U128{0x2000} << 112, U128{0x4000} << 112,
                                static_cast<double>(U128{1} << 80)};

template <class Key>
Space cut(const Window<Key>& window, const Ranges<Key>& places,
          std::span<const PlaceTable* const> tables, Ranges<Key> (PlaceTable::*ranges_of)() const) {
  Space space;
  space.tables = tables.size();
  Ranges<Key> routes;
  routes.append(0, 0);
  std::vector<std::vector<std::uint32_t>> rankings{{}};
  for (const auto* table : tables) {
    Pairs pairs;
    routes = merged(routes, (table->*ranges_of)(),
                    [&](std::uint32_t a, std::uint32_t b) { return pairs.number(a, b); });
    std::vector<std::vector<std::uint32_t>> longer;
    for (const auto& [before, ranking] : pairs.all()) {
      longer.push_back(rankings[before]);
      longer.back().push_back(ranking);
    }
    rankings = std::move(longer);
  }
  space.routes_ = rankings.size();
  for (const auto& one : rankings)
    space.rankings.insert(space.rankings.end(), one.begin(), one.end());

  Pairs pairs;
  const auto cells = merged(places, routes, [&](std::uint32_t place, std::uint32_t route) {
    return pairs.number(place, route);
  });
  for (const auto& [place, route] : pairs.all()) space.cells.push_back({place, route, 0});
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto first = std::max(cells.starts[i], window.first);
    const auto end = i + 1 < cells.size() ? std::min(cells.starts[i + 1], window.end) : window.end;
    if (first >= end) continue;
    space.cells[cells.values[i]].weight +=
        static_cast<double>(static_cast<Key>(end - first)) / window.unit;
  }
  std::erase_if(space.cells, [](const Cell& cell) { return cell.weight == 0; });
  for (const auto& cell : space.cells) space.weight += cell.weight;
  return space;
}

}  // namespace

Space space_of(const World& world, std::span<const PlaceTable* const> tables, Family family) {
  if (family == Family::v4) return cut(kWindow4, world.v4, tables, &PlaceTable::v4);
  return cut(kWindow6, world.v6, tables, &PlaceTable::v6);
}

}  // namespace meridian::dns

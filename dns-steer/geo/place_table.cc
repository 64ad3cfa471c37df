#include "dns-steer/geo/place_table.h"

#include <algorithm>
#include <unordered_map>

namespace meridian::dns {
namespace {

/// For each address the first override of which a prefix holds it.
template <class Key>
Ranges<Key> by_prefix(std::span<const Override> overrides) {
  struct Block {
    Key first, last;
    std::uint32_t number;
  };
  std::vector<Block> blocks;
  std::vector<Key> edges{0};
  for (std::uint32_t i = 0; i < overrides.size(); ++i) {
    for (const auto& prefix : overrides[i].prefixes) {
      if (prefix.address.bits() != kKeyBits<Key>) continue;
      const auto first = key_of<Key>(prefix.address);
      const auto rest = prefix.length == kKeyBits<Key>
                            ? Key{0}
                            : static_cast<Key>(static_cast<Key>(~Key{0}) >> prefix.length);
      blocks.push_back({first, static_cast<Key>(first | rest), i});
      edges.push_back(first);
      if (const auto after = static_cast<Key>((first | rest) + 1); after != 0)
        edges.push_back(after);
    }
  }
  std::sort(edges.begin(), edges.end());
  // By start; those that have begun and not yet ended stay in `open`. Prefixes nest, so few do.
  std::sort(blocks.begin(), blocks.end(),
            [](const Block& a, const Block& b) { return a.first < b.first; });
  Ranges<Key> ranges;
  std::vector<Block> open;
  std::size_t next = 0;
  for (const auto edge : edges) {
    for (; next < blocks.size() && blocks[next].first <= edge; ++next) open.push_back(blocks[next]);
    std::erase_if(open, [&](const Block& block) { return block.last < edge; });
    auto number = kNoOverride;
    for (const auto& block : open) number = std::min(number, block.number);
    ranges.append(edge, number);
  }
  return ranges;
}

/// Gives each pair of place and override its ranking, computed once.
class Ranker {
 public:
  Ranker(const World& world, std::span<const geo::Coordinates> locations, const RankingRule& rule)
      : world_(world),
        locations_(locations),
        by_(rule.by),
        overrides_(rule.overrides),
        plain_(world.places.places().size(), kNoOverride) {
    for (const auto& place : world.places.places()) by_country_.push_back(by_country(place));
  }

  std::uint32_t ranking(std::uint32_t place, std::uint32_t by_prefix) {
    const auto number = std::min(by_prefix, by_country_[place]);
    auto& known = number == kNoOverride
                      ? plain_[place]
                      : overridden_.try_emplace(std::uint64_t{number} << 32 | place, kNoOverride)
                            .first->second;
    if (known == kNoOverride) known = add(place, number);
    return known;
  }

  RankingList rankings;

 private:
  std::uint32_t add(std::uint32_t place, std::uint32_t number) {
    std::span<const LocationId> preferred;
    auto restriction = kNoOverride;
    if (number != kNoOverride) {
      if (overrides_[number].restricts())
        restriction = number;
      else
        preferred = overrides_[number].locations;
    }
    if (by_ == RankBy::nothing)
      return rankings.add({preferred.begin(), preferred.end()}, restriction);
    return rankings.add(rank(world_.places.places()[place], locations_, preferred), restriction);
  }

  std::uint32_t by_country(const Place& place) const {
    if (!place.has_country()) return kNoOverride;
    for (std::uint32_t i = 0; i < overrides_.size(); ++i) {
      const auto& countries = overrides_[i].countries;
      if (std::find(countries.begin(), countries.end(), place.country) != countries.end()) return i;
    }
    return kNoOverride;
  }

  const World& world_;
  std::span<const geo::Coordinates> locations_;
  RankBy by_;
  std::span<const Override> overrides_;
  std::vector<std::uint32_t> plain_;       // place -> ranking
  std::vector<std::uint32_t> by_country_;  // place -> override
  std::unordered_map<std::uint64_t, std::uint32_t> overridden_;
};

template <class Key>
Ranges<Key> rank_ranges(const PlaceRanges<Key>& places, const Ranges<Key>& overrides,
                        Ranker& ranker) {
  Ranges<Key> result;
  std::size_t override_at = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto start = places.starts[i];
    const bool last = i + 1 == places.size();
    while (override_at + 1 < overrides.size() && overrides.starts[override_at + 1] <= start)
      ++override_at;
    for (;;) {
      result.append(start, ranker.ranking(places.values[i], overrides.values[override_at]));
      if (override_at + 1 == overrides.size()) break;
      const auto next = overrides.starts[override_at + 1];
      if (!last && next >= places.starts[i + 1]) break;
      start = next;
      ++override_at;
    }
  }
  return result;
}

}  // namespace

PlaceTable compile_places(const World& world, std::span<const geo::Coordinates> locations,
                          const RankingRule& rule) {
  Ranker ranker(world, locations, rule);
  RangeTable4 v4(rank_ranges(world.v4, by_prefix<std::uint32_t>(rule.overrides), ranker));
  RangeTable6 v6(rank_ranges(world.v6, by_prefix<U128>(rule.overrides), ranker));
  ranker.rankings.seal();
  return {std::move(ranker.rankings), std::move(v4), std::move(v6)};
}

}  // namespace meridian::dns

#include "dns-steer/geo/place_table.h"

#include <algorithm>
#include <future>
#include <unordered_map>
#include <utility>

namespace meridian::dns {
namespace {

constexpr std::uint32_t kNotYet = 0xffffffff;
// Below this, a second thread costs more than it saves.
constexpr std::size_t kWorthAThread = 10'000;

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
      const auto last = last_of<Key>(first, prefix.length);
      blocks.push_back({first, last, i});
      edges.push_back(first);
      if (const auto after = static_cast<Key>(last + 1); after != 0) edges.push_back(after);
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

/// For each address the first override that names its autonomous system.
template <class Key>
Ranges<Key> by_asn(std::span<const Override> overrides, const Ranges<Key>& asns) {
  std::unordered_map<std::uint32_t, std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < overrides.size(); ++i) {
    for (const auto asn : overrides[i].asns) numbers.try_emplace(asn, i);
  }
  Ranges<Key> ranges;
  if (numbers.empty()) {
    ranges.append(0, kNoOverride);
    return ranges;
  }
  for (std::size_t i = 0; i < asns.size(); ++i) {
    const auto known = asns.values[i] == 0 ? numbers.end() : numbers.find(asns.values[i]);
    ranges.append(asns.starts[i], known == numbers.end() ? kNoOverride : known->second);
  }
  return ranges;
}

/// For each place the first override that names its country, subdivision or continent.
class ByPlace {
 public:
  ByPlace(const PlaceList& places, std::span<const Override> overrides)
      : places_(places), overrides_(overrides) {
    for (const auto& one : overrides)
      used_ |= !one.countries.empty() || !one.subdivisions.empty() || !one.continents.empty();
  }

  std::uint32_t find(const Place& place) {
    if (!used_ || !place.is_known()) return kNoOverride;
    const auto key = std::uint64_t{place.subdivision} << 32 | letters(place.country) << 16 |
                     letters(place.continent);
    const auto [known, added] = known_.try_emplace(key, kNoOverride);
    if (added) known->second = search(place);
    return known->second;
  }

 private:
  static std::uint64_t letters(const std::array<char, 2>& code) {
    return std::uint64_t{static_cast<unsigned char>(code[0])} << 8 |
           static_cast<unsigned char>(code[1]);
  }
  std::uint32_t search(const Place& place) const {
    const ClientFacts client{{}, place, places_.subdivisions()[place.subdivision], 0};
    for (std::uint32_t i = 0; i < overrides_.size(); ++i) {
      auto without_prefixes = overrides_[i];
      without_prefixes.prefixes.clear();
      if (matched_by(without_prefixes, client)) return i;
    }
    return kNoOverride;
  }

  const PlaceList& places_;
  std::span<const Override> overrides_;
  bool used_ = false;
  std::unordered_map<std::uint64_t, std::uint32_t> known_;
};

/// What besides the place decides for an address: an override, and a list of the prefix map.
struct Extra {
  std::uint32_t override = kNoOverride;
  std::uint32_t list = 0;  // plus one; 0: none
};

/// Ranks places under a rule. One thread.
class RuleRanker {
 public:
  RuleRanker(const World& world, std::span<const geo::Coordinates> locations,
             const RankingRule& rule)
      : world_(world),
        rule_(rule),
        ranker_(locations, rule.among),
        by_place_(world.places, rule.overrides) {}

  std::uint32_t add(std::uint32_t number, const Extra& extra, RankingList& rankings) {
    const auto& place = world_.places.places()[number];
    const auto override = std::min(extra.override, by_place_.find(place));
    preferred_.clear();
    auto restriction = kNoOverride;
    if (override != kNoOverride) {
      const auto& one = rule_.overrides[override];
      if (one.restricts())
        restriction = override;
      else
        preferred_ = one.locations;
    }
    if (extra.list != 0) {
      const auto& list = rule_.prefix_map->lists[extra.list - 1];
      preferred_.insert(preferred_.end(), list.begin(), list.end());
    }
    if (!rule_.among.empty()) {
      std::erase_if(preferred_, [this](LocationId one) {
        return !std::binary_search(rule_.among.begin(), rule_.among.end(), one);
      });
    }
    if (rule_.by == RankBy::nothing) return rankings.add(preferred_, restriction);
    return rankings.add(ranker_.rank(place, preferred_), restriction);
  }

 private:
  const World& world_;
  const RankingRule& rule_;
  Ranker ranker_;
  ByPlace by_place_;
  std::vector<LocationId> preferred_;
};

struct Compilation {
  const World& world;
  std::span<const geo::Coordinates> locations;
  const RankingRule& rule;

  /// Adds the rankings of `from` to `to`; the new number of each.
  static std::vector<std::uint32_t> move_rankings(const RankingList& from, RankingList& to) {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(from.size());
    for (std::uint32_t i = 0; i < from.size(); ++i)
      numbers.push_back(to.add(from.at(i).locations, from.at(i).restriction));
    return numbers;
  }

  /// The ranking of each place where nothing but the place decides.
  std::vector<std::uint32_t> rank_places(RankingList& rankings) const {
    const auto count = static_cast<std::uint32_t>(world.places.places().size());
    std::vector<std::uint32_t> result(count);
    const auto rank = [&](std::uint32_t begin, std::uint32_t end, RankingList& list) {
      RuleRanker ranker(world, locations, rule);
      for (auto i = begin; i < end; ++i) result[i] = ranker.add(i, {}, list);
    };
    if (count < kWorthAThread) {
      rank(0, count, rankings);
      return result;
    }
    RankingList second;
    auto other = std::async(std::launch::async, [&] { rank(count / 2, count, second); });
    rank(0, count / 2, rankings);
    other.get();
    const auto numbers = move_rankings(second, rankings);
    for (auto i = count / 2; i < count; ++i) result[i] = numbers[result[i]];
    return result;
  }

  template <class Key>
  struct Ranked {
    Ranges<Key> ranges;
    RankingList more;  // numbered after the rankings of places
  };

  /// Which ranking each address has. Of `by_place` the values are below `rankings`.
  template <class Key>
  Ranked<Key> rank_ranges(const PlaceRanges<Key>& places, const Ranges<Key>& asns,
                          const std::vector<std::uint32_t>& by_place,
                          std::uint32_t rankings) const {
    std::vector<Extra> extras;
    const auto decided = extra_ranges(asns, extras);
    RuleRanker ranker(world, locations, rule);
    std::unordered_map<std::uint64_t, std::uint32_t> known;
    Ranked<Key> result;
    result.ranges = merged(places, decided, [&](std::uint32_t place, std::uint32_t extra) {
      if (extra == 0) return by_place[place];
      auto& number = known.try_emplace(std::uint64_t{extra} << 32 | place, kNotYet).first->second;
      if (number == kNotYet) number = rankings + ranker.add(place, extras[extra], result.more);
      return number;
    });
    return result;
  }

  /// What besides the place decides for each address, as numbers in `extras`; 0: nothing.
  template <class Key>
  Ranges<Key> extra_ranges(const Ranges<Key>& asns, std::vector<Extra>& extras) const {
    extras = {{}};
    std::unordered_map<std::uint64_t, std::uint32_t> numbers{{std::uint64_t{kNoOverride} << 32, 0}};
    const auto overrides = merged(by_prefix<Key>(rule.overrides), by_asn(rule.overrides, asns),
                                  [](std::uint32_t a, std::uint32_t b) { return std::min(a, b); });
    Ranges<Key> lists;
    lists.append(0, 0);
    if (rule.prefix_map) lists = rule.prefix_map->ranges<Key>();
    return merged(overrides, lists, [&](std::uint32_t override, std::uint32_t list) {
      const auto [number, added] = numbers.try_emplace(std::uint64_t{override} << 32 | list,
                                                       static_cast<std::uint32_t>(extras.size()));
      if (added) extras.push_back({override, list});
      return number->second;
    });
  }

  /// Numbers everything in one list.
  template <class Key>
  static Ranges<Key> settle(Ranked<Key> ranked, std::uint32_t before, RankingList& rankings) {
    if (ranked.more.size() == 0) return std::move(ranked.ranges);
    const auto numbers = move_rankings(ranked.more, rankings);
    Ranges<Key> result;
    for (std::size_t i = 0; i < ranked.ranges.size(); ++i) {
      const auto value = ranked.ranges.values[i];
      result.append(ranked.ranges.starts[i], value < before ? value : numbers[value - before]);
    }
    return result;
  }
};

}  // namespace

PlaceTable compile_places(const World& world, std::span<const geo::Coordinates> locations,
                          const RankingRule& rule) {
  const Compilation compilation{world, locations, rule};
  RankingList rankings;
  const auto by_place = compilation.rank_places(rankings);
  const auto before = static_cast<std::uint32_t>(rankings.size());
  const auto policy = world.v4.size() < kWorthAThread ? std::launch::deferred : std::launch::async;
  auto ranked_v4 = std::async(
      policy, [&] { return compilation.rank_ranges(world.v4, world.asn4, by_place, before); });
  auto ranked_v6 = compilation.rank_ranges(world.v6, world.asn6, by_place, before);
  RangeTable4 v4(Compilation::settle(ranked_v4.get(), before, rankings));
  RangeTable6 v6(Compilation::settle(std::move(ranked_v6), before, rankings));
  rankings.seal();
  return {std::move(rankings), std::move(v4), std::move(v6)};
}

}  // namespace meridian::dns

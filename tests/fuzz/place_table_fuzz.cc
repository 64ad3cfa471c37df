// Octets as a world, overrides and a prefix map: the compiled table answers as a search through all
// of them does for one address alone, and everybody inside a scope gets the same.
#include <algorithm>
#include <cstdlib>

#include "dns-steer/geo/place_table.h"

namespace {

using namespace meridian;
using namespace meridian::dns;

const std::vector<geo::Coordinates> kLocations{{50, 8}, {40, -74}, {1, 103}, {-33, 151}};

class Octets {
 public:
  explicit Octets(std::span<const std::uint8_t> rest) : rest_(rest) {}
  std::uint8_t next() {
    if (rest_.empty()) return 0;
    const auto octet = rest_.front();
    rest_ = rest_.subspan(1);
    return octet;
  }
  bool empty() const { return rest_.empty(); }
  /// Two octets, all others zero, so that prefixes often hold addresses.
  IpAddress address() {
    const std::array<std::uint8_t, 4> octets{next(), next(), 0, 0};
    return IpAddress::v4(octets);
  }
  IpPrefix prefix() {
    const auto at = address();
    return prefix_of(at, next() % 17);
  }

 private:
  std::span<const std::uint8_t> rest_;
};

struct Model {
  World world;
  RankingRule rule;

  explicit Model(Octets in) {
    std::vector<std::uint32_t> starts;
    for (int i = in.next() % 16; i > 0; --i) starts.push_back(in.address().v4_value());
    std::sort(starts.begin(), starts.end());
    std::vector<std::uint32_t> places{PlaceList::kUnknown};
    for (const auto& at : kLocations)
      places.push_back(world.places.add({at, {'A', 'B'}, {'E', 'U'}}));
    for (const auto start : starts) world.v4.append(start, places[in.next() % places.size()]);
    for (const auto start : starts) world.asn4.append(start, in.next() % 4);
    auto map = std::make_shared<PrefixMap>();
    map->lists = {{3}, {1, 0}};
    while (!in.empty()) {
      const auto kind = in.next();
      if (kind % 3 == 0) {
        const auto prefix = in.prefix();
        const auto same = [&](const auto& entry) { return entry.prefix == prefix; };
        if (std::ranges::none_of(map->entries, same))
          map->entries.push_back({prefix, kind / 3 % 2u});
        continue;
      }
      Override one;
      if (kind % 3 == 1) one.prefixes.push_back(in.prefix());
      if (kind % 3 == 2) one.asns.push_back(1 + kind / 3 % 3u);
      if ((kind & 0x40) != 0) one.countries.push_back({'A', 'B'});
      if ((kind & 0x80) != 0) one.action = OverrideAction::deny;
      one.locations.push_back(kind % 4);
      rule.overrides.push_back(one);
    }
    rule.prefix_map = map;
  }

  template <class Ranges>
  static std::uint32_t value_at(const Ranges& ranges, std::uint32_t address) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < ranges.size() && ranges.starts[i] <= address; ++i)
      value = ranges.values[i];
    return value;
  }

  bool agrees(const PlaceTable::Hit& hit, const IpAddress& address) const {
    const auto number = address.v4_value();
    const auto& place = world.places.places()[value_at(world.v4, number)];
    const ClientFacts client{address, place, {}, value_at(world.asn4, number)};
    std::vector<LocationId> preferred;
    auto restriction = kNoOverride;
    for (std::uint32_t i = 0; i < rule.overrides.size(); ++i) {
      if (!matched_by(rule.overrides[i], client)) continue;
      if (rule.overrides[i].restricts())
        restriction = i;
      else
        preferred = rule.overrides[i].locations;
      break;
    }
    const PrefixMap::Entry* longest = nullptr;
    for (const auto& entry : rule.prefix_map->entries) {
      if (entry.prefix.contains(address) &&
          (longest == nullptr || entry.prefix.length > longest->prefix.length))
        longest = &entry;
    }
    if (longest != nullptr) {
      const auto& list = rule.prefix_map->lists[longest->list];
      preferred.insert(preferred.end(), list.begin(), list.end());
    }
    Ranker ranker(kLocations);
    return hit.restriction == restriction &&
           std::ranges::equal(hit.ranking, ranker.rank(place, preferred));
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 256) return 0;
  const Model model{Octets({data, size})};
  const auto table = compile_places(model.world, kLocations, model.rule);
  Octets questions({data, size});
  while (!questions.empty()) {
    const auto client = questions.address();
    const auto hit = table.find(client);
    if (!model.agrees(hit, client)) std::abort();
    const auto scope = prefix_of(client, hit.scope);
    const auto last = IpAddress::v4(last_of<std::uint32_t>(scope.address.v4_value(), hit.scope));
    for (const auto& other : {scope.address, last}) {
      if (!model.agrees(hit, other)) std::abort();
    }
  }
  return 0;
}

#include "dns-steer/geo/moved.h"

namespace meridian::dns {
namespace {

template <class Key>
double share(const PlaceTable& before, const PlaceTable& after, const Ranges<Key>& old_ranges,
             const Ranges<Key>& new_ranges, const PlaceRanges<Key>& places) {
  const auto moved = merged(old_ranges, new_ranges, [&](std::uint32_t a, std::uint32_t b) {
    return before.all_rankings().lead(a) != after.all_rankings().lead(b) ? 1u : 0u;
  });
  // 0: not known and not moved; 1: known; 2: moved.
  const auto kinds = merged(moved, places, [](std::uint32_t did_move, std::uint32_t place) {
    return did_move != 0 ? 2u : place != PlaceList::kUnknown ? 1u : 0u;
  });
  double counted[3] = {};
  for (std::size_t i = 0; i < kinds.size(); ++i) counted[kinds.values[i]] += kinds.addresses(i);
  const double all = counted[1] + counted[2];
  return all == 0 ? 0 : counted[2] / all;
}

}  // namespace

MovedShare moved_share(const PlaceTable& before, const PlaceTable& after, const World& world) {
  return {share(before, after, before.v4(), after.v4(), world.v4),
          share(before, after, before.v6(), after.v6(), world.v6)};
}

}  // namespace meridian::dns

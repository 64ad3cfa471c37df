#include <set>

#include "common/net/address.h"
#include "controller/model/check.h"
#include "controller/model/names.h"

namespace meridian::control {
namespace {

constexpr int kMostEntries = 200'000;
constexpr int kMostLocations = 16;

}  // namespace

void check_prefix_map(Check& check, const v1::PrefixMap& map) {
  if (map.entries_size() > kMostEntries)
    return check.wrong("spec.entries", "has " + std::to_string(map.entries_size()) +
                                           " entries; at most 200,000 are possible");
  std::set<IpPrefix> seen;
  for (int i = 0; i < map.entries_size(); ++i) {
    const auto& entry = map.entries(i);
    const auto field = [i] { return Check::item("spec.entries", i); };
    if (const auto prefix = parse_prefix(entry.prefix()); !prefix)
      check.wrong(field() + ".prefix", prefix.error().what);
    else if (!seen.insert(*prefix).second)
      check.wrong(field() + ".prefix", in_quotes(entry.prefix()) + " stands there twice");
    if (entry.locations().empty() || entry.locations_size() > kMostLocations) {
      check.wrong(field() + ".locations", "must be 1 to 16 locations");
      continue;
    }
    check.references(field() + ".locations", v1::KIND_LOCATION, entry.locations());
  }
}

}  // namespace meridian::control

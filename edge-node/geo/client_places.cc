#include "edge-node/geo/client_places.h"

#include <string_view>

namespace meridian::edge {

ClientPlace ClientPlaces::find(const IpAddress& client) const {
  ClientPlace place;
  for (const auto& database : set_.databases) {
    const auto located = database.locate(client);
    if (place.country == 0 && located.country[0] != 0)
      place.country = country_code({located.country.data(), located.country.size()});
    if (place.asn == 0) place.asn = located.asn;
    if (place.country != 0 && place.asn != 0) break;
  }
  return place;
}

}  // namespace meridian::edge

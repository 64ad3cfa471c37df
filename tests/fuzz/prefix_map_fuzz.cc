// Any text as an operator's prefix map, CSV and JSON: it is refused with a reason, or every entry
// has a prefix and locations, and no prefix stands there twice.
#include <cstdlib>
#include <set>

#include "common/net/address.h"
#include "controller/gslbctl/prefix_map_file.h"

namespace {

void check(const meridian::config::Documents& read) {
  if (read.documents.empty() == read.errors.empty()) std::abort();
  for (const auto& document : read.documents) {
    std::set<meridian::IpPrefix> seen;
    for (const auto& entry : document.resource.prefix_map().entries()) {
      const auto prefix = meridian::parse_prefix(entry.prefix());
      if (!prefix || !seen.insert(*prefix).second) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(meridian::gslbctl::read_prefix_map_csv("map", text, "map.csv"));
  check(meridian::gslbctl::read_prefix_map_json("map", text, "map.json"));
  return 0;
}

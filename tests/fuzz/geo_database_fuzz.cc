// Any octets as a database of places: the first chooses the form. Either it is refused, or what is
// read of it is whole, and a list of autonomous systems answers by its text as by its ranges.
#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>

#include "geoip-data/database/asn_list.h"
#include "geoip-data/database/search_tree.h"

namespace {

using namespace meridian;

void check(const Layer& layer) {
  if (layer.v4.size() == 0 || layer.v4.starts[0] != 0) std::abort();
  if (layer.v6.size() == 0 || layer.v6.starts[0] != 0) std::abort();
  for (const auto value : layer.v4.values) {
    if (value >= layer.records.size()) std::abort();
  }
  for (const auto value : layer.v6.values) {
    if (value >= layer.records.size()) std::abort();
  }
  for (const auto& record : layer.records) {
    if (record.place.subdivision != 0 && record.place.subdivision >= layer.subdivisions.size())
      std::abort();
  }
  World world;
  world.add(layer);
}

void tree(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 2) return;
  static constexpr unsigned kBits[] = {24, 28, 32, 20};
  SearchTree tree;
  tree.record_bits = kBits[bytes[0] & 3];
  tree.ip_version = (bytes[0] & 4) != 0 ? 6 : 4;
  tree.node_count = bytes[1];
  const auto rest = bytes.subspan(2);
  const auto nodes = std::min(rest.size(), std::size_t{tree.node_count} * tree.record_bits / 4);
  tree.nodes = rest.first(nodes);
  tree.data = rest.subspan(nodes);
  if (const auto layer = read_tree(tree)) check(*layer);
}

void list(std::string_view text) {
  const auto layer = read_asn_list(text);
  if (!layer) return;
  check(*layer);
  const RangeTable4 table(layer->v4);
  for (std::size_t i = 0; i < layer->v4.size(); ++i) {
    const auto start = layer->v4.starts[i];
    const auto found = find_asn(text, meridian::IpAddress::v4(start));
    if ((found ? found->asn : 0) != layer->records[table.find(start).value].asn) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span bytes(data + 1, size - 1);
  if (data[0] == 'L')
    list({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  else
    tree(bytes);
  return 0;
}

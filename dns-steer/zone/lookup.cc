#include "dns-steer/zone/lookup.h"

#include <algorithm>
#include <cstring>

namespace meridian::dns {
namespace {

bool equal(Bytes a, Bytes b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Apex {
  std::uint32_t zone = kNone;
  std::size_t skip = 0;  // labels of the name before it
};

/// The innermost zone around `name`, skipping at least `skip` labels.
Apex find_zone(const ZoneData& data, const LookupName& name, std::size_t skip) {
  for (; skip <= name.labels(); ++skip) {
    if (!data.apex_labels[name.labels() - skip]) continue;
    const auto zone = data.zone_table.find(name.hash(skip), [&](std::uint32_t candidate) {
      return equal(data.name(data.nodes[data.zones[candidate].apex]), name.suffix(skip));
    });
    if (zone != kNone) return {zone, skip};
  }
  return {};
}

std::uint32_t find_node(const ZoneData& data, const LookupName& name, std::size_t skip,
                        std::uint32_t zone) {
  return data.node_table.find(node_key(name.hash(skip), zone), [&](std::uint32_t candidate) {
    const auto& node = data.nodes[candidate];
    return node.zone == zone && equal(data.name(node), name.suffix(skip));
  });
}

}  // namespace

Found find(const ZoneData& data, const LookupName& name, CutSide side) {
  auto apex = find_zone(data, name, 0);
  if (side == CutSide::parent && apex.skip == 0 && apex.zone != kNone && name.labels() > 0) {
    // Asked at an apex for what its parent knows: the parent answers if it is ours too.
    if (const auto parent = find_zone(data, name, 1); parent.zone != kNone) apex = parent;
  }
  if (apex.zone == kNone) return {};

  // The name itself, or its closest encloser (RFC 4592 section 3.3.1): the apex at the latest.
  std::size_t skip = 0;
  auto number = find_node(data, name, skip, apex.zone);
  while (number == kNone) number = find_node(data, name, ++skip, apex.zone);
  const auto& node = data.nodes[number];

  if (node.cut != kNone) {
    const bool parents_own = side == CutSide::parent && skip == 0 && node.cut == number;
    const auto& cut = data.nodes[node.cut];
    const auto kind = cut.has_dname ? Found::Kind::redirected : Found::Kind::delegation;
    if (!parents_own) return {kind, apex.zone, &cut};
  }
  if (skip == 0) return {Found::Kind::node, apex.zone, &node};
  if (node.has_dname) return {Found::Kind::redirected, apex.zone, &node};
  if (node.wildcard == kNone) return {Found::Kind::no_name, apex.zone, nullptr};
  return {Found::Kind::node, apex.zone, &data.nodes[node.wildcard]};
}

}  // namespace meridian::dns

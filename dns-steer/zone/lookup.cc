#include "dns-steer/zone/lookup.h"

#include <algorithm>
#include <cstring>

#include "common/base/prefetch.h"
#include "dns-steer/zone/record_type.h"

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

/// The node of the name without its first `skip` labels, if it is in no zone inside its own. What
/// the answer reads next is on its way while the names are compared.
std::uint32_t find_name(const ZoneData& data, const LookupName& name, std::size_t skip) {
  return data.names.find(name.hash(skip), [&](std::uint32_t candidate) {
    const auto& node = data.nodes[candidate];
    if (node.sets > 0) prefetch_memory(data.sets[node.first_set]);
    return equal(data.name(node), name.suffix(skip));
  });
}

std::uint32_t find_node(const ZoneData& data, const LookupName& name, std::size_t skip,
                        std::uint32_t zone) {
  const auto number = find_name(data, name, skip);
  if (number != kNone && data.nodes[number].zone == zone) return number;
  if (!data.zones[zone].has_shadowed) return kNone;
  return data.shadowed.find(node_key(name.hash(skip), zone), [&](std::uint32_t candidate) {
    const auto& node = data.nodes[candidate];
    return node.zone == zone && equal(data.name(node), name.suffix(skip));
  });
}

/// Where the name of a node leads, or a name that is `skip` labels below it and does not exist.
Found classify(const ZoneData& data, std::uint32_t number, std::size_t skip, CutSide side) {
  const auto& node = data.nodes[number];
  if (node.cut != kNone) {
    const bool parents_own = side == CutSide::parent && skip == 0 && node.cut == number;
    const auto& cut = data.nodes[node.cut];
    const auto kind = cut.has_dname ? Found::Kind::redirected : Found::Kind::delegation;
    if (!parents_own) return {kind, node.zone, node.apex_size, &cut};
  }
  if (skip == 0) return {Found::Kind::node, node.zone, node.apex_size, &node};
  if (node.has_dname) return {Found::Kind::redirected, node.zone, node.apex_size, &node};
  if (node.wildcard == kNone) return {Found::Kind::no_name, node.zone, node.apex_size, nullptr};
  return {Found::Kind::node, node.zone, node.apex_size, &data.nodes[node.wildcard]};
}

}  // namespace

Found find(const ZoneData& data, const LookupName& name, CutSide side) {
  if (side == CutSide::child) {
    if (const auto number = find_name(data, name, 0); number != kNone)
      return classify(data, number, 0, side);
  }
  auto apex = find_zone(data, name, 0);
  if (side == CutSide::parent && apex.skip == 0 && apex.zone != kNone && name.labels() > 0) {
    // Asked at an apex for what its parent knows: the parent answers if it is ours too.
    if (const auto parent = find_zone(data, name, 1); parent.zone != kNone) apex = parent;
  }
  if (apex.zone == kNone) return {};

  // The name itself, or its closest encloser (RFC 4592 section 3.3.1): the apex at the latest.
  std::size_t skip = side == CutSide::child ? 1 : 0;
  auto number = find_node(data, name, skip, apex.zone);
  while (number == kNone) number = find_node(data, name, ++skip, apex.zone);
  return classify(data, number, skip, side);
}

std::uint32_t serial_of(const ZoneData& data, std::uint32_t zone) {
  const auto& apex = data.nodes[data.zones[zone].apex];
  const auto& record = data.records[data.set_of(apex, rr::kSoa)->first_record];
  constexpr std::size_t kFromSerial = 20;  // and four times
  return WireReader(data.bytes(record.offset + record.size - kFromSerial, 4)).u32();
}

}  // namespace meridian::dns

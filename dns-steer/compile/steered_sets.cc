#include "dns-steer/compile/steered_sets.h"

#include <array>
#include <span>
#include <utility>

#include "dns-steer/steer/answer_sets.h"
#include "dns-steer/steer/https_record.h"
#include "dns-steer/zone/record_type.h"

namespace meridian::dns {
namespace {

using Candidates = std::vector<const Candidate*>;

/// The possible answers of one node.
class SetsOfNode {
 public:
  SetsOfNode(const Fleet& fleet, std::uint32_t node, std::uint32_t site,
             std::vector<SteeredSet>& all)
      : fleet_(fleet), node_(node), site_(site), all_(all) {}

  void add_addresses(Family family) {
    for (const auto& set : choices(family)) {
      std::vector<std::vector<std::uint8_t>> data;
      for (const auto* one : set) {
        const auto address = one->address.bytes();
        data.emplace_back(address.begin(), address.end());
      }
      add(family == Family::v4 ? rr::kA : rr::kAaaa, std::move(data), answer_set_key(set));
    }
  }

  void add_https() {
    if (policy().answers != 1) return;
    auto v4 = choices(Family::v4);
    auto v6 = choices(Family::v6);
    for (auto* sets : {&v4, &v6}) sets->emplace_back();  // a family may have nobody just then
    if (v4.size() * v6.size() > kMostSteeredSets) return;
    for (const auto& a : v4) {
      for (const auto& b : v6) {
        std::array<std::uint8_t, kMostHttpsOctets> room;
        WireWriter out(room);
        write_https_data(out, fleet_, site_, a, b);
        const auto data = out.written();
        add(rr::kHttps, {{data.begin(), data.end()}}, answer_set_key(a) + answer_set_key(b));
      }
    }
  }

 private:
  const Policy& policy() const { return fleet_.policies[fleet_.sites[site_].policy]; }

  std::vector<Candidates> choices(Family family) const {
    std::vector<Candidates> all;
    const auto sets = answer_sets(fleet_, site_, family, kMostSteeredSets);
    if (!sets) return all;
    for (const auto& set : *sets) all.push_back(candidates_of(fleet_, site_, family, set));
    return all;
  }

  void add(std::uint16_t type, std::vector<std::vector<std::uint8_t>> data, std::uint64_t key) {
    all_.push_back({node_, type, policy().ttl, std::move(data), key});
  }

  const Fleet& fleet_;
  std::uint32_t node_;
  std::uint32_t site_;
  std::vector<SteeredSet>& all_;
};

}  // namespace

std::vector<SteeredSet> steered_sets(const Snapshot& snapshot, std::uint32_t zone) {
  std::vector<SteeredSet> all;
  const auto& data = snapshot.zones;
  const auto& part = data.zones[zone];
  for (auto number = part.first_node; number < part.first_node + part.nodes; ++number) {
    const auto& node = data.nodes[number];
    if (node.site == kNone || node.cut != kNone || is_wildcard(data.name(node))) continue;
    SetsOfNode sets(snapshot.fleet, number, node.site, all);
    sets.add_addresses(Family::v4);
    sets.add_addresses(Family::v6);
    if (node.steers_https) sets.add_https();
  }
  return all;
}

}  // namespace meridian::dns

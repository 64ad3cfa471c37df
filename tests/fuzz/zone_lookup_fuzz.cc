// Octets as zones inside each other, with delegations, DNAMEs, wildcards and steered names, and as
// questions: what is found is what a walk down the tree finds (RFC 1034 section 4.3.2, RFC 4592,
// RFC 6672, RFC 4035 section 3.1.4.1).
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/zone/records.h"
#include "dns-steer/zone/build.h"
#include "dns-steer/zone/lookup.h"
#include "tests/fuzz/check.h"

namespace {

using namespace meridian;
using namespace meridian::dns;
using fuzz::Choices;
using fuzz::require;

// Names are written innermost label first, without a dot at the end; "" is the root.
constexpr std::array kApexes{"z", "b.z", "a.b.z", "", "*.z"};
constexpr std::array kTypes{"TXT", "NS", "DNAME", "DS"};

std::string parent_of(const std::string& name) {
  const auto dot = name.find('.');
  return dot == std::string::npos ? "" : name.substr(dot + 1);
}
std::string below(const std::string& label, const std::string& parent) {
  return parent.empty() ? label : label + "." + parent;
}

struct ModelNode {
  std::set<std::string> types;
  std::uint32_t site = kNone;
};
/// All names that exist in a zone.
using ModelZone = std::map<std::string, ModelNode>;

struct Model {
  std::map<std::string, ModelZone> zones;  // by apex

  std::optional<std::string> zone_around(std::string name) const {
    for (;; name = parent_of(name)) {
      if (zones.contains(name)) return name;
      if (name.empty()) return {};
    }
  }

  ModelNode& add(const std::string& apex, const std::string& name) {
    auto& zone = zones.at(apex);
    for (auto at = name; at != apex; at = parent_of(at)) zone[at];
    return zone[name];
  }

  std::string find(const std::string& name, CutSide side) const {
    auto apex = zone_around(name);
    if (apex && *apex == name && !name.empty() && side == CutSide::parent) {
      if (const auto above = zone_around(parent_of(name))) apex = above;
    }
    if (!apex) return "outside";
    const auto& zone = zones.at(*apex);
    const auto node = [&](const std::string& at) {
      return "node " + at + " site " + std::to_string(zone.at(at).site);
    };
    for (auto at = *apex;;) {
      const auto& types = zone.at(at).types;
      if (at != *apex && types.contains("NS") && !at.starts_with("*.") && at != "*" &&
          !(side == CutSide::parent && at == name))
        return "delegation " + at;
      if (at == name) return node(at);
      if (types.contains("DNAME")) return "redirected " + at;
      // One label further down.
      auto next = name;
      while (parent_of(next) != at) next = parent_of(next);
      if (!zone.contains(next)) {
        const auto wildcard = below("*", at);
        return zone.contains(wildcard) ? node(wildcard) : "no_name " + *apex;
      }
      at = next;
    }
  }
};

std::string as_text(Bytes name) {
  const auto text = zone::name_text(zone::WireName(name.begin(), name.end()));
  return text.substr(0, text.size() - 1);
}

std::string found(const ZoneData& data, const std::string& name, CutSide side) {
  const auto wire = zone::parse_name(name.empty() ? "." : name).value();
  LookupName lookup;
  lookup.assign({reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size()});
  const auto result = find(data, lookup, side);
  switch (result.kind) {
    case Found::Kind::outside:
      return "outside";
    case Found::Kind::node:
      return "node " + as_text(data.name(*result.node)) + " site " +
             std::to_string(result.node->site);
    case Found::Kind::delegation:
      return "delegation " + as_text(data.name(*result.node));
    case Found::Kind::redirected:
      return "redirected " + as_text(data.name(*result.node));
    case Found::Kind::no_name:
      return "no_name " + as_text(data.name(data.nodes[data.zones[result.zone].apex]));
  }
  return "?";
}

/// A name of up to five labels.
std::string name_of(Choices& in, const std::string& apex) {
  static constexpr std::array kLabels{"a", "b", "*", "c"};
  auto name = apex;
  for (auto n = in.below(5); n > 0; --n) name = below(kLabels[in.below(kLabels.size())], name);
  return name;
}

std::vector<ZoneSource> make_zones(Choices& in, Model& model) {
  std::vector<ZoneSource> sources;
  const auto which = in.below(32);
  for (std::size_t i = 0; i < kApexes.size(); ++i) {
    if ((which >> i & 1) == 0) continue;
    const std::string apex = kApexes[i];
    model.zones[apex][apex].types = {"NS"};
    auto& source = sources.emplace_back(ZoneSource{apex.empty() ? "." : apex, {}});
    source.zone.add_nameservers("ns.elsewhere.");
    for (auto n = in.below(10); n > 0; --n) {
      const auto name = name_of(in, apex);
      const std::string type = kTypes[in.below(kTypes.size())];
      if (name == apex && (type == "NS" || type == "DS")) continue;
      auto& types = model.add(apex, name).types;
      const bool cut_and_dname = (type == "NS" && types.contains("DNAME")) ||
                                 (type == "DNAME" && types.contains("NS") && name != apex);
      // The name is there even so: who refused the record made none.
      const bool stays = !cut_and_dname && types.insert(type).second;
      auto* set = source.zone.add_records();
      set->set_name(name.empty() ? "@" : name + ".");
      set->set_type(stays ? type
                          : "TYPE" + std::to_string(60000 + sources.back().zone.records_size()));
      set->add_data(!stays          ? "\\# 1 00"
                    : type == "TXT" ? "x"
                    : type == "DS"  ? "1 8 1 00112233445566778899aabbccddeeff00112233"
                                    : "elsewhere.");
    }
  }
  return sources;
}

std::vector<SteeredName> make_steered(Choices& in, Model& model) {
  std::vector<SteeredName> steered;
  for (auto n = in.below(6); n > 0; --n) {
    const auto name = name_of(in, kApexes[in.below(3)]);
    const auto apex = model.zone_around(name);
    if (!apex) {
      steered.push_back({name, 7});  // somebody else's
      continue;
    }
    auto& node = model.add(*apex, name);
    if (node.site != kNone) continue;
    node.site = static_cast<std::uint32_t>(steered.size());
    steered.push_back({name, node.site});
  }
  return steered;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 512) return 0;
  Choices in({data, size});
  Model model;
  const auto sources = make_zones(in, model);
  const auto steered = make_steered(in, model);
  const auto built = build_zones(sources, steered, Revision{1});
  require(built.has_value());
  // The last choices are questions; then the first ones once more.
  for (Choices questions : {in, Choices({data, size})}) {
    while (!questions.over()) {
      const auto side = questions.below(4) == 0 ? CutSide::parent : CutSide::child;
      const auto name = name_of(questions, kApexes[questions.below(kApexes.size())]);
      require(found(*built, name, side) == model.find(name, side));
    }
  }
  return 0;
}

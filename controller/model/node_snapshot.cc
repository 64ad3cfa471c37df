#include "controller/model/node_snapshot.h"

#include <algorithm>
#include <set>

#include "common/snapshot/snapshot.h"
#include "controller/model/site_certificates.h"

namespace meridian::control {
namespace {

bool serves(const v1::Site& site, const std::string& location) {
  const auto& chosen = site.locations();
  return chosen.empty() || std::find(chosen.begin(), chosen.end(), location) != chosen.end();
}

/// The edges that others fetch through: those of `locations`.
void add_shields(const Configuration& configuration, const std::set<std::string>& locations,
                 std::set<ResourceId>& needs) {
  for (const auto& [id, resource] : configuration.resources())
    if (resource.has_node() && resource.node().role() == v1::ROLE_EDGE &&
        locations.contains(resource.node().location()))
      needs.insert(id);
}

/// With what edges prove themselves by to its origins. Null: there is none of this name.
const v1::OriginPool* add_pool(const Configuration& configuration, const std::string& name,
                               std::set<ResourceId>& needs) {
  needs.insert({v1::KIND_ORIGIN_POOL, name});
  const auto* declared = configuration.find(v1::KIND_ORIGIN_POOL, name);
  if (declared == nullptr) return nullptr;
  needs.insert({v1::KIND_CERTIFICATE, declared->origin_pool().tls().client_certificate()});
  return &declared->origin_pool();
}

/// What an edge needs: nothing of sites that are served elsewhere only, above all no key.
std::set<ResourceId> needs_of_edge(const Configuration& configuration, const v1::Resource& node) {
  std::set<ResourceId> needs{id_of(node)};
  std::set<std::string> shields;
  for (const auto& [id, resource] : configuration.resources()) {
    if (resource.has_location() || resource.has_edge_settings()) needs.insert(id);
    if (!resource.has_site() || !serves(resource.site(), node.node().location())) continue;
    needs.insert(id);
    if (const auto* pool = add_pool(configuration, resource.site().origin_pool(), needs))
      shields.insert(pool->shield().location());
    for (const auto& certificate : site_certificates(resource.site()))
      needs.insert({v1::KIND_CERTIFICATE, certificate});
    for (const auto& name : resource.site().rules()) {
      needs.insert({v1::KIND_RULE, name});
      const auto* rule = configuration.find(v1::KIND_RULE, name);
      if (rule != nullptr && rule->rule().has_choose_pool())
        add_pool(configuration, rule->rule().choose_pool().origin_pool(), needs);
    }
  }
  shields.erase(node.node().location());  // who stands there fetches from the origins
  add_shields(configuration, shields, needs);
  return needs;
}

bool dns_needs(v1::Kind kind) {
  return kind == v1::KIND_LOCATION || kind == v1::KIND_NODE || kind == v1::KIND_ZONE ||
         kind == v1::KIND_SITE || kind == v1::KIND_STEERING_POLICY || kind == v1::KIND_PREFIX_MAP ||
         kind == v1::KIND_DNS_SETTINGS || kind == v1::KIND_TSIG_KEY ||
         kind == v1::KIND_ZONE_CONTENT;
}

}  // namespace

Result<v1::Snapshot> node_snapshot(const Configuration& configuration, const NodeSecrets& secrets,
                                   Revision revision, const std::string& node) {
  const auto* declared = configuration.find(v1::KIND_NODE, node);
  if (declared == nullptr) return Error("no Node '" + node + "' is declared");
  v1::Snapshot snapshot;
  snapshot.set_revision(revision.value);
  snapshot.set_node(node);
  snapshot.set_role(declared->node().role());
  if (snapshot.role() == v1::ROLE_EDGE) {
    for (const auto& [kind, name] : needs_of_edge(configuration, *declared))
      if (const auto* resource = configuration.find(kind, name)) pack_resource(*resource, snapshot);
    for (const auto& secret : secrets.edge_secrets)
      secret.SerializeToString(snapshot.add_edge_secrets());
  } else {
    for (const auto& [id, resource] : configuration.resources())
      if (dns_needs(id.first)) pack_resource(resource, snapshot);
    for (const auto& secret : secrets.cookie_secrets)
      secret.SerializeToString(snapshot.add_cookie_secrets());
    for (const auto& [zone, keys] : secrets.zone_keys) {
      const auto* resource = configuration.find(v1::KIND_ZONE, zone);
      if (resource != nullptr && resource->zone().sign())
        keys->SerializeToString(snapshot.add_zone_keys());
    }
  }
  return snapshot;
}

}  // namespace meridian::control

#include "common/snapshot/snapshot.h"

namespace meridian {

namespace {

void append_number(std::string& all, std::size_t number) {
  for (const int shift : {24, 16, 8, 0}) all += static_cast<char>(number >> shift);
}

void append_entry(std::string& all, const std::string& entry) {
  append_number(all, entry.size());
  all += entry;
}

void append_list(std::string& all, int field,
                 const google::protobuf::RepeatedPtrField<std::string>& list) {
  if (list.empty()) return;
  append_number(all, static_cast<std::size_t>(field));
  append_number(all, static_cast<std::size_t>(list.size()));
  for (const auto& packed : list) append_entry(all, packed);
}

}  // namespace

Sha256 snapshot_hash(const v1::Snapshot& snapshot) {
  std::string all;
  append_list(all, v1::Snapshot::kResourcesFieldNumber, snapshot.resources());
  append_list(all, v1::Snapshot::kCookieSecretsFieldNumber, snapshot.cookie_secrets());
  append_list(all, v1::Snapshot::kZoneKeysFieldNumber, snapshot.zone_keys());
  append_list(all, v1::Snapshot::kEdgeSecretsFieldNumber, snapshot.edge_secrets());
  return sha256(all);
}

Result<std::vector<v1::Resource>> unpack_resources(const v1::Snapshot& snapshot) {
  std::vector<v1::Resource> resources;
  resources.reserve(static_cast<std::size_t>(snapshot.resources_size()));
  for (const auto& packed : snapshot.resources()) {
    if (!resources.emplace_back().ParseFromString(packed))
      return Error("resource " + std::to_string(resources.size()) + " of revision " +
                       std::to_string(snapshot.revision()),
                   "is damaged: it does not parse");
  }
  return resources;
}

void pack_resource(const v1::Resource& resource, v1::Snapshot& snapshot) {
  resource.SerializeToString(snapshot.add_resources());
}

}  // namespace meridian

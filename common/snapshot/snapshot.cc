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

}  // namespace

Sha256 snapshot_hash(const v1::Snapshot& snapshot) {
  std::string all;
  for (const auto* list : {&snapshot.resources(), &snapshot.cookie_secrets(), &snapshot.zone_keys(),
                           &snapshot.edge_secrets()}) {
    append_number(all, static_cast<std::size_t>(list->size()));
    for (const auto& packed : *list) append_entry(all, packed);
  }
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

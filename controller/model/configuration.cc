#include "controller/model/configuration.h"

namespace meridian::control {

ResourceId id_of(const v1::Resource& resource) {
  // Kind's numbers are those of the fields of Resource.spec.
  return {static_cast<v1::Kind>(resource.spec_case()), resource.name()};
}

const v1::Resource* Configuration::find(v1::Kind kind, const std::string& name) const {
  const auto found = resources_.find({kind, name});
  return found == resources_.end() ? nullptr : &found->second;
}

void Configuration::upsert(v1::Resource resource) {
  auto id = id_of(resource);
  resources_.insert_or_assign(std::move(id), std::move(resource));
}

bool Configuration::erase(const ResourceId& id) { return resources_.erase(id) != 0; }

}  // namespace meridian::control

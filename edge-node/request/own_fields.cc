#include "edge-node/request/own_fields.h"

#include <algorithm>

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

std::string hyphenated(std::string_view name) {
  std::string result = http::lower_text(name);
  std::replace(result.begin(), result.end(), '_', '-');
  return result;
}

void put(std::vector<std::string>& names, std::string name) {
  const auto place = std::lower_bound(names.begin(), names.end(), name);
  if (place == names.end() || *place != name) names.insert(place, std::move(name));
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::binary_search(names.begin(), names.end(), name);
}

}  // namespace

void OwnFields::add(std::string_view name) {
  put(names_, http::lower_text(name));
  put(hyphenated_, hyphenated(name));
}

bool OwnFields::has_twin_of(std::string_view name) const {
  return !names_.empty() && name.find('_') != name.npos && has(name) &&
         !contains(names_, http::lower_text(name));
}

bool OwnFields::has(std::string_view name) const {
  return !names_.empty() && contains(hyphenated_, hyphenated(name));
}

}  // namespace meridian::edge

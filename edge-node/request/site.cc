#include "edge-node/request/snapshot.h"

namespace meridian::edge {

const Site* Snapshot::find_site(std::string_view host) const {
  std::string name(host);
  if (const auto found = exact.find(name); found != exact.end()) return found->second;
  if (wildcard.empty()) return nullptr;
  for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.')) {
    name.erase(0, dot + 1);
    if (const auto found = wildcard.find(name); found != wildcard.end()) return found->second;
  }
  return nullptr;
}

}  // namespace meridian::edge

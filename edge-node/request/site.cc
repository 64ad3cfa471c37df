#include "edge-node/request/snapshot.h"

namespace meridian::edge {

const Site* Snapshot::find_site(std::string_view host) const {
  if (const auto found = exact.find(host); found != exact.end()) return found->second;
  if (wildcard.empty()) return nullptr;
  for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.')) {
    host.remove_prefix(dot + 1);
    if (const auto found = wildcard.find(host); found != wildcard.end()) return found->second;
  }
  return nullptr;
}

const Site* Snapshot::find_session_site(std::string_view server_name) const {
  const Site* site = find_site(server_name);
  return site ? site : tls.default_site;
}

}  // namespace meridian::edge

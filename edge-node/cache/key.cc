#include "edge-node/cache/key.h"

namespace meridian::edge {

std::string cache_key(std::string_view host, std::string_view target, QueryPart query) {
  std::string key;
  key.reserve(host.size() + target.size() + 1);
  key += host;
  // Neither byte occurs in a host.
  key += query == QueryPart::counts ? ' ' : '*';
  key += query == QueryPart::counts ? target : target.substr(0, target.find('?'));
  return key;
}

}  // namespace meridian::edge

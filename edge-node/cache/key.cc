#include "edge-node/cache/key.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace meridian::edge {

std::string cache_key(std::string_view host, std::string_view target, QueryPart query) {
  std::string key;
  key.reserve(host.size() + target.size() + 1 + kPlainHttp.size());  // which often follows
  key += host;
  // Neither byte occurs in a host.
  key += query == QueryPart::counts ? ' ' : '*';
  key += query == QueryPart::counts ? target : target.substr(0, target.find('?'));
  return key;
}

KeyRef hash_key(std::string_view text, std::uint64_t seed) {
  return {text, XXH3_64bits_withSeed(text.data(), text.size(), seed)};
}

}  // namespace meridian::edge

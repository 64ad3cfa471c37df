#include "edge-node/compile/compile_prefixes.h"

#include <vector>

namespace meridian::edge {

Result<PrefixSet> compile_prefixes(const google::protobuf::RepeatedPtrField<std::string>& from) {
  std::vector<IpPrefix> prefixes;
  for (const auto& text : from) {
    const auto prefix = parse_prefix(text);
    if (!prefix) return prefix.error();
    prefixes.push_back(*prefix);
  }
  return PrefixSet(prefixes);
}

}  // namespace meridian::edge

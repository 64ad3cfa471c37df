#include "edge-node/policy/update.h"

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

bool describes_stored_bytes(std::string_view name) {
  for (const std::string_view one :
       {"content-encoding", "content-length", "content-md5", "content-range", "etag"})
    if (http::same_word(name, one)) return true;
  return false;
}

}  // namespace

http::Fields updated_fields(const http::Fields& stored, const http::Fields& newer) {
  http::Fields fields = stored;
  for (std::size_t i = 0; i < newer.size(); ++i)
    if (!describes_stored_bytes(newer[i].name)) fields.erase(newer[i].name);
  for (std::size_t i = 0; i < newer.size(); ++i)
    if (!describes_stored_bytes(newer[i].name) || !stored.has(newer[i].name))
      fields.add(newer[i].name, newer[i].value);
  return fields.packed();
}

}  // namespace meridian::edge

#include "edge-node/policy/update.h"

#include "edge-node/http/conditional.h"
#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

bool describes_stored_bytes(std::string_view name) {
  for (const std::string_view one :
       {"content-encoding", "content-length", "content-md5", "content-range", "etag"})
    if (http::same_word(name, one)) return true;
  return false;
}

bool stays(std::string_view name) {
  return describes_stored_bytes(name) || http::same_word(name, "set-cookie");
}

}  // namespace

http::Fields updated_fields(const http::Fields& stored, const http::Fields& newer) {
  http::Fields fields = stored;
  for (std::size_t i = 0; i < newer.size(); ++i)
    if (!stays(newer[i].name)) fields.erase(newer[i].name);
  for (std::size_t i = 0; i < newer.size(); ++i) {
    const std::string_view name = newer[i].name;
    if (!stays(name) || (describes_stored_bytes(name) && !stored.has(name)))
      fields.add(name, newer[i].value);
  }
  return fields.packed();
}

bool confirms(const http::Fields& stored, const http::Fields& newer) {
  const auto etag = stored.find("etag"), newer_etag = newer.find("etag");
  if (etag && newer_etag) return http::etag_listed(*etag, *newer_etag);
  const auto modified = stored.find("last-modified"), newer_modified = newer.find("last-modified");
  return !modified || !newer_modified || *modified == *newer_modified;
}

}  // namespace meridian::edge

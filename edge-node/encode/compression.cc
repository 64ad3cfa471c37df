#include "edge-node/encode/compression.h"

#include <algorithm>

#include "edge-node/http/token.h"

namespace meridian::edge {
namespace {

bool is_of_type(const Compression& compression, std::string_view content_type) {
  const auto type = http::lower_text(http::trim(content_type.substr(0, content_type.find(';'))));
  return std::any_of(
      compression.types.begin(), compression.types.end(), [&](const std::string& wanted) {
        return wanted.ends_with("/*") ? type.starts_with(wanted.substr(0, wanted.size() - 1))
                                      : type == wanted;
      });
}

/// A whole answer with a body of its own.
bool has_whole_body(int status) {
  return status >= 200 && status != 204 && status != 205 && status != 206 && status != 304;
}

}  // namespace

const std::vector<std::string>& default_types() {
  static const std::vector<std::string> types{"text/*",
                                              "application/json",
                                              "application/ld+json",
                                              "application/manifest+json",
                                              "application/geo+json",
                                              "application/xml",
                                              "application/xhtml+xml",
                                              "application/rss+xml",
                                              "application/atom+xml",
                                              "application/javascript",
                                              "application/ecmascript",
                                              "application/wasm",
                                              "image/svg+xml"};
  return types;
}

bool is_compressible(const Compression& compression, int status, const http::Fields& fields,
                     std::optional<std::uint64_t> length) {
  if (compression.codings.empty() || !has_whole_body(status)) return false;
  if (length && *length < compression.min_bytes) return false;
  const auto type = fields.find("content-type");
  return type && is_of_type(compression, *type) && !fields.has("content-encoding") &&
         !fields.has("content-range") && !fields.has_word("cache-control", "no-transform");
}

void mark_negotiated(http::Fields& fields) {
  if (fields.has_word("vary", "accept-encoding") || fields.has_word("vary", "*")) return;
  fields.add("Vary", "Accept-Encoding");
}

void mark_encoded(http::Fields& fields, Coding coding) {
  fields.add("Content-Encoding", coding_name(coding));
  if (const auto etag = fields.find("etag"); etag && !etag->starts_with("W/")) {
    const auto weak = "W/" + std::string(*etag);
    fields.set("ETag", weak);
  }
  for (const std::string_view name : {"content-length", "accept-ranges", "content-md5", "digest",
                                      "content-digest", "repr-digest"})
    fields.erase(name);
}

}  // namespace meridian::edge

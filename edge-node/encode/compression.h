#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/encode/coding.h"
#include "edge-node/http/fields.h"

/// Which answers are encoded, and what they say then. Pure.
namespace meridian::edge {

/// The fields of Compression in config.proto.
struct Compression {
  std::vector<Coding> codings;     // best first; empty: nothing is encoded
  std::vector<std::string> types;  // lower case; "text/*" for all of a kind
  std::uint64_t min_bytes = 1024;
  std::vector<std::string> except_paths;
};
/// What `types` is where a site does not say.
const std::vector<std::string>& default_types();

/// The answer is sent encoded to who takes that. Not when the origin has encoded it already or
/// forbids it (`no-transform`), not a part of something, and nothing small or of another media
/// type. `length`: of its body, where that is known.
bool is_compressible(const Compression& compression, int status, const http::Fields& fields,
                     std::optional<std::uint64_t> length);

/// Says that the answer depends on Accept-Encoding: for whoever stores it, whether encoded or not.
void mark_negotiated(http::Fields& fields);
/// The fields of an answer whose body is encoded: its Content-Encoding; a weak ETag, for bytes
/// differ (RFC 9110 section 8.8.3.3); nothing that is about the bytes as they were.
void mark_encoded(http::Fields& fields, Coding coding);

}  // namespace meridian::edge

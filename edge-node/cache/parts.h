#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "edge-node/cache/object.h"
#include "edge-node/http/range.h"

/// Bodies of which only parts are stored (RFC 9111 sections 3.3 and 3.4). Pure; any thread.
namespace meridian::edge {

/// Bytes of a body, from `first` on.
struct StoredPart {
  std::uint64_t first = 0;
  std::uint64_t bytes = 0;
  std::vector<ChunkPtr> chunks;

  std::uint64_t end() const { return first + bytes; }
};

/// What of a body is stored: at least one part and never all of it; in the order of their places,
/// and with something missing between two.
struct Parts {
  std::uint64_t complete_bytes = 0;  // of the body
  std::vector<StoredPart> parts;

  std::uint64_t bytes() const;  // that are stored
  /// The part that holds all of `range`, or null.
  const StoredPart* find(const http::ByteRange& range) const;
  /// What is missing, if it is in one piece.
  std::optional<http::ByteRange> only_gap() const;
};

/// How much may be stored of one body that is not whole.
struct PartLimits {
  std::uint64_t bytes = 0;
  std::size_t parts = 16;
};
/// A chunk of the bytes, or null where there is no room.
using MakeChunk = std::function<ChunkPtr(std::string_view)>;

/// `stored` with `newer`, which is of the same body. What is in both is taken from `newer`. Beyond
/// the limits the parts farthest from `newer` are left out, at last all but `newer`. Chunks that
/// have to be cut are made by `make`; a part for which it has no room is left out. The result may
/// be the whole body.
Parts combine(const Parts& stored, StoredPart newer, const PartLimits& limits,
              const MakeChunk& make);
inline bool is_whole(const Parts& parts) {
  return parts.parts.size() == 1 && parts.bytes() == parts.complete_bytes;
}

}  // namespace meridian::edge

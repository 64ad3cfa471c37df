#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge-node/cache/charge.h"
#include "edge-node/cache/encoded_forms.h"
#include "edge-node/cache/purge.h"
#include "edge-node/cache/ready_heads.h"
#include "edge-node/http/fields.h"
#include "edge-node/http/message.h"
#include "edge-node/http/range.h"
#include "edge-node/policy/freshness.h"
#include "edge-node/policy/vary.h"

namespace meridian::edge {

/// A piece of a body. It is charged for as long as it is in memory, so what slow clients still
/// read after its eviction counts too.
struct Chunk {
  std::string bytes;
  Charge charge;
  static constexpr std::size_t kOverheadBytes = 96;  // itself, its control block, its pointer
};
using ChunkPtr = std::shared_ptr<const Chunk>;

/// A stored body in one content coding.
struct EncodedBody {
  std::vector<ChunkPtr> chunks;
  std::uint64_t bytes = 0;
  Charge charge;  // of what is neither in the chunks nor in the response
  static constexpr std::size_t kOverheadBytes = 320;
};

using KeyPtr = std::shared_ptr<const std::string>;

/// All that is known of a response but its body. Immutable once shared.
struct StoredHead {
  int status = 200;
  http::Version version = http::Version::http11;  // that it came in
  http::Fields fields;
  Freshness freshness;
  Vary vary;
  std::string selected_by;  // selecting_values() of the request that fetched it
  KeyPtr key;
  std::uint64_t born = 0;  // Purges::generation() when its fetch began
  PurgeNames names;
  /// On its way from an origin: what follows is only this of the body. Never in what is stored.
  std::optional<http::ContentRange> part;
};
using StoredHeadPtr = std::shared_ptr<const StoredHead>;

struct Parts;

/// A response, whole but for those under parts_key(). Immutable, but for what the cache notes
/// about it and the forms that are made of it.
struct Object {
  StoredHeadPtr head;
  std::vector<ChunkPtr> body;
  std::uint64_t body_bytes = 0;        // that are stored
  std::shared_ptr<const Parts> parts;  // instead of `body`: it is not whole
  Charge charge;                       // of the head; the chunks have their own

  /// No lookup finds it any more: replaced, evicted, invalidated or purged. Who keeps a reference
  /// across requests looks here and at RamTier::purged() before each use. Any thread.
  bool is_dead() const { return dead.load(std::memory_order_acquire); }

  mutable std::atomic<bool> dead{false};
  PurgeMemo purge_memo;
  mutable std::atomic<bool> in_second_tier{false};  // it came from there, or was offered
  mutable EncodedForms encoded;
  mutable ReadyHeads ready;
};
using ObjectPtr = std::shared_ptr<const Object>;

}  // namespace meridian::edge

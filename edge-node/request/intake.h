#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "edge-node/cache/patience.h"
#include "edge-node/net/bell.h"
#include "edge-node/request/store.h"

/// The body of a fill as it comes: to who reads it, and to where it is kept.
namespace meridian::edge {

/// How long requests for a key that turned out not to be for the cache do not wait for each other.
inline constexpr std::chrono::seconds kApart{30};

enum class Source : std::uint8_t { origin, disk };

/// How much of a body has come, and whether it is kept.
struct Intake {
  Source source = Source::origin;
  StoredHeadPtr head;
  std::optional<std::uint64_t> length;  // that it will have; no value: nobody knows
  bool keeps = true;                    // in memory
  std::uint64_t bytes = 0;
  disk::DiskWritePtr to_disk{};  // instead of that; null: not there either
  Patience patience{};           // with its readers
};

/// The head is there, for who waits; what must be validated before each use is for none but who
/// asked for it, and others ask for it by themselves. False: of such there is another on its way,
/// and this one is not to be kept.
bool announce(RamTier& cache, const FillPtr& fill, const StoredHeadPtr& head,
              std::optional<std::uint64_t> length);
/// The next piece into the fill, as long as it may be kept; then on to its readers, and to disk.
/// False: nobody waits for the rest.
asio::awaitable<bool> take_piece(FillTask& task, Bell& bell, Intake& intake,
                                 std::string_view bytes);
/// A chunk that was kept already, in its place.
void take_stored(FillTask& task, Intake& intake, const ChunkPtr& chunk);
/// Nothing more comes: what was kept becomes an object.
void finish(FillTask& task, Intake& intake, Fill::State end);

/// Null: there is no room.
ObjectPtr make_object(RamTier& cache, StoredHeadPtr head, std::vector<ChunkPtr> body,
                      Source source);
/// What has become of the fill `place`; null: nothing has.
void keep(RamTier& cache, const FillPtr& place, ObjectPtr object);

}  // namespace meridian::edge

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge-node/cache/object.h"

/// How a stored response lies in a segment: a header, the head, the body in blocks. Each of them
/// has its checksum, which covers where it lies too, so that no byte is ever taken for another's:
/// whatever does not fit is a miss. Numbers are little-endian. Pure.
namespace meridian::edge::disk {

/// Bodies are read and checked a block at a time.
inline constexpr std::uint64_t kBlockBytes = 64 * 1024;
inline constexpr std::size_t kHeaderBytes = 48;
inline constexpr std::uint64_t kMostHeadBytes = 1 << 20;

struct RecordHeader {
  enum class Kind : std::uint32_t {
    object = 1,
    erased = 2,    // nothing before it counts under its key
    reserved = 3,  // room for an object that has not come yet, or never did
  };
  Kind kind = Kind::object;
  std::uint32_t head_bytes = 0;  // with its checksum
  std::uint64_t body_bytes = 0;  // without checksums
  std::uint64_t key_hash = 0;    // stable_hash()
  /// In the order in which the records of a store were begun; no two have the same.
  std::uint64_t number = 0;

  std::uint64_t stored_body_bytes() const;
  std::uint64_t record_bytes() const { return kHeaderBytes + head_bytes + stored_body_bytes(); }
  /// In the record: where the stored block begins that has this byte of the body.
  std::uint64_t block_offset(std::uint64_t block) const;
  std::uint64_t block_bytes(std::uint64_t block) const;  // of body
  std::uint64_t blocks() const { return (body_bytes + kBlockBytes - 1) / kBlockBytes; }
};

/// A place in all segments there ever were, and which of the records that it may have had over
/// time: of one that was given up, no byte is taken for the next one's.
struct Place {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t record = 0;  // its number; 0 for its header, which says it
};

/// Of a key; the same for ever.
std::uint64_t stable_hash(std::string_view key);

std::string encode_header(const RecordHeader& header, const Place& place);
std::optional<RecordHeader> decode_header(std::string_view bytes, const Place& place);

/// Of another version of this program: nothing.
std::string encode_head(const StoredHead& head, const Place& place);
std::shared_ptr<StoredHead> decode_head(std::string_view bytes, const Place& place);

/// What follows each block: its checksum.
std::string block_checksum(std::string_view block, const Place& place, std::uint64_t number);
/// `bytes`: block and checksum. The block, or nothing.
std::optional<std::string_view> check_block(std::string_view bytes, const Place& place,
                                            std::uint64_t number);

}  // namespace meridian::edge::disk

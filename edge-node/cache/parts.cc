#include "edge-node/cache/parts.h"

#include <algorithm>
#include <utility>

namespace meridian::edge {
namespace {

/// Some bytes of a part, from the byte `skip` of it on. False: no room for what has to be cut.
bool append_slice(const StoredPart& from, std::uint64_t skip, std::uint64_t bytes,
                  const MakeChunk& make, std::vector<ChunkPtr>& to) {
  for (const auto& chunk : from.chunks) {
    if (bytes == 0) break;
    const auto size = chunk->bytes.size();
    if (skip >= size) {
      skip -= size;
      continue;
    }
    const auto taken = std::min<std::uint64_t>(size - skip, bytes);
    auto piece = taken == size ? chunk : make(std::string_view(chunk->bytes).substr(skip, taken));
    if (!piece) return false;
    to.push_back(std::move(piece));
    bytes -= taken;
    skip = 0;
  }
  return true;
}

/// `newer` with what `old`, which it meets, has in front of it and behind it.
std::optional<StoredPart> joined(const StoredPart& old, const StoredPart& newer,
                                 const MakeChunk& make) {
  StoredPart both{.first = std::min(old.first, newer.first), .bytes = 0, .chunks = {}};
  both.bytes = std::max(old.end(), newer.end()) - both.first;
  if (old.first < newer.first && !append_slice(old, 0, newer.first - old.first, make, both.chunks))
    return std::nullopt;
  both.chunks.insert(both.chunks.end(), newer.chunks.begin(), newer.chunks.end());
  if (old.end() > newer.end() &&
      !append_slice(old, newer.end() - old.first, old.end() - newer.end(), make, both.chunks))
    return std::nullopt;
  return both;
}

std::uint64_t distance(const StoredPart& a, const StoredPart& b) {
  return a.first < b.first ? b.first - a.end() : a.first - b.end();
}

}  // namespace

std::uint64_t Parts::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& part : parts) sum += part.bytes;
  return sum;
}

const StoredPart* Parts::find(const http::ByteRange& range) const {
  for (const auto& part : parts)
    if (part.first <= range.first && range.last < part.end()) return &part;
  return nullptr;
}

std::optional<http::ByteRange> Parts::only_gap() const {
  std::optional<http::ByteRange> gap;
  std::uint64_t at = 0;
  const auto missing_until = [&](std::uint64_t place) {
    if (place == at) return true;
    if (gap) return false;
    gap = http::ByteRange{at, place - 1};
    return true;
  };
  for (const auto& part : parts) {
    if (!missing_until(part.first)) return std::nullopt;
    at = part.end();
  }
  if (!missing_until(complete_bytes)) return std::nullopt;
  return gap;
}

Parts combine(const Parts& stored, StoredPart newer, const PartLimits& limits,
              const MakeChunk& make) {
  StoredPart middle = newer;
  std::vector<StoredPart> others;
  for (const auto& old : stored.parts) {
    if (old.end() < middle.first || old.first > middle.end()) {
      others.push_back(old);
      continue;
    }
    if (auto both = joined(old, middle, make)) middle = std::move(*both);
  }
  if (middle.bytes > limits.bytes) middle = std::move(newer);
  std::uint64_t bytes = middle.bytes;
  for (const auto& other : others) bytes += other.bytes;
  while (!others.empty() && (bytes > limits.bytes || others.size() >= limits.parts)) {
    const bool front = distance(others.front(), middle) > distance(others.back(), middle);
    const auto farthest = front ? others.begin() : others.end() - 1;
    bytes -= farthest->bytes;
    others.erase(farthest);
  }
  const auto behind = std::find_if(others.begin(), others.end(), [&](const StoredPart& other) {
    return other.first > middle.first;
  });
  others.insert(behind, std::move(middle));
  return {.complete_bytes = stored.complete_bytes, .parts = std::move(others)};
}

}  // namespace meridian::edge

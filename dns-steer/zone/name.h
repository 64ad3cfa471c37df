#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/wire/wire_reader.h"

namespace meridian::dns {

using Bytes = std::span<const std::uint8_t>;

/// The most octets and labels (root not counted) that a name has (RFC 1035 section 2.3.4).
inline constexpr std::size_t kMostNameOctets = 255;
inline constexpr std::size_t kMostLabels = 127;

/// A name to be looked up: its lower-case wire form (RFC 4343), where each label begins, and a
/// hash of each of its suffixes. A value without heap; reused from query to query.
class LookupName {
 public:
  /// Left uninitialised: 1.5 KiB that read() or assign() fills as far as needed.
  LookupName() {}  // NOLINT(modernize-use-equals-default)

  /// Takes a name without compression from `reader`. False: there is none that is well formed.
  bool read(WireReader& reader);
  /// Takes a name in wire form that is known to be well formed.
  void assign(Bytes wire);

  /// Labels, the root not counted.
  std::size_t labels() const { return labels_; }
  /// The name without its first `skip` labels, in lower case; `skip` is at most labels().
  Bytes suffix(std::size_t skip) const {
    return Bytes(octets_.data(), size_).subspan(starts_[skip]);
  }
  std::uint64_t hash(std::size_t skip) const { return hashes_[skip]; }
  std::size_t size() const { return size_; }

 private:
  // Whole blocks, and a word more, so that one may be read from any octet on.
  std::array<std::uint8_t, kMostNameOctets + 1 + sizeof(std::uint64_t)> octets_;
  std::array<std::uint8_t, kMostLabels + 1> starts_;   // of each label, then of the root
  std::array<std::uint64_t, kMostLabels + 1> hashes_;  // of the suffix from there on
  std::size_t labels_ = 0;
  std::size_t size_ = 0;
};

/// `name` (wire form) begins with the label `*`.
inline bool is_wildcard(Bytes name) { return name.size() >= 2 && name[0] == 1 && name[1] == '*'; }

}  // namespace meridian::dns

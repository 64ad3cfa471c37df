#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dns-steer/zone/name.h"

namespace meridian::dns {

/// An RRset in the form that signatures are made of (RFC 4034 section 6): names in lower case and
/// without compression, records in the order of their data, none twice. Reused from set to set, it
/// stops allocating. Pure.
class CanonicalSet {
 public:
  /// Forgets what it held. `owner`: in lower case, without compression.
  void begin(Bytes owner, std::uint16_t type, std::uint32_t ttl);
  /// The data of one record, without compression. Class is IN.
  void add(Bytes data);
  /// When all are there, before what follows.
  void finish();

  /// The records one after the other, whole: what a signature covers beside its own data. Two sets
  /// are the same if these octets are.
  Bytes records() const { return records_; }
  Bytes owner() const { return Bytes(owner_).first(owner_size_); }
  std::uint16_t type() const { return type_; }
  std::uint32_t ttl() const { return ttl_; }
  /// The field Labels of a signature: a wildcard's asterisk is not counted (RFC 4034
  /// section 3.1.3).
  std::uint8_t labels() const;

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  Bytes at(const Range& range) const { return Bytes(data_).subspan(range.begin, range.size); }

  std::array<std::uint8_t, kMostNameOctets> owner_;
  std::size_t owner_size_ = 0;
  std::uint16_t type_ = 0;
  std::uint32_t ttl_ = 0;
  std::vector<std::uint8_t> data_;
  std::vector<Range> ranges_;
  std::vector<std::uint8_t> records_;
};

}  // namespace meridian::dns

#pragma once

#include <span>
#include <vector>

#include "common/net/address.h"

namespace meridian::edge {

/// Networks of clients; asked in logarithmic time, so that a list may have thousands. A value.
class PrefixSet {
 public:
  PrefixSet() = default;
  explicit PrefixSet(std::span<const IpPrefix> prefixes);

  bool contains(const IpAddress& address) const;
  bool empty() const { return ranges_.empty(); }

 private:
  struct Range {
    IpAddress first, last;
  };
  std::vector<Range> ranges_;  // in order; none overlaps another
};

}  // namespace meridian::edge

#pragma once

#include <algorithm>
#include <cstdint>

namespace meridian::edge {

/// How much an edge has to do, or how much of it it can take.
struct Load {
  std::uint32_t requests_in_flight = 0;
  std::uint64_t bits_per_second = 0;
  double cpu = 0;  // of what the workers could use

  friend bool operator==(const Load&, const Load&) = default;
};

/// What an edge that sheds says of its load: that it is full by every measure of `capacity`,
/// however little it seems to do. Pure.
inline Load at_least_full(const Load& load, const Load& capacity) {
  return {.requests_in_flight = std::max(load.requests_in_flight, capacity.requests_in_flight),
          .bits_per_second = std::max(load.bits_per_second, capacity.bits_per_second),
          .cpu = std::max(load.cpu, capacity.cpu)};
}

}  // namespace meridian::edge

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "meridian/v1/admin.pb.h"

namespace meridian::gslbctl {

/// What `node drain --watch` makes of one look after another at a drained edge. Pure.
class DrainWatch {
 public:
  enum class State : std::uint8_t { drains, empty };

  /// The edge as it is `seconds` after the drain.
  State look(const v1::NodeStatus& status, std::uint64_t seconds);
  /// The line for the last look; with a bar of what is left of the most that was seen.
  const std::string& line() const { return line_; }
  static std::string heading();

 private:
  std::uint64_t most_ = 0;  // connections
  unsigned quiet_ = 0;      // looks in a row
  std::string line_;
};

}  // namespace meridian::gslbctl

#pragma once

#include <string_view>

#include "edge-node/cache/object.h"

namespace meridian::edge {

/// Where what leaves the memory may go. Any thread; never waits.
class SecondTier {
 public:
  /// Was asked for more than once, and leaves the memory or is too large to stay for long.
  virtual void offer(ObjectPtr object) = 0;
  /// Nothing under that key is found any more, now and after a restart.
  virtual void erase(std::string_view key) = 0;

 protected:
  virtual ~SecondTier() = default;
};

}  // namespace meridian::edge

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "controller/gslbctl/drain_scene.h"
#include "meridian/v1/admin.pb.h"

namespace meridian::gslbctl {

/// What `node drain --watch` makes of one look after another at a drained edge. Pure.
class DrainWatch {
 public:
  enum class State : std::uint8_t { drains, empty };

  /// `ttl`: of answers that name the edge, at most.
  explicit DrainWatch(std::chrono::seconds ttl) : ttl_(ttl), live_until_(live_after({})) {}

  /// The edge and those around it as they are `passed` after the drain.
  State look(const v1::NodeStatus& status, const DrainScene& scene, std::chrono::seconds passed);
  /// The line for the last look; with a bar of what is left of the most that was seen, or with what
  /// it still waits for.
  const std::string& line() const { return line_; }
  static std::string heading();

 private:
  /// When no resolver has an answer any more that it got at `moment`.
  std::chrono::seconds live_after(std::chrono::seconds moment) const;
  std::string rest(const v1::EdgeLoad& load, const DrainScene& scene,
                   std::chrono::seconds passed) const;

  std::chrono::seconds ttl_;
  std::chrono::seconds live_until_;  // since the drain
  std::uint64_t most_ = 0;           // connections
  unsigned quiet_ = 0;               // looks in a row
  std::string line_;
};

}  // namespace meridian::gslbctl

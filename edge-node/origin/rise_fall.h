#pragma once

namespace meridian::edge {

/// Up or down by so many probes in a row. Pure.
class RiseFall {
 public:
  struct Limits {
    unsigned rise;
    unsigned fall;
  };
  explicit RiseFall(bool up) : up_(up) {}

  /// True: this probe has changed what up() says.
  bool observe(bool success, const Limits& limits) {
    streak_ = success == up_ ? 0 : streak_ + 1;
    if (streak_ < (up_ ? limits.fall : limits.rise)) return false;
    if (streak_ == 0) return false;
    up_ = !up_;
    streak_ = 0;
    return true;
  }
  bool up() const { return up_; }

 private:
  bool up_;
  unsigned streak_ = 0;  // probes in a row that speak against `up_`
};

}  // namespace meridian::edge

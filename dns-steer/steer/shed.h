#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace meridian::dns {

/// From where on locations lead clients elsewhere, and how long clients take to follow.
struct SpillRule {
  double spill_at = 0.8;   // of its capacity
  std::uint32_t ttl = 20;  // seconds for which resolvers keep an answer

  friend auto operator<=>(const SpillRule&, const SpillRule&) = default;
};

/// How large a share of its clients one location keeps. The share falls smoothly as the load that
/// the location would have with all its clients grows beyond `spill_at`, so that the load stays
/// below the capacity. Never back and forth: it moves in small steps, reckons with the clients that
/// resolvers still send by older answers, and rises only when the load is below kReturn of the
/// mark. A value; pure.
class Shed {
 public:
  using Seconds = std::chrono::duration<double>;

  /// Clients come back when the load is below this part of the mark.
  static constexpr double kReturn = 0.85;
  /// Never fewer are kept: without clients one would not learn that there is room again.
  static constexpr double kLeast = 1.0 / 64;
  static constexpr Seconds kMoment{30};

  /// The location is at `utilisation` of its capacity (1: full), `since` after the measure before.
  /// `mark`: from where on it sheds; the rule's `spill_at`, or more where everybody is fuller.
  void measure(double utilisation, double mark, const SpillRule& rule, Seconds since);
  /// Nothing is known of its load: clients come back step by step.
  void forget(const SpillRule& rule, Seconds since);
  /// Its capacity is `factor` times what it was, as edges were lost or came back: there is no time
  /// to wait for what follows.
  void resize(double factor, double mark, const SpillRule& rule);

  /// Of the clients whose turn it is to come here; 1: all.
  double kept() const { return kept_; }
  /// Its load is known, or was until a moment ago: who is lost often falls silent first.
  bool is_known() const { return unknown_for_ < kMoment; }
  /// The utilisation that was measured last, as it was.
  double latest() const { return latest_; }
  /// The utilisation that there would be with all of them.
  double demand() const { return load_ / seen_; }

 private:
  static double wanted(double demand, double mark, const SpillRule& rule);

  double kept_ = 1;
  double followed_ = 1;  // the share that comes, as resolvers' caches expire
  double load_ = 0;      // utilisation, smoothed
  double seen_ = 1;      // `followed_`, smoothed alike
  double latest_ = 0;
  bool measured_ = false;  // not forgotten since
  Seconds unknown_for_ = kMoment;
};

}  // namespace meridian::dns

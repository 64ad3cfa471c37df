#include "dns-steer/steer/shed.h"

#include <algorithm>
#include <cmath>

namespace meridian::dns {
namespace {

using Seconds = Shed::Seconds;

// Connections that clients keep open lead them where they were after the answer has expired.
constexpr Seconds kLinger{5};
// A measure is one look at a crowd that comes and goes.
constexpr Seconds kSmoothing{4};
// News that stayed away says nothing of the time between.
constexpr Seconds kMostSince{5};
// In the time that clients take to follow, the kept share falls to 1/e at most and rises by a part
// of what fits: more clients must never be called back than there is room for.
constexpr double kLeastRise = 1.0 / 16;
constexpr double kRise = 1.0 / 4;
// Below this, what is measured is noise.
constexpr double kLeastLoad = 0.02;

Seconds lag(const SpillRule& rule) { return Seconds(rule.ttl) + kLinger; }

/// How much of the way to a new value is gone after `since`, with time constant `constant`.
double part(Seconds since, Seconds constant) { return 1 - std::exp(-(since / constant)); }

}  // namespace

// The share that is shed grows from 0 at `mark` to 1 where the location is full. Of the equation
// 1 - kept = (demand * kept - mark) / width.
double Shed::wanted(double demand, double mark, const SpillRule& rule) {
  const double width = std::max(1 - rule.spill_at, 0.05);
  return std::clamp((width + mark) / (width + demand), kLeast, 1.0);
}

void Shed::measure(double utilisation, double mark, const SpillRule& rule, Seconds since) {
  since = std::clamp(since, Seconds(0), kMostSince);
  latest_ = utilisation;
  unknown_for_ = Seconds(0);
  if (!measured_) {
    load_ = utilisation;
    seen_ = followed_;
    measured_ = true;
  }
  followed_ += (kept_ - followed_) * part(since, lag(rule) / 2);
  load_ += (utilisation - load_) * part(since, kSmoothing);
  seen_ += (followed_ - seen_) * part(since, kSmoothing);

  const double steps = since / lag(rule);
  const double goal = wanted(demand(), mark, rule);
  if (load_ > mark && goal < kept_) {
    kept_ = std::max(goal, kept_ * std::exp(-steps));
  } else if (load_ < kReturn * mark && goal > kept_) {
    const double room = std::log(kReturn * mark / std::max(load_, kLeastLoad));
    kept_ = std::min(goal, kept_ * std::exp(steps * std::max(kLeastRise, kRise * room)));
  }
}

void Shed::forget(const SpillRule& rule, Seconds since) {
  since = std::clamp(since, Seconds(0), kMostSince);
  measured_ = false;
  unknown_for_ = std::min(unknown_for_ + since, kMoment);
  kept_ = std::min(1.0, kept_ * std::exp(since / lag(rule) * kLeastRise * 4));
  followed_ += (kept_ - followed_) * part(since, lag(rule) / 2);
  seen_ = followed_;
}

void Shed::resize(double factor, double mark, const SpillRule& rule) {
  if (!measured_ || !(factor > 0)) return;
  const double goal = wanted(demand() / factor, mark, rule);
  kept_ = factor < 1 ? std::min(kept_, goal) : std::max(kept_, goal);
}

}  // namespace meridian::dns

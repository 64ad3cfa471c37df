#pragma once

#include <cstdint>
#include <string>

#include "controller/health/vote.h"

namespace meridian::control {

/// An edge is down for everybody when at least this share of the vantage points says so, in
/// percent.
inline constexpr std::size_t kGlobalDownPercent = 80;

/// The ballots that count: without empty ones, and without the vantage points that are themselves
/// cut off. One that sees everything down (two edges or more) while another sees something up is.
/// Pure.
Ballots credible(const Ballots& ballots);

enum class Opinion : std::uint8_t {
  up,
  down,
  unknown,  // nobody votes on this edge
  silent,   // nobody votes on anything: what was decided last stands
};
struct Judgement {
  Opinion opinion = Opinion::unknown;
  std::string reason;
};

/// What the vantage points think of `edge`, for those who ask from `location`: down for everybody
/// when kGlobalDownPercent say so; for one location alone when all vantage points there do. With
/// an empty `location`: for everybody. `ballots` are credible ones. Pure.
Judgement judge(const std::string& edge, const std::string& location, const Ballots& ballots);

}  // namespace meridian::control

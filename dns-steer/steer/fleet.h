#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/geo/place_table.h"

namespace meridian::dns {

struct Location {
  std::string name;
  geo::Coordinates coordinates;
};

struct Edge {
  std::string name;
  LocationId location = 0;
  bool drained = false;
  std::vector<IpAddress> addresses;
  std::uint16_t https_port = 443;
};

/// An address of an edge that may stand in an answer.
struct Candidate {
  IpAddress address;
  bool drained = false;
  std::uint32_t edge = 0;  // into Fleet::edges
  std::uint64_t hash = 0;  // of the address; the same on every node
};

/// The addresses of one family of a site's edges, by location.
struct CandidateSet {
  std::vector<std::uint32_t> first;  // one a location, and the end
  std::vector<Candidate> all;

  std::span<const Candidate> at(LocationId location) const {
    return std::span(all).subspan(first[location], first[location + 1] - first[location]);
  }
};

enum class PanicMode : std::uint8_t { all, none };

/// Locations, a bit each.
class LocationSet {
 public:
  LocationSet() = default;
  explicit LocationSet(std::size_t locations) : words_((locations + 63) / 64) {}

  void add(LocationId location) { words_[location / 64] |= std::uint64_t{1} << location % 64; }
  bool contains(LocationId location) const {
    return (words_[location / 64] >> location % 64 & 1) != 0;
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// Those of `locations` locations that `rule` leaves to whom it matches. Pure.
LocationSet allowed_by(const Override& rule, std::size_t locations);

/// A SteeringPolicy, compiled.
struct Policy {
  std::string name;  // empty: the default policy
  std::uint32_t ttl = 20;
  std::uint32_t answers = 1;
  double panic_below = 0.3;
  PanicMode panic_mode = PanicMode::all;
  std::vector<Override> overrides;   // compiled into `places`; kept for explanations
  std::vector<LocationSet> allowed;  // by each of `overrides`
  std::shared_ptr<const PlaceTable> places;
};

struct SteeredSite {
  std::string name;
  std::uint32_t policy = 0;      // into Fleet::policies
  std::uint32_t candidates = 0;  // into Fleet::candidates
  std::vector<std::string> hostnames;
};

/// What steering chooses from, at one revision. Immutable once built; any thread.
struct Fleet {
  std::vector<Location> locations;  // in the order of names; LocationId points in here
  std::vector<Edge> edges;          // in the order of names
  std::vector<Policy> policies;
  std::vector<std::array<CandidateSet, 2>> candidates;  // IPv4, IPv6; shared by sites
  std::vector<SteeredSite> sites;

  const CandidateSet& candidates_of(const SteeredSite& site, Family family) const {
    return candidates[site.candidates][family == Family::v4 ? 0 : 1];
  }
};

/// The most addresses in an answer.
inline constexpr std::size_t kMostAnswers = 16;

/// The first step of steering: every address of `family` of the edges that stand in one of
/// `locations` (empty: anywhere). Taken once, when a revision is compiled. Pure.
CandidateSet find_candidates(const Fleet& fleet, std::span<const LocationId> locations,
                             Family family);

}  // namespace meridian::dns

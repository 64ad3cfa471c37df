#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/geo/place_table.h"
#include "dns-steer/steer/location_ring.h"

namespace meridian::dns {

struct Location {
  std::string name;
  geo::Coordinates coordinates;
  std::uint64_t hash = 0;  // of the name; the same on every node
};

/// What an edge carries when it is full; 0: no bound is known.
struct EdgeCapacity {
  double requests = 0;  // in flight
  double bits_per_second = 0;
  double cpu = 0;  // share of what its workers could use
};

struct Edge {
  std::string name;
  LocationId location = 0;
  bool drained = false;
  std::vector<IpAddress> addresses;
  std::uint16_t https_port = 443;
  EdgeCapacity capacity = {};
};

/// No edge's: an address that stands in for all of them (Policy::panic_addresses).
inline constexpr std::uint32_t kNoEdge = 0xffffffff;

/// An address of an edge that may stand in an answer.
struct Candidate {
  IpAddress address;
  bool drained = false;
  LocationId location = 0;
  std::uint32_t edge = 0;  // into Fleet::edges, or kNoEdge
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

/// What answers when too few edges are healthy.
enum class PanicMode : std::uint8_t { all, none, last_good, fixed };

/// In which order a policy leads to its members; a step of the chain each (steer/rank.h).
enum class Method : std::uint8_t { proximity, failover, weighted, round_robin, consistent_hash };

enum class AnswerOrder : std::uint8_t { best_first, shuffled };

/// Locations, a bit each.
class LocationSet {
 public:
  LocationSet() = default;
  explicit LocationSet(std::size_t locations) : words_((locations + 63) / 64) {}

  void add(LocationId location) { words_[location / 64] |= std::uint64_t{1} << location % 64; }
  bool contains(LocationId location) const {
    return (words_[location / 64] >> location % 64 & 1) != 0;
  }
  std::span<const std::uint64_t> words() const { return words_; }

 private:
  std::vector<std::uint64_t> words_;
};

/// Those of `locations` locations that `rule` leaves to whom it matches. Pure.
LocationSet allowed_by(const Override& rule, std::size_t locations);

inline constexpr std::uint32_t kNoPolicy = 0xffffffff;

/// A location, or a policy that is nested in another one.
struct Member {
  LocationId location = 0;           // where there is no policy
  std::uint32_t policy = kNoPolicy;  // into Fleet::policies
  std::uint32_t weight = 1;
  std::uint64_t hash = 0;  // of its name; the same on every node

  bool is_location() const { return policy == kNoPolicy; }
};

/// A policy as it stands below another one, or below itself as the first.
struct Branch {
  std::uint32_t policy = 0;  // into Fleet::policies
  /// Where each of its members that is a policy stands in the tree; 0 for locations.
  std::vector<std::uint32_t> below;
};

/// A SteeringPolicy, compiled.
struct Policy {
  std::string name;  // empty: the default policy
  std::uint32_t ttl = 20;
  std::uint32_t answers = 1;
  double spill_at = 0.8;  // share of a location's capacity
  double panic_below = 0.3;
  PanicMode panic_mode = PanicMode::all;
  std::array<std::vector<Candidate>, 2> panic_addresses;  // IPv4, IPv6
  Method method = Method::proximity;
  std::vector<Member> members;  // empty: every location of the site
  AnswerOrder answer_order = AnswerOrder::best_first;
  bool distinct_locations = false;
  std::vector<Override> overrides;   // compiled into `places`; kept for explanations
  std::vector<LocationSet> allowed;  // by each of `overrides`
  std::string prefix_map_name;
  std::shared_ptr<const PrefixMap> prefix_map;  // as `overrides`; null: there is none
  /// Null: nothing that the policy decides depends on the client's place.
  std::shared_ptr<const PlaceTable> places;

  // Known once all policies are (steer/policy_tree.h).
  std::vector<Branch> tree;  // this policy, then those nested in it; each once
  LocationSet reach;         // where it may lead to, alone or by those nested in it
  bool restricts = false;    // an override takes locations from somebody
  bool by_chance = false;    // its answers depend on chance or on how many were given before

  PlaceTable::Hit place_of(const IpAddress& client) const {
    return places ? places->find(client) : PlaceTable::Hit{};
  }
};

/// What the HTTPS records of a site say beside addresses and port (RFC 9460).
struct HttpsRecord {
  std::vector<std::uint8_t> alpn;  // the whole parameter in wire form; empty: none
};

/// Hostnames of a site that share a policy.
struct SteeredSite {
  std::string name;              // the site's
  std::uint32_t policy = 0;      // into Fleet::policies
  std::uint32_t candidates = 0;  // into Fleet::candidates
  std::vector<std::string> hostnames;
  std::optional<HttpsRecord> https = {};  // none: steering answers A and AAAA only
  bool demands_certificate = false;       // of every visitor; for probes, steering is the same
};

/// What steering chooses from, at one revision. Immutable once built; any thread.
struct Fleet {
  std::vector<Location> locations;  // in the order of names; LocationId points in here
  std::vector<Edge> edges;          // in the order of names
  std::vector<Policy> policies;
  std::vector<std::array<CandidateSet, 2>> candidates;  // IPv4, IPv6; shared by sites
  std::vector<SteeredSite> sites;  // a site twice where some of its hostnames have another policy
  LocationRing ring;               // of all locations
  /// Tables of the policies that no cache near a core holds, each once: what a lookup reads there
  /// is asked of memory ahead. Empty where there are too many to do so for each query.
  std::vector<const PlaceTable*> large_tables;

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

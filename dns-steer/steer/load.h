#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/net/address.h"
#include "dns-steer/steer/fleet.h"

namespace meridian::dns {

/// Shares of clients are counted in parts of this.
inline constexpr std::uint32_t kWholeShare = 1 << 16;

/// What becomes of the clients of a location that is lost.
struct LossPlan {
  LocationId location = 0;
  std::uint32_t age = 0;             // rank among all losses: 0 is the newest
  std::vector<std::uint32_t> takes;  // by location: which share of them it can take alone
  std::vector<float> weights;        // by location: of what is spread over all
  friend bool operator==(const LossPlan&, const LossPlan&) = default;
};

/// What load does to the clients of a policy.
struct LoadPlan {
  std::vector<std::uint32_t> kept;  // by location: the share of its clients that it keeps
  std::vector<LossPlan> losses;     // few
  friend bool operator==(const LoadPlan&, const LoadPlan&) = default;
};

/// The load of all locations laid out for one Fleet. Small: made anew whenever it changes.
/// Immutable once built; any thread.
struct LoadTable {
  static constexpr std::uint16_t kUnknown = 0xffff;
  static constexpr std::uint32_t kNoPlan = 0xffffffff;

  std::vector<LoadPlan> plans;
  std::vector<std::uint32_t> plan_of;           // by policy; kNoPlan, or none: load changes nothing
  std::vector<float> capacities;                // by location, in relation to each other
  std::vector<std::uint64_t> hashes;            // by location, of its name: the same on every node
  std::vector<std::uint16_t> edge_percent;      // by edge: its utilisation, or kUnknown
  std::vector<std::uint16_t> location_percent;  // by location

  /// Null: load leads none of the policy's clients anywhere.
  const LoadPlan* plan(std::uint32_t policy) const {
    if (policy >= plan_of.size() || plan_of[policy] == kNoPlan) return nullptr;
    return &plans[plan_of[policy]];
  }
  /// The share of its clients that `location` sheds for `policy`; 0 to 1.
  double shed(std::uint32_t policy, LocationId location) const {
    const auto* one = plan(policy);
    return one == nullptr ? 0 : 1 - one->kept[location] / double{kWholeShare};
  }
  friend bool operator==(const LoadTable&, const LoadTable&) = default;
};

/// Nothing is known of load.
inline const LoadTable kNoLoad;

/// The step of load, for one client: asked of each location that it comes to, in the order of its
/// ranking. A network (/24, /56) is led alike as a whole. Takes a few instructions a location, and
/// none where nothing is full or lost. Pure; does not allocate.
class LoadStep {
 public:
  LoadStep(const LoadTable& table, std::uint32_t policy, const IpAddress& client)
      : table_(table), plan_(table.plan(policy)), client_(client) {}

  bool idle() const { return plan_ == nullptr; }
  /// Lost locations whose clients it is planned for where to go: pass() matters.
  std::span<const LossPlan> losses() const {
    return plan_ == nullptr ? std::span<const LossPlan>() : plan_->losses;
  }
  /// The client would have come to `location` first, but nobody may answer there.
  void pass(LocationId location);
  /// Whether the client goes to `location`, where somebody may answer. When it does not and
  /// overflows() is true, the scores of all locations decide instead of their order.
  bool admits(LocationId location);
  /// The client is of those for whom there is no room where all clients of a lost location would
  /// go next: it is spread over the rest.
  bool overflows() const { return overflows_; }
  /// Who has the highest score among several takes the client; each gets clients by its capacity.
  /// Below 0: not this one, unless there is no other.
  double score(LocationId location) const;
  /// Answers depend on the client's network, so their scope must be as narrow.
  bool narrows() const { return narrows_; }

 private:
  bool falls_into(std::uint32_t share, std::uint64_t salt);

  const LoadTable& table_;
  const LoadPlan* plan_;
  const IpAddress& client_;
  const LossPlan* lost_ = nullptr;
  std::uint64_t network_ = 0;  // once narrows_
  LocationId refused_ = kMostLocations;
  bool narrows_ = false;
  bool overflows_ = false;
};

}  // namespace meridian::dns

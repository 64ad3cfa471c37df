#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/net/address.h"
#include "dns-steer/steer/chance.h"
#include "dns-steer/steer/fleet.h"
#include "dns-steer/steer/health.h"

namespace meridian::dns {

/// Where a client may be led: the overrides of a policy and of those that it is nested in.
struct Restriction {
  const LocationSet* allowed = nullptr;  // null: everywhere
  const Restriction* outer = nullptr;

  bool allows(LocationId location) const {
    for (const auto* one = this; one != nullptr; one = one->outer) {
      if (one->allowed != nullptr && !one->allowed->contains(location)) return false;
    }
    return true;
  }
  bool allows_all() const {
    for (const auto* one = this; one != nullptr; one = one->outer) {
      if (one->allowed != nullptr) return false;
    }
    return true;
  }
};

/// What one policy is asked with.
struct Asked {
  const Fleet& fleet;
  const Policy& policy;
  const Branch& branch;  // of the policy
  const BranchHealth& health;
  const LiveCandidates& candidates;
  std::span<const LocationId> ranking;  // from Policy::places
  const Restriction& restriction;
  const IpAddress& client;
  std::uint32_t turn = 0;
};

/// The step of rank: those members of one policy that have somebody to answer and may answer the
/// client, in the order of its method; what overrides prefer comes before. Members come one by one,
/// for few are looked at. Does not allocate; every next() is bounded by the policy's members.
class MemberOrder {
 public:
  MemberOrder(const Asked& asked, Draws& draws) : asked_(asked), draws_(draws) {}

  struct Next {
    bool found = false;
    LocationId location = 0;
    std::uint32_t below = 0;  // not 0: the branch of a policy instead of a location
  };
  Next next();
  /// When nobody of those answered: members of weight 0.
  Next next_spare();

  /// As many bits of the client's address as have decided so far.
  std::uint8_t scope() const { return scope_; }
  /// What is nested in a round goes on only when the round is through.
  std::uint32_t inner_turn() const;

 private:
  static constexpr std::uint32_t kNobody = 0xffffffff;
  // A member is tried in vain only if it is a policy, or its location has answered already.
  static constexpr std::size_t kMostTried = 64;

  /// The next location of a ranking by place.
  Next next_place();
  std::uint32_t next_in_order();
  std::uint32_t next_in_turn();
  std::uint32_t next_drawn();
  std::uint32_t next_hashed();
  std::uint32_t hashed_on_ring(std::uint64_t network) const;

  /// `number`: as in BranchHealth.
  Member member(std::uint32_t number) const;
  bool may(std::uint32_t number) const;
  bool is_untried(std::uint32_t number) const;
  Next as_next(std::uint32_t number) const;

  const Asked& asked_;
  Draws& draws_;
  std::size_t places_ = 0;  // looked at in `ranking`
  std::size_t looked_ = 0;  // at in the members
  std::size_t spares_ = 0;
  std::size_t start_ = 0;  // of a round
  std::array<std::uint32_t, kMostTried> tried_;
  std::size_t tries_ = 0;
  std::uint8_t scope_ = 0;
};

}  // namespace meridian::dns
